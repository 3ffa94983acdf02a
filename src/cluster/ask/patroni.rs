//! What a node's Patroni is asked over its REST interface.

use super::ways::{Server, Silent, Ways, seen};
use crate::cluster::status::{Member, Patroni, Seen};
use crate::facts::patroni::{Cluster, Member as Listed, Standing};
use crate::step::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Asks the Patroni of a node for itself, for the cluster as its store holds it, and for the
/// dynamic configuration.
pub(in crate::cluster) async fn ask(ways: &Ways<'_>, server: &Server<'_>) -> Seen<Patroni> {
    let get = |path: &'static str| ways.http(server, "GET", path, |request| request);
    let (own, cluster, config) = futures::join!(get("/patroni"), get("/cluster"), get("/config"));
    seen(own.and_then(|own| read(&own, known(cluster), known(config)).map_err(Silent::Refused)))
}

/// While the store is away Patroni may know no more than itself.
fn known<T: DeserializeOwned>(answer: Result<Response, Silent>) -> Option<T> {
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice(&answer.body).ok()
}

fn read(
    own: &Response,
    cluster: Option<Cluster>,
    config: Option<Value>,
) -> Result<Patroni, String> {
    let says: Standing = serde_json::from_slice(&own.body)
        .map_err(|_| format!("no answer of Patroni's: {}", own.words()))?;
    let mut pending_restart: Vec<String> = says.pending_restart_reason.into_keys().collect();
    if pending_restart.is_empty() && says.pending_restart {
        pending_restart.push("?".to_owned());
    }
    let cluster = cluster.unwrap_or_default();
    Ok(Patroni {
        version: says.patroni.version,
        scope: says.patroni.scope,
        postgres: says.state,
        pending_restart,
        paused: says.pause || cluster.pause,
        failsafe_active: says.failsafe_mode_is_active,
        watchdog_failed: says.watchdog_failed,
        store_seen: says.dcs_last_seen,
        tags: says.tags,
        members: cluster.members.into_iter().map(member).collect(),
        config,
    })
}

fn member(says: Listed) -> Member {
    Member {
        lag_bytes: says.lag.as_i64(),
        timeline: says.timeline.and_then(|timeline| timeline.try_into().ok()),
        name: says.name,
        role: says.role,
        state: says.state,
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
        let read = read(
            &own(&says),
            serde_json::from_value(cluster).ok(),
            Some(json!({"ttl": 30})),
        )
        .unwrap();
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
