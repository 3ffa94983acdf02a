//! What firewalld lets in.
//!
//! ```yaml
//! - firewalld: { port: 5432/tcp, state: enabled, permanent: true, immediate: true }
//! - firewalld: { rich_rule: 'rule family=ipv4 source address=10.0.0.0/24 service name=postgresql accept', state: enabled, permanent: true }
//! ```
//!
//! firewalld has two sets of rules: those of now, and those that it reads when it starts (`permanent`).
//! Without `permanent` those of now are meant, with it only the others unless `immediate` is said too.
//! `firewall-cmd` alone is needed; no Python of ours.

use super::placed::run;
use super::{Change, Controller, Module, Plan, Sign};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question};
use crate::modules::unsupported::Unsupported;
use crate::step::{Output, quote};
use serde::Deserialize;

/// `firewalld`
pub struct Firewalld;

/// What shall be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// Let in.
    Enabled,
    /// Not let in by this.
    Disabled,
}

/// The parameters of `firewalld`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// A service that firewalld knows: `postgresql`.
    #[serde(default)]
    pub service: Option<String>,
    /// A port or a range of ports: `5432/tcp`, `60000-61000/udp`.
    #[serde(default)]
    pub port: Option<String>,
    /// A protocol: `vrrp`.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Addresses that belong to the zone.
    #[serde(default)]
    pub source: Option<String>,
    /// A network card that belongs to the zone.
    #[serde(default)]
    pub interface: Option<String>,
    /// A rule in firewalld's own language.
    #[serde(default)]
    pub rich_rule: Option<String>,
    /// Whether what goes out has the host's address.
    #[serde(default)]
    pub masquerade: Option<bool>,
    /// The zone; firewalld's default zone when it is left out.
    #[serde(default)]
    pub zone: Option<String>,
    /// Whether it is let in.
    pub state: Want,
    /// After a restart of firewalld.
    #[serde(default)]
    pub permanent: bool,
    /// Now.
    #[serde(default)]
    pub immediate: bool,
    /// Where firewalld does not run, do with what is permanent.
    #[serde(default)]
    pub offline: bool,
    /// Not supported.
    #[serde(default)]
    pub port_forward: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub icmp_block: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub icmp_block_inversion: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub forward: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub target: Unsupported,
    /// Not supported: what is let in for a while only is no state to converge to.
    #[serde(default)]
    pub timeout: Unsupported,
}

/// One of firewalld's two sets of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Now,
    Permanent,
}

impl Set {
    fn words(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Permanent => "permanent",
        }
    }
}

impl Params {
    /// The kind of what is let in, and which.
    fn rule(&self) -> Result<(&'static str, Option<&str>), String> {
        let masquerade = self.masquerade.map(|_| ("masquerade", None));
        let given: Vec<_> = [
            ("service", &self.service),
            ("port", &self.port),
            ("protocol", &self.protocol),
            ("source", &self.source),
            ("interface", &self.interface),
            ("rich-rule", &self.rich_rule),
        ]
        .into_iter()
        .filter_map(|(kind, which)| Some((kind, Some(which.as_deref()?))))
        .chain(masquerade)
        .collect();
        match given[..] {
            [one] => Ok(one),
            [] => Err("say what is let in: `port`, `service`, `rich_rule`, `source`, `interface`, `protocol` or `masquerade`".to_owned()),
            _ => Err("a task lets one thing in: make a task, or a loop, of each".to_owned()),
        }
    }

    /// An option of `firewall-cmd` about it.
    fn option(&self, verb: &str) -> Result<String, String> {
        let (kind, which) = self.rule()?;
        let value = which.map(|which| format!("={which}")).unwrap_or_default();
        let zone = self.zone.as_ref();
        let zone = zone.map(|zone| quote(&format!("--zone={zone}")) + " ");
        Ok(zone.unwrap_or_default() + &quote(&format!("--{verb}-{kind}{value}")))
    }

