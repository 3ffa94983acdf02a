//! Which services there are and whether they run, as a fact.
//!
//! ```yaml
//! - service_facts:
//! - debug: { msg: etcd runs }
//!   when: ansible_facts.services['etcd.service'].state | default('') == 'running'
//! ```
//!
//! Those of systemd, and on hosts of Debian the scripts of `/etc/init.d` beside them.

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Foreseen, Look, ProbeError, Question, TOOLS};
use crate::step::{Effect, Output, Package, UnitScope};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `service_facts`
pub struct ServiceFacts;

/// `service_facts` has no parameters.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {}

struct Services;

/// systemd sets a service's state aside for these.
const BAD: [&str; 3] = ["not-found", "masked", "failed"];
/// What stands between the parts of the answer.
const PART: &str = "=====";

impl Question for Services {
    type Answer = Map<String, Value>;

    fn ask(&self) -> Ask {
        Ask::live(format!(
            "{TOOLS}\n\
             if command -v service >/dev/null && ! command -v chkconfig >/dev/null && ! command -v rc-status >/dev/null; then service --status-all 2>/dev/null </dev/null; fi\n\
             echo {PART}\n\
             [ -d /run/systemd/system ] && command -v systemctl >/dev/null || exit 0\n\
             u=$(systemctl list-units --no-pager --no-legend --type service --all --plain) || exit\n\
             f=$(systemctl list-unit-files --no-pager --no-legend --type service --all) || exit\n\
             printf '%s\\n{PART}\\n%s\\n{PART}\\n' \"$u\" \"$f\"\n\
             n=$(printf '%s\\n' \"$f\" | while read -r n x; do case $n in *@.service) ;; *.service) printf '%s\\n' \"$n\";; esac; done)\n\
             [ -z \"$n\" ] || printf '%s\\n' \"$n\" | xargs systemctl show --no-pager -p ActiveState --value 2>/dev/null | grep . ; :"
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        if !output.ok() {
            return Err(ProbeError::answer("ask systemd for its services", output));
        }
        let text = output.out();
        let between = format!("{PART}\n");
        let mut parts = text.split(&between);
        let mut part = || parts.next().unwrap_or_default();
        let mut services = Map::new();
        scripts(&mut services, part());
        units(&mut services, part());
        let (files, active) = (part(), part());
        unit_files(&mut services, files, active);
        Ok(services)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        let decides = |effect: &Effect| match effect {
            Effect::Unit(_, scope, _) => *scope == UnitScope::System,
            Effect::Package(_, Package::There { new, .. }) => *new,
            Effect::Package(_, Package::Gone { .. }) => true,
            Effect::Path(path, _) => path.starts_with("/etc/systemd/system/"),
            _ => false,
        };
        let why = "it may change which services there are";
        pending.decided_by(why, decides).map_or(now, Err)
    }
}

fn insert(services: &mut Map<String, Value>, name: &str, state: &str, status: &str) {
    let one = json!({ "name": name, "state": state, "status": status, "source": "systemd" });
    services.insert(name.to_owned(), one);
}

/// ` [ + ]  ssh`
fn scripts(services: &mut Map<String, Value>, text: &str) {
    for line in text.lines() {
        let Some((sign, name)) = line
            .trim()
            .strip_prefix("[ ")
            .and_then(|l| l.split_once(" ]"))
        else {
            continue;
        };
        let state = match sign {
            "+" => "running",
            "-" => "stopped",
            _ => continue,
        };
        let name = name.trim();
        let one = json!({ "name": name, "state": state, "source": "sysv" });
        services.insert(name.to_owned(), one);
    }
}

/// `ssh.service loaded active running OpenBSD Secure Shell server`
fn units(services: &mut Map<String, Value>, text: &str) {
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, _, active, sub, ..] = fields[..] else {
            continue;
        };
        let known = &fields[..fields.len().saturating_sub(1)];
        let bad = BAD.into_iter().find(|bad| known.contains(bad));
        let state = if sub == "running" {
            "running"
        } else {
            "stopped"
        };
        insert(services, name, state, bad.unwrap_or(active));
    }
}

/// `ssh.service disabled enabled`; of each but templates whether it is active, in the same order.
fn unit_files(services: &mut Map<String, Value>, text: &str, active: &str) {
    let mut active = active.lines();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        let (Some(name), Some(status)) = (fields.next(), fields.next()) else {
            continue;
        };
        let template = name.ends_with("@.service");
        let state = if template { None } else { active.next() };
        match services.get_mut(name) {
            None => insert(services, name, state.unwrap_or("unknown"), status),
            Some(known) => {
                let bad = known["status"].as_str().is_some_and(|s| BAD.contains(&s));
                if !bad {
                    known["status"] = status.into();
                }
            }
        }
    }
}

impl Module for ServiceFacts {
    const NAME: &'static str = "service_facts";
    type Params = Params;
    type Ready = Params;
    type State = Map<String, Value>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(_: &Params, look: &Look) -> Result<Map<String, Value>, ProbeError> {
        look.fact(Services).await
    }

    fn plan(_: &Params, _: &Map<String, Value>) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(Course { before, .. }: Course<'_, Self>) -> TaskResult {
        let mut result = TaskResult::default();
        let services = Value::Object(before.clone());
        result.facts.insert("services".into(), services);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, foretold, settled};
    use crate::step::Unit;

    const SAID: &str = "\
 [ + ]  ssh
 [ - ]  procps
=====
etcd.service   loaded    active   running etcd key value store
gone.service   not-found inactive dead    gone.service
bad.service    loaded    failed   failed  A bad one
=====
etcd.service    enabled  enabled
gone.service    disabled enabled
getty@.service  enabled  enabled
idle.service    static   -
=====
active
inactive
inactive
";

    #[test]
    fn services_are_told_as_ansible_tells_them() {
        let facts = |pending: &mut Foreseen| {
            let told = foretold::<ServiceFacts>(json!({}), &[("list-units", SAID)], pending);
            told.map(|(_, result)| result.facts["services"].clone())
        };
        let known = facts(&mut Foreseen::default()).unwrap();
        let of = |name: &str| {
            let one = &known[name];
            let word = |field: &str| one[field].as_str().unwrap_or("-").to_owned();
            [word("state"), word("status"), word("source")].join(" ")
        };
        assert_eq!(of("ssh"), "running - sysv");
        assert_eq!(of("procps"), "stopped - sysv");
        assert_eq!(of("etcd.service"), "running enabled systemd");
        assert_eq!(of("gone.service"), "stopped not-found systemd");
        assert_eq!(of("bad.service"), "stopped failed systemd");
        assert_eq!(of("getty@.service"), "unknown enabled systemd");
        assert_eq!(of("idle.service"), "inactive static systemd");
        let mut pending = Foreseen::default();
        let unit = Effect::Unit("etcd".into(), UnitScope::System, Unit::default());
        pending.add("Start", "root", [unit]);
        assert!(facts(&mut pending).is_err());
    }

    #[test]
    fn every_shell_can_ask() {
        for shell in Shell::all() {
            settled::<ServiceFacts>(&shell, "/".as_ref(), json!({}));
        }
    }
}
