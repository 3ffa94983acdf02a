//! Who leads a cluster under Patroni: changed by a switchover where it is somebody else.
//!
//! ```yaml
//! - patroni_leader:
//!     url: https://127.0.0.1:8008
//!     ca_path: /etc/pg-cluster/tls/ca.crt
//!     client_cert: /etc/pg-cluster/tls/server.crt
//!     client_key: /etc/pg-cluster/tls/server.key
//!     leader: pg-a
//! ```
//!
//! With `not: pg-a` any other member will do, or the `candidate` that is named. A switchover loses
//! nothing: where commits wait for a synchronous standby, only such a one may take over; a
//! candidate that may not is refused with the reason.

use super::http::same::shown;
use super::http::{PEER_ALIASES, in_servers_words, with_peer};
use super::{Change, Controller, Course, Module, Plan, TaskResult};
use crate::decide::CommitPolicy;
use crate::diag::Diag;
use crate::facts::http::Way;
use crate::facts::patroni::{self, Cluster, Member, Standing};
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::minute;
use crate::step::{Action, Effect, Served, Step};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// `patroni_leader`
pub struct PatroniLeader;

with_peer! {
    /// Parameters of `patroni_leader`.
    pub struct Params {
        /// The REST API of any member, as the target sees it: `https://127.0.0.1:8008`.
        url: String,
        /// The member that is to lead.
        #[serde(default)]
        leader: Option<String>,
        /// The member that is not to lead.
        #[serde(default)]
        not: Option<String>,
        /// With `not`: the member that takes over; without it, the best of those that may.
        #[serde(default)]
        candidate: Option<String>,
        /// How many seconds the switchover may take.
        #[serde(default = "minute")]
        timeout: u64,
    }
}

/// The cluster, and how it was asked.
pub struct State {
    way: Way,
    cluster: Cluster,
    config: Map<String, Value>,
    /// What the leader says of itself.
    leading: Option<Result<Standing, String>>,
}

/// What a lag may be where the configuration does not say it.
const MAXIMUM_LAG: u64 = 1_048_576;

impl State {
    /// Whether only one for whom commits wait may take over.
    fn synchronous(&self) -> bool {
        let config = Value::Object(self.config.clone());
        CommitPolicy::of(&config).mode.is_on()
    }

    /// Why the member may not take over.
    fn bar(&self, member: &Member) -> Option<String> {
        let most = self.config.get("maximum_lag_on_failover");
        let most = most.and_then(Value::as_u64).unwrap_or(MAXIMUM_LAG);
        let last = member.tags.get("failover_priority").map(shown);
        if !matches!(member.state.as_str(), "running" | "streaming") {
            return Some(format!("it is {}", member.state));
        }
        if member.tagged("nofailover") || last.as_deref() == Some("0") {
            return Some("its tags say that it never leads (nofailover)".to_owned());
        }
        if self.synchronous() && !member.is_synchronous() {
            return Some("no commit waits for it (it is not in /sync)".to_owned());
        }
        match member.lag.as_u64() {
            Some(lag) if lag <= most => None,
            Some(lag) => Some(format!("it lies {lag} bytes behind, {most} are allowed")),
            None => Some("nobody knows how far it lies behind".to_owned()),
        }
    }

    /// Who is to take over.
    fn candidate(&self, leader: &str, named: Option<&String>) -> Result<String, String> {
        if let Some(name) = named {
            let member = self.cluster.member(name).ok_or_else(|| {
                let names: Vec<&str> = self
                    .cluster
                    .members
                    .iter()
                    .map(|m| m.name.as_str())
                    .collect();
                format!("{name} is no member: there are {}", names.join(", "))
            })?;
            return match self.bar(member) {
                None => Ok(name.clone()),
                Some(why) => Err(format!("{name} can't take over from {leader}: {why}")),
            };
        }
        let others = || {
            self.cluster
                .members
                .iter()
                .filter(|member| member.name != leader)
        };
        let able = others().filter(|member| self.bar(member).is_none());
        if let Some(best) =
            able.min_by_key(|member| (!member.is_synchronous(), member.lag.as_u64()))
        {
            return Ok(best.name.clone());
        }
        let why: Vec<String> = others()
            .filter_map(|member| Some(format!("{}: {}", member.name, self.bar(member)?)))
            .collect();
        Err(match why.as_slice() {
            [] => format!("nobody can take over from {leader}: it is the only member"),
            why => format!("nobody can take over from {leader}: {}", why.join("; ")),
        })
    }
}

