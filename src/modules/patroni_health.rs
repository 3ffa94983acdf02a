//! Waits until a cluster under Patroni is healthy, and tells what does not hold.
//!
//! ```yaml
//! - patroni_health:
//!     url: https://127.0.0.1:8008
//!     ca_path: /etc/pg-cluster/tls/ca.crt
//!     client_cert: /etc/pg-cluster/tls/server.crt
//!     client_key: /etc/pg-cluster/tls/server.key
//!     members: [pg-a, pg-b, pg-c]
//!     synchronous: 1
//! ```
//!
//! Every member is asked for itself, since what the DCS knows of it is some seconds old: one leads
//! and takes writes, all run on its timeline, stream, and are no further behind than `max_lag`.

use super::http::{PEER_ALIASES, with_peer};
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::decide::is_waited_for;
use crate::diag::Diag;
use crate::facts::patroni::{self, Cluster, Member, Receiver, Standing};
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::{minute, yes};
use futures::future::join_all;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// `patroni_health`
pub struct PatroniHealth;

with_peer! {
    /// Parameters of `patroni_health`.
    pub struct Params {
        /// The REST API of any member, as the target sees it: `https://127.0.0.1:8008`.
        url: String,
        /// The members that there must be; without them, all that the cluster knows.
        #[serde(default)]
        members: Vec<String>,
        /// How far a replica may lie behind: `1MB`, `512kB`, or a number of bytes.
        #[serde(default)]
        max_lag: Size,
        /// For how many standbys a commit must be able to wait.
        #[serde(default)]
        synchronous: usize,
        /// Whether the replicas must stream; otherwise an archive may feed them.
        #[serde(default = "yes")]
        streaming: bool,
        /// How many seconds to wait for all of it.
        #[serde(default = "minute")]
        timeout: u64,
    }
}

/// A number of bytes, also as `1MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u64);

impl Default for Size {
    fn default() -> Self {
        Self(1 << 20)
    }
}

impl Size {
    fn read(text: &str) -> Option<Self> {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let number: u64 = text[..end].parse().ok()?;
        let times: u64 = match text[end..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1 << 10,
            "mb" => 1 << 20,
            "gb" => 1 << 30,
            _ => return None,
        };
        number.checked_mul(times).map(Self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self::read(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is no size: write 1MB, 512kB or a number"))
        })
    }
}

impl schemars::JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9]+ *([kMG]?B)?$" })
    }
}

/// The cluster by the DCS, and each member by its own word.
pub struct State {
    cluster: Result<Cluster, String>,
    standings: BTreeMap<String, Result<Standing, String>>,
}

impl State {
    fn standing(&self, name: &str) -> Option<&Standing> {
        self.standings.get(name)?.as_ref().ok()
    }

    /// How the server that feeds a member sees it.
    fn fed(&self, name: &str) -> Option<&Receiver> {
        let mut all = self
            .standings
            .values()
            .flatten()
            .flat_map(|s| &s.replication);
        all.find(|one| one.application_name.as_deref() == Some(name))
    }

    fn waited_for(&self, cluster: &Cluster) -> usize {
        let waits = |member: &&Member| {
            let state = self
                .fed(&member.name)
                .and_then(|fed| fed.sync_state.as_deref());
            member.is_synchronous() && state.is_some_and(is_waited_for)
        };
        cluster.members.iter().filter(waits).count()
    }

    fn lag(&self, leader: &Member, name: &str) -> Option<u64> {
        let end = self.standing(&leader.name)?.xlog.location?;
        Some(self.standing(name)?.xlog.reached()?.behind(end))
    }
}