    fn sets(&self) -> Vec<Set> {
        let now = self.immediate || !self.permanent;
        let all = [(now, Set::Now), (self.permanent, Set::Permanent)];
        all.into_iter()
            .filter_map(|(is, set)| is.then_some(set))
            .collect()
    }

    /// Whether the rule shall be there.
    fn wanted(&self) -> bool {
        (self.state == Want::Enabled) == self.masquerade.unwrap_or(true)
    }
}

/// Asks whether a rule is there.
struct Rules {
    query: String,
    sets: Vec<Set>,
    offline: bool,
}

/// What firewalld has.
#[derive(Clone, Debug)]
pub struct State {
    /// firewalld runs.
    runs: bool,
    /// The sets in which the rule is, of those that were asked for.
    has: Vec<(Set, bool)>,
}

/// The status of `firewall-cmd` where firewalld does not run.
const NOT_RUNNING: i32 = 252;

impl Question for Rules {
    type Answer = State;

    fn ask(&self) -> Ask {
        let mut text = "command -v firewall-cmd >/dev/null || { echo 'firewall-cmd is not there: install firewalld first' >&2; exit 127; }\n\
            LC_ALL=C; export LC_ALL\n\
            ask() { said=$(\"$@\" 2>&1); s=$?; [ $s -le 1 ] || { echo \"$said\" >&2; exit $s; }; echo $s; }\n"
            .to_owned();
        let permanent = self.sets.contains(&Set::Permanent);
        if permanent && (self.offline || !self.sets.contains(&Set::Now)) {
            text += &format!(
                "firewall-cmd --state >/dev/null 2>&1 || {{ [ $? != {NOT_RUNNING} ] || {{ echo off; ask firewall-offline-cmd {}; exit; }}; }}\n",
                self.query
            );
        }
        for set in &self.sets {
            let which = if *set == Set::Permanent {
                "--permanent "
            } else {
                ""
            };
            text += &format!("ask firewall-cmd {which}{}\n", self.query);
        }
        Ask::live(text)
    }

