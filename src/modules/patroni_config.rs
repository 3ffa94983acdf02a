//! Patroni's dynamic configuration, which it keeps in etcd or ZooKeeper for all members.
//!
//! ```yaml
//! - patroni_config:
//!     url: https://127.0.0.1:8008
//!     ca_path: /etc/pg-cluster/tls/ca.crt
//!     client_cert: /etc/pg-cluster/tls/server.crt
//!     client_key: /etc/pg-cluster/tls/server.key
//!     config:
//!       synchronous_mode: true
//!       postgresql: { parameters: { max_connections: 200 } }
//! ```
//!
//! What is declared is merged into what is there, and `null` takes a name away, as in Patroni's
//! own `PATCH /config`; what is not named stays. A parameter that needs a restart is only marked
//! by this: `patroni_restart` does it.

use super::http::same::{Difference, difference, shown};
use super::http::{PEER_ALIASES, in_servers_words, with_peer};
use super::{Change, Controller, Course, Detail, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::http::Way;
use crate::facts::{Look, ProbeError, patroni};
use crate::step::{Action, Effect, Served, Step};
use serde_json::{Map, Value};
use std::time::Duration;

/// `patroni_config`
pub struct PatroniConfig;

with_peer! {
    /// Parameters of `patroni_config`.
    pub struct Params {
        /// The REST API of a member, as the target sees it: `https://127.0.0.1:8008`.
        url: String,
        /// What the dynamic configuration shall hold.
        config: Map<String, Value>,
        /// How many seconds a request may take.
        #[serde(default = "ten")]
        timeout: u64,
    }
}

fn ten() -> u64 {
    10
}

/// The configuration as it is, and how it was asked for.
pub struct State {
    way: Way,
    config: Map<String, Value>,
}

impl Params {
    fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// What follows once `patch` was merged into the configuration.
fn makes(url: &str, patch: &Value) -> Vec<Effect> {
    let Value::Object(patch) = patch else {
        return Vec::new();
    };
    let at = |path: &str, served| Effect::Http(patroni::at(url, path), served);
    let mut made = vec![at("config", Served::Merged(patch.clone()))];
    if let Some(pause) = patch.get("pause") {
        let pause = Map::from_iter([("pause".to_owned(), pause.clone())]);
        made.push(at("cluster", Served::Merged(pause)));
    }
    if patch.contains_key("postgresql") {
        let why = "whether a parameter then waits for a restart is Patroni's to say";
        made.push(at("patroni", Served::Unknown(why.to_owned())));
    }
    made
}

fn change(one: &Difference) -> Change {
    // The first word is what a plan counts.
    let what = "setting of Patroni";
    let lines = |value: &Option<Value>| match value {
        Some(Value::Array(lines)) => Some(lines.iter().map(|line| shown(line) + "\n").collect()),
        _ => None,
    };
    let (before, after) = (lines(&one.from), lines(&one.to));
    if before.is_some() || after.is_some() {
        let text: Detail = Detail::Text { before, after };
        return Change {
            sign: Sign::Modify,
            what: format!("{what}: {}", one.name),
            detail: text,
        };
    }
    let value = |value: &Option<Value>| value.as_ref().map(shown);
    Change::attribute(what, one.name.as_str(), value(&one.from), value(&one.to))
}

impl Module for PatroniConfig {
    const NAME: &'static str = "patroni_config";
    const COLLECTION: &'static str = "trueup.patroni";
    const ALIASES: &'static [(&'static str, &'static str)] = PEER_ALIASES;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        super::http::check(&params.url, params.timeout)?;
        if params.config.is_empty() {
            return Err(Diag::error("`config` is empty")
                .help("name what the dynamic configuration shall hold"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let way = params.peer().way(look, &params.url).await?;
        let config = patroni::config(look, &way, &params.url, params.limit()).await?;
        Ok(State { way, config })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (patch, told) = difference(&state.config, &params.config);
        if told.is_empty() {
            return Ok(Plan::nothing());
        }
        let url = patroni::at(&params.url, "config");
        let made = makes(&params.url, &patch);
        let mut request = state
            .way
            .request("PATCH", url, params.limit())
            .json(&patch)
            .accepts(&[200]);
        // Somebody else changed it in the same moment.
        request.again = Some("Error code: 409");
        Ok(Plan::Converge {
            changes: told.iter().map(change).collect(),
            steps: vec![
                Step::new(
                    "change Patroni's configuration".to_owned(),
                    Action::Request(Box::new(request)),
                )
                .making(made),
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
        let config = after.unwrap_or(before).config.clone();
        in_servers_words(TaskResult::of(plan, ran), ran).with("config", config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned};
    use serde_json::json;

    const CLUSTER: (&str, &str) = ("GET http://pg-a:8008/cluster", "200 -\n\n{\"members\": []}");

    fn plan(config: &Value, answer: &'static str) -> Result<Plan, String> {
        let args = json!({ "url": "http://pg-a:8008/", "config": config });
        planned::<PatroniConfig>(args, &[CLUSTER, ("GET http://pg-a:8008/config", answer)])
    }

    #[test]
    fn what_differs_is_patched_and_shown() {
        let answer = r#"200 -

{"ttl":30,"postgresql":{"parameters":{"max_connections":100},"pg_hba":["local all all peer"]}}"#;
        let wanted = json!({
            "ttl": "30",
            "synchronous_mode": true,
            "postgresql": {
                "parameters": { "max_connections": 200 },
                "pg_hba": ["local all all peer", "hostssl all all all scram-sha-256"],
            },
        });
        let plan = plan(&wanted, answer).unwrap();
        let Action::Request(request) = &plan.steps()[0].action else {
            panic!("a request")
        };
        assert_eq!(request.shown(), "PATCH http://pg-a:8008/config");
        insta::assert_snapshot!(String::from_utf8_lossy(&request.body), @r#"{"synchronous_mode":true,"postgresql":{"parameters":{"max_connections":200},"pg_hba":["local all all peer","hostssl all all all scram-sha-256"]}}"#);
        let shown: Vec<String> = plan
            .changes()
            .iter()
            .map(|one| format!("{} {:?}", one.what, one.detail))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        setting of Patroni Attribute { name: "synchronous_mode", from: None, to: Some("true") }
        setting of Patroni Attribute { name: "postgresql.parameters.max_connections", from: Some("100"), to: Some("200") }
        setting of Patroni: postgresql.pg_hba Text { before: Some("local all all peer\n"), after: Some("local all all peer\nhostssl all all all scram-sha-256\n") }
        "#);
    }

    #[test]
    fn nothing_is_left_to_do_once_it_was_merged() {
        let args = json!({
            "url": "http://pg-a:8008",
            "config": { "ttl": 40, "pause": true, "postgresql": { "parameters": { "a": null } } },
        });
        let config = "200 -\n\n{\"ttl\": 30, \"postgresql\": {\"parameters\": {\"a\": 1}}}";
        let answers = [CLUSTER, ("GET http://pg-a:8008/config", config)];
        assert!(!left::<PatroniConfig>(args, &answers).unwrap().is_change());
    }

    #[test]
    fn what_holds_is_left_alone() {
        let held = plan(
            &json!({ "ttl": 30, "gone": null }),
            "200 -\n\n{\"ttl\": \"30\"}",
        );
        assert!(!held.unwrap().is_change());
    }

    #[test]
    fn a_cluster_that_is_not_there_yet_is_told() {
        insta::assert_snapshot!(
            plan(&json!({ "ttl": 30 }), "502 -\n\n<html>").unwrap_err(),
            @"GET http://pg-a:8008/config: the cluster has no dynamic configuration: it was not bootstrapped yet, or its DCS was emptied"
        );
    }
}