impl Params {
    /// What does not hold.
    fn faults(&self, state: &State) -> Vec<String> {
        let cluster = match &state.cluster {
            Ok(cluster) => cluster,
            Err(why) => return vec![why.clone()],
        };
        let mut faults = Vec::new();
        if cluster.pause {
            faults.push("Patroni is paused (`patronictl resume` ends that)".to_owned());
        }
        let leader = cluster.leader();
        if leader.is_none() {
            faults.push("there is no leader".to_owned());
        }
        let mut names: Vec<&str> = self.members.iter().map(String::as_str).collect();
        if names.is_empty() {
            names = cluster.members.iter().map(|m| m.name.as_str()).collect();
        }
        for name in names {
            if let Some(fault) = self.fault(state, cluster, name) {
                faults.push(format!("{name}: {fault}"));
            }
        }
        let primary = |name: &&String| state.standing(name).is_some_and(Standing::is_primary);
        let primaries: Vec<&str> = state
            .standings
            .keys()
            .filter(primary)
            .map(String::as_str)
            .collect();
        if primaries.len() > 1 {
            faults.push(format!("several are primary: {}", primaries.join(", ")));
        }
        let waited_for = state.waited_for(cluster);
        if waited_for < self.synchronous {
            faults.push(format!(
                "commits wait for {waited_for} standbys, {} are wanted",
                self.synchronous
            ));
        }
        faults
    }

    fn fault(&self, state: &State, cluster: &Cluster, name: &str) -> Option<String> {
        if cluster.member(name).is_none() {
            return Some("no member of the cluster".to_owned());
        }
        let standing = match state.standings.get(name)? {
            Ok(standing) => standing,
            Err(why) => return Some(format!("does not answer: {why}")),
        };
        if standing.state != "running" {
            return Some(format!("PostgreSQL is {}", standing.state));
        }
        let leader = cluster.leader()?;
        if leader.name == name {
            return (!standing.leads()).then(|| "leads, but is not promoted yet".to_owned());
        }
        let timeline = state.standing(&leader.name).and_then(|s| s.timeline);
        if timeline.is_some() && standing.timeline != timeline {
            let show = |timeline: Option<u64>| timeline.map_or("none".into(), |t| t.to_string());
            return Some(format!(
                "on timeline {}, the leader is on {}",
                show(standing.timeline),
                show(timeline)
            ));
        }
        if self.streaming {
            match state.fed(name).and_then(|fed| fed.state.as_deref()) {
                Some("streaming") => {}
                Some(other) => return Some(format!("does not stream yet ({other})")),
                None => return Some("does not stream".to_owned()),
            }
        }
        match state.lag(leader, name) {
            Some(lag) if lag > self.max_lag.0 => Some(format!(
                "{lag} bytes behind, {} are allowed",
                self.max_lag.0
            )),
            _ => None,
        }
    }
}

