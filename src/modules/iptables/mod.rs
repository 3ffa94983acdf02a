//! A rule of the kernel's packet filter, by `iptables` or `ip6tables`.
//!
//! ```yaml
//! - iptables: { chain: INPUT, protocol: tcp, destination_port: 5432, source: 10.0.0.0/24, jump: ACCEPT }
//! ```
//!
//! Rules are gone after a boot: what keeps them (`netfilter-persistent`, `iptables-save`) is a task of its own.

mod params;
mod rule;

pub use params::Params;

use super::presence::Presence;
use super::tool::{says, work};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::{Effect, quote};
use params::{Family, Insert};

/// `iptables`
pub struct Iptables;

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Flush,
    Policy,
    Chain,
    Rule,
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    about: About,
    /// The words of the rule.
    rule: Vec<String>,
}

impl Ready {
    fn program(&self) -> &'static str {
        match self.params.ip_version {
            Family::Ipv4 => "iptables",
            Family::Ipv6 => "ip6tables",
        }
    }

    fn chain(&self) -> &str {
        self.params.chain.as_deref().unwrap_or_default()
    }

    /// A command: `iptables -t filter -A INPUT` and what follows.
    fn command(&self, action: &str, rest: &[String]) -> String {
        let mut words = vec![self.program().to_owned()];
        let wait = self.params.wait.as_ref();
        words.extend(
            wait.into_iter()
                .flat_map(|wait| ["-w".to_owned(), wait.clone()]),
        );
        let table = self.params.table.word();
        words.extend(["-t", table, action].map(str::to_owned));
        words.extend(self.params.chain.clone());
        words.extend(rest.iter().cloned());
        let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
        words.join(" ")
    }

    /// What is asked about, in words.
    fn of(&self) -> String {
        let place = format!(
            "{} {} {}",
            self.program(),
            self.params.table.word(),
            self.chain()
        );
        match self.about {
            About::Flush => place.trim_end().to_owned(),
            About::Policy => format!("{place} policy"),
            About::Chain => format!("{place} chain"),
            About::Rule => format!("{place}: {}", self.rule.join(" ")),
        }
    }

    fn asks(&self) -> String {
        match self.about {
            About::Flush => String::new(),
            About::Policy => format!("{} | head -n 1", self.command("-S", &[])),
            About::Chain => format!(
                "if {} >/dev/null 2>&1; then echo yes; fi",
                self.command("-S", &[])
            ),
            About::Rule => format!(
                "if {} >/dev/null 2>&1; then echo yes; fi",
                self.command("-C", &self.rule)
            ),
        }
    }
}

impl Module for Iptables {
    const NAME: &'static str = "iptables";
    type Params = Params;
    type Ready = Ready;
    /// What the tool said: `yes` where it has it, `-P CHAIN POLICY`.
    type State = String;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        params.check()?;
        let rule = params.rule();
        let about = if params.flush {
            About::Flush
        } else if params.policy.is_some() {
            About::Policy
        } else if rule.is_empty() {
            About::Chain
        } else {
            About::Rule
        };
        Ok(Ready {
            params,
            about,
            rule,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<String, ProbeError> {
        let asked = Says {
            of: ready.of(),
            program: ready.program(),
            package: "iptables",
            script: ready.asks(),
        };
        Ok(look.fact(asked).await?.trim().to_owned())
    }

    fn plan(ready: &Ready, state: &String) -> Result<Plan, String> {
        let (params, of) = (&ready.params, ready.of());
        let converge = |sign: Sign, text: String, then: Option<String>| {
            let effect = match then {
                Some(then) => says(&of, then).to_vec(),
                None => vec![Effect::Says(of.clone(), None)],
            };
            let step = work(format!("change {of}"), &text).making(effect);
            Plan::Converge {
                changes: vec![Change::new(sign, &of)],
                steps: vec![step],
            }
        };
        let (there, wanted) = (state == "yes", params.state == Presence::Present);
        match ready.about {
            About::Flush => Ok(Plan::Act {
                changes: vec![Change::new(Sign::Run, format!("flush {of}"))],
                steps: vec![work(format!("flush {of}"), &ready.command("-F", &[]))],
            }),
            About::Policy => {
                let policy = params.policy.map(params::Policy::word).unwrap_or_default();
                let then = format!("-P {} {policy}", ready.chain());
                let Some(now) = state
                    .strip_prefix("-P ")
                    .and_then(|rest| rest.split_once(' '))
                else {
                    return Err(format!(
                        "the chain {} has no policy: only those of the kernel's own have",
                        ready.chain()
                    ));
                };
                if *state == then {
                    return Ok(Plan::nothing());
                }
                let text = ready.command("-P", &[policy.to_owned()]);
                let change = Change::attribute(
                    &of,
                    "policy",
                    Some(now.1.to_owned()),
                    Some(policy.to_owned()),
                );
                Ok(Plan::Converge {
                    changes: vec![change],
                    steps: vec![work(format!("set {of}"), &text).making(says(&of, then))],
                })
            }
            About::Chain if there == wanted || !params.chain_management => Ok(Plan::nothing()),
            About::Chain if wanted => Ok(converge(
                Sign::Add,
                ready.command("-N", &[]),
                Some("yes".into()),
            )),
            About::Chain => Ok(converge(Sign::Remove, ready.command("-X", &[]), None)),
            About::Rule if there == wanted => Ok(Plan::nothing()),
            About::Rule if !wanted => Ok(converge(
                Sign::Remove,
                ready.command("-D", &ready.rule),
                None,
            )),
            About::Rule => {
                let text = match params.action {
                    Insert::Append => ready.command("-A", &ready.rule),
                    Insert::Insert => {
                        let at = params.rule_num.iter().cloned();
                        let words: Vec<String> = at.chain(ready.rule.iter().cloned()).collect();
                        ready.command("-I", &words)
                    }
                };
                Ok(converge(Sign::Add, text, Some("yes".into())))
            }
        }
    }

    fn result(
        Course {
            ready, plan, ran, ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let params = &ready.params;
        TaskResult::of(plan, ran)
            .with("ip_version", params.ip_version.word())
            .with("table", params.table.word())
            .with("chain", params.chain.clone())
            .with("flush", params.flush)
            .with("rule", ready.rule.join(" "))
            .with("state", params.state.word())
            .with("chain_management", params.chain_management)
    }
}

#[cfg(test)]
mod tests;
