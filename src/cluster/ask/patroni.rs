//! What a node's Patroni is asked over its REST interface.

use super::ways::{Server, Silent, Ways, seen};
use crate::cluster::status::{Member, Patroni, Seen};
use crate::step::Response;
use serde_json::Value;

/// Asks the Patroni of a node for itself, for the cluster as its store holds it, and for the
/// dynamic configuration.
pub(in crate::cluster) async fn ask(ways: &Ways<'_>, server: &Server<'_>) -> Seen<Patroni> {
    let get = |path: &'static str| ways.http(server, "GET", path, |request| request);
    let (own, cluster, config) = futures::join!(get("/patroni"), get("/cluster"), get("/config"));
    seen(own.and_then(|own| {
        // While the store is away Patroni may know no more than itself.
        let known = |answer: Result<Response, Silent>| {
            let answer = answer.ok().filter(|answer| answer.status == 200)?;
            serde_json::from_slice::<Value>(&answer.body).ok()
        };
        read(&own, known(cluster).as_ref(), known(config)).map_err(Silent::Refused)
    }))
}

fn read(own: &Response, cluster: Option<&Value>, config: Option<Value>) -> Result<Patroni, String> {
    let says: Value = serde_json::from_slice(&own.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| format!("no answer of Patroni's: {}", own.words()))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let on = |name: &str| says[name] == true;
    let pending_restart = match says["pending_restart_reason"].as_object() {
        Some(reasons) if !reasons.is_empty() => reasons.keys().cloned().collect(),
        _ if on("pending_restart") => vec!["?".to_owned()],
        _ => vec![],
    };
    let members = cluster.and_then(|cluster| cluster["members"].as_array());
    Ok(Patroni {
        version: text(&says["patroni"]["version"]),
        scope: text(&says["patroni"]["scope"]),
        postgres: text(&says["state"]),
        pending_restart,
        paused: on("pause") || cluster.is_some_and(|cluster| cluster["pause"] == true),
        failsafe_active: on("failsafe_mode_is_active"),
        watchdog_failed: on("watchdog_failed"),
        store_seen: says["dcs_last_seen"].as_i64(),
        tags: says["tags"].as_object().cloned().unwrap_or_default(),
        members: members.into_iter().flatten().map(member).collect(),
        config,
    })
}

fn member(says: &Value) -> Member {
    let text = |name: &str| says[name].as_str().unwrap_or_default().to_owned();
    Member {
        name: text("name"),
        role: text("role"),
        state: text("state"),
        timeline: says["timeline"]
            .as_u64()
            .and_then(|timeline| timeline.try_into().ok()),
        lag_bytes: says["lag"].as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn own(body: &Value) -> Response {
        Response {
            status: 503,
            body: body.to_string().into_bytes(),
            ..Response::default()
        }
    }

    #[test]
    fn what_patroni_says_of_itself_and_of_the_cluster_is_read() {
        let says = json!({
            "state": "running", "role": "replica", "timeline": 2, "dcs_last_seen": 1_763_734_000,
            "pending_restart": true, "pending_restart_reason": {"max_connections": {"old_value": "100", "new_value": "200"}},
            "patroni": {"version": "4.0.7", "scope": "main", "name": "pg-b"}, "tags": {"nosync": true},
            "pause": true, "failsafe_mode_is_active": true, "watchdog_failed": true,
        });
        let cluster = json!({"scope": "main", "members": [
            {"name": "pg-a", "role": "leader", "state": "running", "timeline": 2},
            {"name": "pg-b", "role": "sync_standby", "state": "streaming", "timeline": 2, "lag": 16},
            {"name": "pg-c", "role": "replica", "state": "start failed", "lag": "unknown"},
        ]});
        let read = read(&own(&says), Some(&cluster), Some(json!({"ttl": 30}))).unwrap();
        assert_eq!(
            (read.version.as_str(), read.postgres.as_str()),
            ("4.0.7", "running")
        );
        assert_eq!(read.pending_restart, ["max_connections"]);
        assert!(read.paused && read.failsafe_active && read.watchdog_failed);
        assert_eq!(read.tags["nosync"], true);
        let members: Vec<_> = read
            .members
            .iter()
            .map(|m| (m.leads(), m.synchronous(), m.lag_bytes))
            .collect();
        assert_eq!(
            members,
            [
                (true, false, None),
                (false, true, Some(16)),
                (false, false, None)
            ]
        );
    }

    #[test]
    fn an_old_patroni_names_no_reason() {
        let read = read(
            &own(&json!({"state": "running", "pending_restart": true})),
            None,
            None,
        )
        .unwrap();
        assert_eq!(read.pending_restart, ["?"]);
        assert!(read.members.is_empty() && !read.paused);
    }

    #[test]
    fn another_server_on_the_port_is_told() {
        let page = Response {
            status: 404,
            body: b"<html>".to_vec(),
            ..Response::default()
        };
        let told = read(&page, None, None).unwrap_err();
        insta::assert_snapshot!(told, @"no answer of Patroni's: 404 Not Found");
    }
}