    fn read(&self, output: &Output) -> Result<State, ProbeError> {
        if output.status == NOT_RUNNING {
            return Err(ProbeError::Failed(
                "firewalld does not run on this host: start it first, or say `permanent: true` (and `offline: true`) for what it reads when it starts"
                    .to_owned(),
            ));
        }
        if !output.ok() {
            return Err(ProbeError::answer("ask firewalld", output));
        }
        let text = output.out();
        let (runs, answers) = match text.strip_prefix("off\n") {
            Some(rest) => (false, rest),
            None => (true, text.as_str()),
        };
        let sets = if runs {
            &self.sets[..]
        } else {
            &[Set::Permanent]
        };
        let has: Vec<(Set, bool)> = sets
            .iter()
            .zip(answers.lines())
            .map(|(set, answer)| (*set, answer == "0"))
            .collect();
        if has.len() == sets.len() {
            Ok(State { runs, has })
        } else {
            Err(ProbeError::answer("ask firewalld", output))
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

impl Module for Firewalld {
    const NAME: &'static str = "firewalld";
    const COLLECTION: &'static str = "ansible.posix";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.rule().map_err(Diag::error)?;
        if let Some(port) = params.port.as_ref().filter(|port| !port.contains('/')) {
            return Err(Diag::error(format!("`port: {port}` names no protocol"))
                .help(format!("write `{port}/tcp` or `{port}/udp`")));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let query = params.option("query").map_err(ProbeError::Failed)?;
        look.fact(Rules {
            query,
            sets: params.sets(),
            offline: params.offline,
        })
        .await
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (kind, which) = params.rule()?;
        let wanted = params.wanted();
        let zone = params.zone.as_deref().unwrap_or("default");
        let mut what = kind.replace('-', " ");
        if let Some(which) = which {
            what = format!("{what} {which}");
        }
        let (sign, verb) = match (wanted, kind) {
            // It may be in another zone.
            (true, "interface") => (Sign::Add, "change"),
            (true, _) => (Sign::Add, "add"),
            (false, _) => (Sign::Remove, "remove"),
        };
        let option = params.option(verb)?;
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        for (set, _) in state.has.iter().filter(|(_, has)| *has != wanted) {
            let command = match (state.runs, set) {
                (false, _) => "firewall-offline-cmd ",
                (true, Set::Now) => "firewall-cmd ",
                (true, Set::Permanent) => "firewall-cmd --permanent ",
            };
            let set = set.words();
            changes.push(Change::new(
                sign,
                format!("firewalld zone {zone}: {what} ({set})"),
            ));
            steps.push(run(
                format!("{verb} {what} ({set})"),
                format!("{command}{option} >/dev/null"),
            ));
        }
        Ok(Plan::Converge { changes, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    /// What is planned where firewalld answers so: the changes, and what is run.
    fn plan(args: Value, said: &str) -> Vec<(String, String)> {
        let plan = planned::<Firewalld>(args, &[("firewall-cmd", said)]).unwrap();
        let text = |action: &Action| match action {
            Action::Run(script) => script.text.clone(),
            other => panic!("{other:?}"),
        };
        let steps = plan.steps().iter().map(|step| text(&step.action));
        let changes = plan.changes().iter().map(|change| change.what.clone());
        changes.zip(steps).collect()
    }

    #[test]
    fn only_the_set_of_rules_that_differs_is_changed() {
        let args = json!({ "port": "5432/tcp", "zone": "internal", "state": "enabled", "permanent": true, "immediate": true });
        assert!(plan(args.clone(), "0\n0\n").is_empty());
        assert_eq!(
            plan(args, "0\n1\n"),
            [(
                "firewalld zone internal: port 5432/tcp (permanent)".to_owned(),
                "firewall-cmd --permanent --zone=internal --add-port=5432/tcp >/dev/null"
                    .to_owned()
            )]
        );
        let now = json!({ "service": "postgresql", "state": "disabled" });
        assert_eq!(
            plan(now, "0\n")[0].1,
            "firewall-cmd --remove-service=postgresql >/dev/null"
        );
    }

    #[test]
    fn what_is_permanent_is_written_where_firewalld_does_not_run() {
        let args = json!({ "rich_rule": "rule family=ipv4 accept", "state": "enabled", "permanent": true });
        assert_eq!(
            plan(args, "off\n1\n")[0].1,
            "firewall-offline-cmd '--add-rich-rule=rule family=ipv4 accept' >/dev/null"
        );
        let stopped = Output {
            status: NOT_RUNNING,
            ..Output::default()
        };
        let now = Rules {
            query: String::new(),
            sets: vec![Set::Now],
            offline: false,
        };
        let told = now.read(&stopped).unwrap_err().to_string();
        assert!(told.contains("does not run"), "{told}");
    }

    #[test]
    fn masquerading_that_is_not_wanted_goes() {
        let args = json!({ "masquerade": false, "state": "enabled" });
        assert_eq!(
            plan(args.clone(), "0\n")[0].1,
            "firewall-cmd --remove-masquerade >/dev/null"
        );
        assert!(plan(args, "1\n").is_empty());
    }

    #[test]
    fn one_thing_is_let_in_by_a_task() {
        let told = |args: Value| {
            let refused = ready::<Firewalld>("/".as_ref(), args);
            refused.unwrap_err().to_string()
        };
        assert!(told(json!({ "state": "enabled" })).contains("say what is let in"));
        let two = json!({ "port": "1/tcp", "service": "ssh", "state": "enabled" });
        assert!(told(two).contains("one thing"));
        let bare = json!({ "port": "5432", "state": "enabled" });
        assert!(told(bare).contains("names no protocol"));
        let later = json!({ "port": "1/tcp", "timeout": 5, "state": "enabled" });
        assert!(told(later).contains("does not support it"));
    }
}
