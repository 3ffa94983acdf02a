//! The host's name.
//!
//! ```yaml
//! - hostname: { name: pg-a }
//! ```

use super::placed::run;
use super::{Change, Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question};
use crate::step::{Access, Effect, Holds, Output, Place, quote};
use serde::Deserialize;
use serde_json::json;

/// `hostname`
pub struct Hostname;

/// The parameters of `hostname`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The name.
    pub name: String,
    /// Has no effect: systemd's or Debian's way is found out.
    #[serde(default, rename = "use")]
    pub strategy: Option<String>,
}

struct Names;

/// The host's name now, and the one it has after the next boot.
#[derive(Clone, Debug)]
pub struct State {
    now: String,
    kept: String,
}

impl Question for Names {
    type Answer = State;

    fn ask(&self) -> Ask {
        Ask::settled(
            "uname -n; k=; [ ! -r /etc/hostname ] || read -r k </etc/hostname; echo \"$k\"",
        )
    }

    fn read(&self, output: &Output) -> Result<State, ProbeError> {
        let text = output.out();
        let mut lines = text.lines().map(str::to_owned);
        match (lines.next(), lines.next()) {
            (Some(now), Some(kept)) if !now.is_empty() => Ok(State { now, kept }),
            _ => Err(ProbeError::answer("ask for the host's name", output)),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        match pending.host_name() {
            Some(name) => Ok(State {
                now: name.to_owned(),
                kept: name.to_owned(),
            }),
            None => now,
        }
    }
}

impl Module for Hostname {
    const NAME: &'static str = "hostname";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, look: &Look) -> Result<State, ProbeError> {
        look.fact(Names).await
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let mut changes = Vec::new();
        for (what, name) in [("name", &state.now), ("name at boot", &state.kept)] {
            if *name != params.name {
                changes.push(Change::attribute(
                    "hostname",
                    what,
                    Some(name.clone()),
                    Some(params.name.clone()),
                ));
            }
        }
        if changes.is_empty() {
            return Ok(Plan::nothing());
        }
        let name = quote(&params.name);
        let script = format!(
            "if [ -d /run/systemd/system ] && command -v hostnamectl >/dev/null && hostnamectl set-hostname -- {name}; then exit 0; fi\n\
             printf '%s\\n' {name} >/etc/hostname && hostname {name}"
        );
        let line = format!("{}\n", params.name);
        let holds = Holds::Bytes(line.into_bytes().into());
        let place = Place::File(holds, Access::default());
        let kept = Effect::Path("/etc/hostname".to_owned(), place);
        let step = run(format!("name the host {}", params.name), script);
        Ok(Plan::Converge {
            changes,
            steps: vec![step.making([Effect::HostName(params.name.clone()), kept])],
        })
    }

    fn result(
        Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran);
        let short = params.name.split('.').next().unwrap_or_default();
        for (name, value) in [
            ("ansible_hostname", json!(short)),
            ("ansible_nodename", json!(params.name)),
            ("ansible_fqdn", json!(params.name)),
            (
                "ansible_domain",
                json!(params.name.split_once('.').map_or("", |(_, domain)| domain)),
            ),
        ] {
            result.facts.insert(name.into(), value);
        }
        if let Some(strategy) = &params.strategy {
            result.values.insert("use".into(), strategy.clone().into());
        }
        result
            .with("name", params.name.clone())
            .with("before", before.now.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{foretold, planned};

    #[test]
    fn a_host_that_will_be_named_so_has_the_name() {
        let mut foreseen = Foreseen::default();
        let mut told = |name: &str| {
            let answers = [("uname", "debian\ndebian\n")];
            let args = json!({ "name": name });
            let (plan, _) = foretold::<Hostname>(args, &answers, &mut foreseen).unwrap();
            plan.changes().len()
        };
        assert_eq!((told("pg-a"), told("pg-a"), told("debian")), (2, 0, 2));
    }

    #[test]
    fn both_names_are_looked_at() {
        let changes = |said| {
            let plan = planned::<Hostname>(json!({ "name": "pg-a" }), &[("uname", said)]).unwrap();
            plan.changes().len()
        };
        assert_eq!(
            (
                changes("pg-a\npg-a\n"),
                changes("pg-a\ndebian\n"),
                changes("x\n\n")
            ),
            (0, 1, 2)
        );
    }
}