impl Params {
    fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    fn wait(&self, what: String) -> Plan {
        Plan::Wait {
            what,
            every: Duration::from_millis(500),
            limit: self.limit(),
            message: None,
        }
    }

    fn pleased_with(&self, leader: &str) -> bool {
        match (&self.leader, &self.not) {
            (Some(wanted), _) => wanted == leader,
            (None, unwanted) => unwanted.as_deref() != Some(leader),
        }
    }
}

impl Module for PatroniLeader {
    const NAME: &'static str = "patroni_leader";
    const COLLECTION: &'static str = "trueup.patroni";
    const ALIASES: &'static [(&'static str, &'static str)] = PEER_ALIASES;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        super::http::check(&params.url, params.timeout)?;
        match (&params.leader, &params.not, &params.candidate) {
            (Some(_), Some(_), _) => Err(Diag::error("`leader` and `not` exclude each other")),
            (None, None, _) => Err(Diag::error("neither `leader` nor `not` is given")
                .help("say who is to lead (leader: pg-a) or who is not (not: pg-a)")),
            (Some(_), _, Some(_)) => Err(Diag::error("`candidate` goes with `not`")
                .help("`leader` says already who is to take over")),
            (_, Some(not), Some(candidate)) if not == candidate => {
                Err(Diag::error("`candidate` and `not` are the same member"))
            }
            _ => Ok(params),
        }
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let way = params.peer().way(look, &params.url).await?;
        let limit = Duration::from_secs(params.timeout.min(10));
        let cluster: Cluster = patroni::get(look, &way, &params.url, "cluster", limit)
            .await?
            .map_err(ProbeError::Failed)?;
        let config = patroni::get(look, &way, &params.url, "config", limit)
            .await?
            .map_err(ProbeError::Failed)?;
        let leading = match cluster.leader() {
            Some(leader) => Some(patroni::standing(look, &way, leader, limit).await?),
            None => None,
        };
        Ok(State {
            way,
            cluster,
            config,
            leading,
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let Some(leader) = state.cluster.leader() else {
            return Ok(params.wait("the cluster to have a leader".to_owned()));
        };
        let name = &leader.name;
        if params.pleased_with(name) {
            return Ok(match &state.leading {
                Some(Ok(standing)) if standing.leads() => Plan::nothing(),
                Some(Err(why)) => params.wait(format!("{name}, which leads, to answer ({why})")),
                _ => params.wait(format!("{name}, which leads, to be promoted")),
            });
        }
        if state.cluster.pause {
            return Err(format!(
                "Patroni is paused, so {name} goes on leading: `patronictl resume` first"
            ));
        }
        let named = params.leader.as_ref().or(params.candidate.as_ref());
        let candidate = state.candidate(name, named)?;
        let url = patroni::at(&params.url, "switchover");
        let request = state
            .way
            .request("POST", url, params.limit())
            .json(&json!({ "leader": name, "candidate": candidate }))
            .accepts(&[200]);
        let (from, to) = (Some(name.clone()), Some(candidate.clone()));
        Ok(Plan::Converge {
            changes: vec![Change::attribute(
                "leader of the cluster",
                "member",
                from,
                to,
            )],
            steps: vec![
                Step::new(
                    format!("switch over from {name} to {candidate}"),
                    Action::Request(Box::new(request)),
                )
                .making([Effect::Http(
                    patroni::at(&params.url, "cluster"),
                    Served::Leads(candidate),
                )]),
            ],
        })
    }

    fn result(
        Course {
            before,
            after,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let name = |state: &State| state.cluster.leader().map(|leader| leader.name.clone());
        in_servers_words(TaskResult::of(plan, ran), ran)
            .with("leader", name(after.unwrap_or(before)))
            .with("previous", name(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned};

    const PRIMARY: &str = "200 -\n\n{\"state\": \"running\", \"role\": \"primary\"}";

    fn plan(members: &str, config: &str, words: Value) -> Result<Plan, String> {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let answers = [
            (
                "GET http://h/cluster",
                leak(format!("200 -\n\n{{\"members\": [{members}]}}")),
            ),
            ("GET http://h/config", leak(format!("200 -\n\n{config}"))),
            ("GET http://a/patroni", PRIMARY),
        ];
        let mut args = json!({ "url": "http://h" });
        let Value::Object(words) = words else {
            panic!("a mapping")
        };
        args.as_object_mut().unwrap().extend(words);
        planned::<PatroniLeader>(args, &answers)
    }

    const A: &str =
        r#"{"name": "a", "role": "leader", "state": "running", "api_url": "http://a/patroni"}"#;
    const B: &str = r#"{"name": "b", "role": "sync_standby", "state": "streaming", "lag": 5}"#;
    const C: &str = r#"{"name": "c", "role": "replica", "state": "streaming", "lag": 0}"#;
    const SYNC: &str = r#"{"synchronous_mode": true}"#;

    fn order(plan: &Plan) -> String {
        let Action::Request(request) = &plan.steps()[0].action else {
            panic!("a request")
        };
        String::from_utf8(request.body.clone()).unwrap()
    }

    #[test]
    fn the_best_of_those_who_may_takes_over() {
        let all = [A, B, C].join(",");
        assert!(
            !plan(&all, SYNC, json!({ "leader": "a" }))
                .unwrap()
                .is_change()
        );
        assert!(!plan(&all, SYNC, json!({ "not": "b" })).unwrap().is_change());
        let to_b = r#"{"leader":"a","candidate":"b"}"#;
        assert_eq!(
            order(&plan(&all, SYNC, json!({ "not": "a" })).unwrap()),
            to_b
        );
        assert_eq!(
            order(&plan(&all, SYNC, json!({ "leader": "b" })).unwrap()),
            to_b
        );
        let free = plan(&[A, C].join(","), "{}", json!({ "not": "a" })).unwrap();
        assert_eq!(order(&free), r#"{"leader":"a","candidate":"c"}"#);
    }

    #[test]
    fn who_takes_over_in_a_plan_is_only_waited_for() {
        let cluster = format!("200 -\n\n{{\"members\": [{A}, {B}]}}");
        let answers = [
            ("GET http://h/cluster", &*cluster),
            ("GET http://h/config", "200 -\n\n{}"),
            ("GET http://a/patroni", PRIMARY),
        ];
        let args = json!({ "url": "http://h", "leader": "b" });
        let rest = left::<PatroniLeader>(args, &answers).unwrap();
        assert!(matches!(rest, Plan::Wait { .. }), "{rest:?}");
    }

    #[test]
    fn who_may_not_is_refused_with_the_reason() {
        let all = [A, B, C].join(",");
        let refused = |members: &str, words| plan(members, SYNC, words).unwrap_err();
        insta::assert_snapshot!(refused(&all, json!({ "leader": "c" })), @"c can't take over from a: no commit waits for it (it is not in /sync)");
        insta::assert_snapshot!(refused(&all, json!({ "leader": "d" })), @"d is no member: there are a, b, c");
        let barred = r#"{"name": "b", "role": "sync_standby", "state": "streaming", "lag": 5, "tags": {"nofailover": true}}"#;
        let late = r#"{"name": "c", "role": "sync_standby", "state": "streaming", "lag": 2000000}"#;
        insta::assert_snapshot!(refused(&[A, barred, late].join(","), json!({ "not": "a" })), @"nobody can take over from a: b: its tags say that it never leads (nofailover); c: it lies 2000000 bytes behind, 1048576 are allowed");
        insta::assert_snapshot!(refused(A, json!({ "not": "a" })), @"nobody can take over from a: it is the only member");
    }

    #[test]
    fn an_election_is_waited_for() {
        let waits = plan(&[B, C].join(","), SYNC, json!({ "leader": "b" })).unwrap();
        assert!(matches!(waits, Plan::Wait { .. }));
        let promoted = r#"{"name": "b", "role": "leader", "state": "running"}"#;
        let waits = plan(&[promoted, C].join(","), SYNC, json!({ "leader": "b" })).unwrap();
        assert!(matches!(waits, Plan::Wait { .. }));
    }
}