impl Module for PatroniHealth {
    const NAME: &'static str = "patroni_health";
    const COLLECTION: &'static str = "trueup.patroni";
    const ALIASES: &'static [(&'static str, &'static str)] = PEER_ALIASES;
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        super::http::check(&params.url, params.timeout)?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let way = params.peer().way(look, &params.url).await?;
        let limit = Duration::from_secs(params.timeout.min(5));
        let cluster: Result<Cluster, String> =
            patroni::get(look, &way, &params.url, "cluster", limit).await?;
        let members = cluster.as_ref().map_or(&[][..], |known| &known.members);
        let asked = members.iter().map(|member| async {
            let standing = patroni::standing(look, &way, member, limit).await?;
            Ok((member.name.clone(), standing))
        });
        let standings: Result<_, ProbeError> = join_all(asked).await.into_iter().collect();
        Ok(State {
            standings: standings?,
            cluster,
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let faults = params.faults(state);
        if faults.is_empty() {
            return Ok(Plan::nothing());
        }
        let faults = faults.join("; ");
        let limit = Duration::from_secs(params.timeout);
        Ok(Plan::Wait {
            what: format!("the cluster to be healthy ({faults})"),
            every: Duration::from_secs(1),
            limit,
            message: Some(format!(
                "the cluster is not healthy after {} s: {faults}",
                params.timeout
            )),
        })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        if after.is_none() && matches!(plan, Plan::Wait { .. }) {
            return TaskResult::of(plan, ran);
        }
        let state = after.unwrap_or(before);
        let result = TaskResult::of(plan, ran).with("faults", params.faults(state));
        let Ok(cluster) = &state.cluster else {
            return result;
        };
        let leader = cluster.leader();
        let member = |member: &Member| {
            let standing = state.standing(&member.name);
            json!({
                "name": member.name,
                "role": member.role,
                "state": standing.map(|standing| standing.state.as_str()),
                "timeline": standing.and_then(|standing| standing.timeline),
                "lag": leader.and_then(|leader| state.lag(leader, &member.name)),
                "sync_state": state.fed(&member.name).and_then(|fed| fed.sync_state.as_deref()),
            })
        };
        let members: Vec<Value> = cluster.members.iter().map(member).collect();
        result
            .with("leader", leader.map(|leader| leader.name.clone()))
            .with("members", members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::planned;

    const CLUSTER: &str = r#"200 -

{"members": [
 {"name": "a", "role": "leader", "state": "running", "api_url": "http://a/patroni"},
 {"name": "b", "role": "sync_standby", "state": "streaming", "api_url": "http://b/patroni"},
 {"name": "c", "role": "replica", "state": "streaming", "api_url": "http://c/patroni"}]}"#;
    const A: &str = r#"200 -

{"state": "running", "role": "master", "timeline": 2, "xlog": {"location": 9000000}, "replication": [
 {"application_name": "b", "state": "streaming", "sync_state": "sync"},
 {"application_name": "c", "state": "streaming", "sync_state": "async"}]}"#;
    const B: &str = "200 -\n\n{\"state\": \"running\", \"role\": \"replica\", \"timeline\": 2, \"xlog\": {\"received_location\": 9000000}}";

    fn faults(words: Value, a: &'static str, b: &'static str, c: &'static str) -> String {
        let answers = [
            ("GET http://h/cluster", CLUSTER),
            ("GET http://a/patroni", a),
            ("GET http://b/patroni", b),
            ("GET http://c/patroni", c),
        ];
        let mut args = json!({ "url": "http://h/", "members": ["a", "b", "c"], "synchronous": 1, "timeout": 5 });
        let Value::Object(words) = words else {
            panic!("a mapping")
        };
        args.as_object_mut().unwrap().extend(words);
        match planned::<PatroniHealth>(args, &answers).unwrap() {
            Plan::Wait { message, .. } => message.unwrap(),
            _ => "healthy".to_owned(),
        }
    }

    #[test]
    fn a_healthy_cluster_is_not_waited_for() {
        assert_eq!(faults(json!({}), A, B, B), "healthy");
        assert_eq!(faults(json!({ "members": [] }), A, B, B), "healthy");
    }

    #[test]
    fn each_fault_is_told() {
        let late = "200 -\n\n{\"state\": \"running\", \"role\": \"replica\", \"timeline\": 2, \"xlog\": {\"replayed_location\": 1000000}}";
        let old = "200 -\n\n{\"state\": \"running\", \"role\": \"replica\", \"timeline\": 1}";
        let starting = "503 -\n\n{\"state\": \"starting\", \"role\": \"replica\"}";
        insta::assert_snapshot!(faults(json!({ "members": ["a", "b", "d"] }), A, B, B), @"the cluster is not healthy after 5 s: d: no member of the cluster");
        insta::assert_snapshot!(faults(json!({}), A, B, late), @"the cluster is not healthy after 5 s: c: 8000000 bytes behind, 1048576 are allowed");
        assert_eq!(faults(json!({ "max_lag": "8MB" }), A, B, late), "healthy");
        insta::assert_snapshot!(faults(json!({}), A, old, starting), @"the cluster is not healthy after 5 s: b: on timeline 1, the leader is on 2; c: PostgreSQL is starting");
        insta::assert_snapshot!(faults(json!({ "synchronous": 2 }), A, B, A), @"the cluster is not healthy after 5 s: several are primary: a, c; commits wait for 1 standbys, 2 are wanted");
        let alone = "200 -\n\n{\"state\": \"running\", \"role\": \"primary\", \"timeline\": 2, \"xlog\": {\"location\": 9000000}}";
        insta::assert_snapshot!(faults(json!({}), alone, B, B), @"the cluster is not healthy after 5 s: b: does not stream; c: does not stream; commits wait for 0 standbys, 1 are wanted");
        assert!(
            faults(json!({}), "404 -\n\n", B, B)
                .contains("a: does not answer: GET http://a/patroni: 404 Not Found")
        );
    }

    #[test]
    fn sizes_are_read() {
        let read = |text| Size::read(text).map(|size| size.0);
        assert_eq!(
            (read("1MB"), read("512kB"), read("7")),
            (Some(1 << 20), Some(512 << 10), Some(7))
        );
        assert_eq!((read("1TBx"), read(""), read("-1")), (None, None, None));
    }
}
