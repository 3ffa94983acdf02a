//! Restarts a member's PostgreSQL where a changed parameter waits for that.
//!
//! ```yaml
//! - patroni_restart:
//!     url: https://127.0.0.1:8008
//!     ca_path: /etc/pg-cluster/tls/ca.crt
//!     client_cert: /etc/pg-cluster/tls/server.crt
//!     client_key: /etc/pg-cluster/tls/server.key
//! ```
//!
//! Patroni does it, so it keeps the leader's lock meanwhile and nobody takes over. Nothing happens
//! to a member that waits for nothing.

use super::http::same::shown;
use super::http::{PEER_ALIASES, in_servers_words, with_peer};
use super::{Change, Controller, Course, Detail, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::http::Way;
use crate::facts::patroni::{self, Standing};
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::yes;
use crate::step::{Action, Effect, Served, Step};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// `patroni_restart`
pub struct PatroniRestart;

with_peer! {
    /// Parameters of `patroni_restart`.
    pub struct Params {
        /// The member's own REST API, as the target sees it: `https://127.0.0.1:8008`.
        url: String,
        /// Only where a parameter waits for it. `false` is refused: a restart for its own sake is
        /// no state that could be declared.
        #[serde(default = "yes")]
        pending: bool,
        /// How many seconds the restart may take.
        #[serde(default = "two_minutes")]
        timeout: u64,
    }
}

fn two_minutes() -> u64 {
    120
}

/// How the member stands, and how it was asked.
pub struct State {
    way: Way,
    standing: Standing,
}

impl Params {
    fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Nothing waits for a restart any more.
    fn makes(&self) -> Effect {
        let gone = ["pending_restart", "pending_restart_reason"];
        let patch = gone.map(|name| (name.to_owned(), Value::Null));
        let at = patroni::at(&self.url, "patroni");
        Effect::Http(at, Served::Merged(Map::from_iter(patch)))
    }
}

fn changes(what: &str, standing: &Standing) -> Vec<Change> {
    let attribute = |(name, waiting): (&String, &patroni::Waiting)| Change {
        sign: Sign::Run,
        what: format!("restart {what}"),
        detail: Detail::Attribute {
            name: name.clone(),
            from: Some(shown(&waiting.old_value)),
            to: Some(shown(&waiting.new_value)),
        },
    };
    let known: Vec<Change> = standing
        .pending_restart_reason
        .iter()
        .map(attribute)
        .collect();
    if known.is_empty() {
        return vec![Change::new(
            Sign::Run,
            format!("restart {what}: a changed parameter waits for it"),
        )];
    }
    known
}

impl Module for PatroniRestart {
    const NAME: &'static str = "patroni_restart";
    const COLLECTION: &'static str = "trueup.patroni";
    const ALIASES: &'static [(&'static str, &'static str)] = PEER_ALIASES;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        super::http::check(&params.url, params.timeout)?;
        if !params.pending {
            return Err(
                Diag::error("`pending: false` is not supported: a restart is no state")
                    .help("to restart whatever stands, ask for it: command: patronictl restart"),
            );
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let way = params.peer().way(look, &params.url).await?;
        let limit = Duration::from_secs(params.timeout.min(10));
        let asked = patroni::get(look, &way, &params.url, "patroni", limit).await?;
        let standing = asked.map_err(ProbeError::Failed)?;
        Ok(State { way, standing })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let standing = &state.standing;
        let what = match standing.patroni.name.as_str() {
            "" => "PostgreSQL".to_owned(),
            name => format!("PostgreSQL of {name}"),
        };
        if matches!(
            standing.state.as_str(),
            "starting" | "restarting" | "stopping"
        ) {
            return Ok(Plan::Wait {
                what: format!("{what} to be running; it is {}", standing.state),
                every: Duration::from_millis(500),
                limit: params.limit(),
                message: None,
            });
        }
        if !standing.pending_restart {
            return Ok(Plan::nothing());
        }
        let url = patroni::at(&params.url, "restart");
        let request = state
            .way
            .request("POST", url, params.limit())
            .json(&json!({ "restart_pending": true }))
            .accepts(&[200]);
        Ok(Plan::Converge {
            changes: changes(&what, standing),
            steps: vec![
                Step::new(
                    format!("restart {what}"),
                    Action::Request(Box::new(request)),
                )
                .making([params.makes()]),
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
        let names: Vec<&str> = before
            .standing
            .pending_restart_reason
            .keys()
            .map(String::as_str)
            .collect();
        let standing = &after.unwrap_or(before).standing;
        in_servers_words(TaskResult::of(plan, ran), ran)
            .with("pending_restart", standing.pending_restart)
            .with("parameters", names)
            .with("role", standing.role.as_str())
            .with("state", standing.state.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned};

    fn plan(answer: &'static str) -> Plan {
        let args = json!({ "url": "http://127.0.0.1:8008" });
        planned::<PatroniRestart>(args, &[("GET http://127.0.0.1:8008/patroni", answer)]).unwrap()
    }

    #[test]
    fn only_what_waits_is_restarted_and_why_is_told() {
        assert!(!plan("200 -\n\n{\"state\": \"running\", \"role\": \"replica\"}").is_change());
        let waiting = plan(
            r#"200 -

{"state": "running", "role": "replica", "pending_restart": true, "patroni": {"name": "pg-b"},
 "pending_restart_reason": {"max_connections": {"old_value": "100", "new_value": "200"}}}"#,
        );
        let change = &waiting.changes()[0];
        insta::assert_snapshot!(format!("{} {:?}", change.what, change.detail), @r#"restart PostgreSQL of pg-b Attribute { name: "max_connections", from: Some("100"), to: Some("200") }"#);
        let Action::Request(request) = &waiting.steps()[0].action else {
            panic!("a request")
        };
        assert_eq!(request.body, br#"{"restart_pending":true}"#);
        let args = json!({ "url": "http://h" });
        let old = "200 -\n\n{\"state\": \"running\", \"pending_restart\": true}";
        let rest = left::<PatroniRestart>(args, &[("GET http://h/patroni", old)]).unwrap();
        assert!(!rest.is_change());
        let old = plan(
            "200 -\n\n{\"state\": \"running\", \"role\": \"master\", \"pending_restart\": true}",
        );
        assert_eq!(
            old.changes()[0].what,
            "restart PostgreSQL: a changed parameter waits for it"
        );
    }

    #[test]
    fn a_server_that_is_starting_is_waited_for() {
        // Patroni says so with a 503.
        let plan = plan("503 -\n\n{\"state\": \"starting\", \"role\": \"replica\"}");
        assert!(matches!(plan, Plan::Wait { .. }));
    }
}
