//! Services, and systemd's other units.
//!
//! ```yaml
//! - systemd_service: { name: pgpool2, state: started, enabled: true, daemon_reload: true }
//! ```

use super::placed::run;
use super::unsupported::Unsupported;
use super::{Change, Controller, Module, Plan, Sign, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Unit, UnitScope, UnitState};
use crate::step::{Step, quote};
use serde::Deserialize;
use serde_json::{Map, Value};

/// `systemd_service`
pub struct SystemdService;

/// Whether it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// It reads its configuration anew; it is started where it does not run.
    Reloaded,
    /// It is started anew.
    Restarted,
    /// It runs.
    Started,
    /// It does not run.
    Stopped,
}

/// The parameters of `systemd_service`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The unit; `.service` may be left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default)]
    pub state: Option<Want>,
    /// Whether it starts at boot.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Whether it can't be started at all.
    #[serde(default)]
    pub masked: Option<bool>,
    /// systemd reads unit files anew. With a unit: where that is needed, and before anything is
    /// changed. Without one: always.
    #[serde(default)]
    pub daemon_reload: bool,
    /// systemd itself is started anew.
    #[serde(default)]
    pub daemon_reexec: bool,
    /// Whose unit.
    #[serde(default)]
    pub scope: UnitScope,
    /// Don't wait until it is done.
    #[serde(default)]
    pub no_block: bool,
    /// Replace links that are in the way.
    #[serde(default)]
    pub force: bool,
    /// Has no effect: the service manager is systemd.
    #[serde(default, rename = "use")]
    pub manager: Option<String>,
    /// Not supported: a parameter of `service` for other service managers.
    #[serde(default)]
    pub pattern: Unsupported,
    /// Not supported: a parameter of `service` for other service managers.
    #[serde(default)]
    pub runlevel: Unsupported,
    /// Not supported: a parameter of `service` for other service managers.
    #[serde(default)]
    pub arguments: Unsupported,
    /// Not supported: a parameter of `service` for other service managers.
    #[serde(default)]
    pub sleep: Unsupported,
}

impl Params {
    fn systemctl(&self, rest: &str) -> String {
        let force = if self.force { " --force" } else { "" };
        let no_block = if self.no_block { " --no-block" } else { "" };
        format!(
            "{}{force}{no_block} {rest} || exit\n",
            self.scope.systemctl()
        )
    }
}

/// The unit, where one is named.
pub type State = Option<UnitState>;

/// What is planned for a unit.
#[derive(Default)]
struct Work {
    changes: Vec<Change>,
    script: String,
    words: Vec<&'static str>,
    /// Its effect can't be seen afterwards.
    acts: bool,
}

impl Work {
    fn enablement(&mut self, params: &Params, name: &str, unit: &UnitState) {
        let word =
            |on: bool, yes: &str, no: &str| Some(if on { yes.to_owned() } else { no.to_owned() });
        let what = format!("service {name}");
        if let Some(masked) = params.masked.filter(|masked| *masked != unit.masked()) {
            let verb = if masked { "mask" } else { "unmask" };
            self.does(
                verb,
                Change::attribute(
                    &what,
                    "masked",
                    word(!masked, "yes", "no"),
                    word(masked, "yes", "no"),
                ),
            );
            self.script
                .push_str(&params.systemctl(&format!("{verb} -- {}", quote(name))));
        }
        if let Some(enabled) = params.enabled.filter(|enabled| *enabled != unit.enabled()) {
            if !enabled && !unit.can_be_disabled() {
                return;
            }
            let verb = if enabled { "enable" } else { "disable" };
            let from = Some(unit.get("UnitFileState").to_owned()).filter(|state| !state.is_empty());
            let from = from.or_else(|| Some("disabled".into()));
            self.does(
                verb,
                Change::attribute(&what, "enabled", from, word(enabled, "enabled", "disabled")),
            );
            self.script
                .push_str(&params.systemctl(&format!("{verb} -- {}", quote(name))));
        }
    }

    fn running(&mut self, params: &Params, name: &str, unit: &UnitState) {
        let verb = match params.state {
            Some(Want::Stopped) if unit.running() || unit.stopping() => "stop",
            Some(Want::Started | Want::Restarted | Want::Reloaded) if !unit.running() => "start",
            Some(Want::Restarted) => "restart",
            Some(Want::Reloaded) => "reload",
            _ => return,
        };
        let what = format!("service {name}");
        // A unit that runs once is down again when it is done; one that was started instead of
        // restarted would be found running, and be restarted.
        let once = unit.get("Type") == "oneshot" && unit.get("RemainAfterExit") != "yes";
        let anew = matches!(params.state, Some(Want::Restarted | Want::Reloaded));
        self.acts |= anew || (verb == "start" && once) || params.no_block;
        if matches!(verb, "restart" | "reload") {
            self.does(verb, Change::new(Sign::Run, format!("{verb} {what}")));
        } else {
            let to = if verb == "start" {
                "active"
            } else {
                "inactive"
            };
            let from = Some(unit.get("ActiveState").to_owned()).filter(|state| !state.is_empty());
            self.does(
                verb,
                Change::attribute(&what, "state", from, Some(to.to_owned())),
            );
        }
        self.script
            .push_str(&params.systemctl(&format!("{verb} -- {}", quote(name))));
    }

    fn does(&mut self, verb: &'static str, change: Change) {
        self.words.push(verb);
        self.changes.push(change);
    }
}

impl Module for SystemdService {
    const NAME: &'static str = "systemd_service";
    const ALSO: &'static [&'static str] = &["systemd", "service"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("service", "name"),
        ("unit", "name"),
        ("daemon-reload", "daemon_reload"),
        ("daemon-reexec", "daemon_reexec"),
        ("args", "arguments"),
    ];
    type Params = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let asks = params.state.is_some() || params.enabled.is_some() || params.masked.is_some();
        if params.name.is_none() && asks {
            return Err(Diag::error("`name`, the unit, is missing"));
        }
        if !asks && !params.daemon_reload && !params.daemon_reexec {
            return Err(Diag::error("nothing is asked of systemd")
                .help("set `state`, `enabled`, `masked`, `daemon_reload` or `daemon_reexec`"));
        }
        if params.scope == UnitScope::Global && params.state.is_some() {
            return Err(Diag::error(
                "`scope: global` knows no `state`: it is about what starts, not what runs",
            ));
        }
        if params
            .manager
            .as_deref()
            .is_some_and(|manager| !matches!(manager, "auto" | "systemd"))
        {
            return Err(Diag::error("trueup knows services of systemd only"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let Some(name) = &params.name else {
            return Ok(None);
        };
        let unit = look
            .fact(Unit {
                name: name.clone(),
                scope: params.scope,
            })
            .await?;
        let needs_it = params.state.is_some() || params.enabled.is_some();
        if !unit.exists() && needs_it {
            return Err(ProbeError::Failed(format!(
                "the host has no unit {name}: is its package installed, its unit file in place?"
            )));
        }
        if needs_it && unit.get("LoadState") == "bad-setting" {
            return Err(ProbeError::Failed(format!(
                "systemd can't read the unit {name}: {}",
                unit.get("LoadError")
            )));
        }
        Ok(Some(unit))
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let mut work = Work::default();
        if let (Some(name), Some(unit)) = (&params.name, state) {
            work.enablement(params, name, unit);
            work.running(params, name, unit);
        }
        let mut script = String::new();
        let outdated = state
            .as_ref()
            .is_none_or(|unit| unit.get("NeedDaemonReload") == "yes");
        if params.daemon_reload && (outdated || !work.changes.is_empty()) {
            script.push_str(&params.systemctl("daemon-reload"));
            if outdated {
                work.changes
                    .insert(0, Change::new(Sign::Run, "systemctl daemon-reload"));
                work.acts |= state.is_none();
            }
            work.words.insert(0, "daemon-reload");
        }
        if params.daemon_reexec {
            script.push_str(&params.systemctl("daemon-reexec"));
            work.changes
                .push(Change::new(Sign::Run, "systemctl daemon-reexec"));
            work.words.push("daemon-reexec");
            work.acts = true;
        }
        script.push_str(&work.script);
        let what = format!(
            "{} {}",
            work.words.join(", "),
            params.name.as_deref().unwrap_or_default()
        );
        let steps: Vec<Step> = if script.is_empty() {
            Vec::new()
        } else {
            vec![run(what.trim(), script)]
        };
        let changes = work.changes;
        Ok(if work.acts {
            Plan::Act { changes, steps }
        } else {
            Plan::Converge { changes, steps }
        })
    }

    fn result(
        params: &Params,
        before: &State,
        after: Option<&State>,
        plan: &Plan,
        ran: &[StepOutput],
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran);
        // As in Ansible: that systemd read its files anew is no change of the host.
        result.changed &= plan
            .changes()
            .iter()
            .any(|change| !change.what.starts_with("systemctl daemon-"));
        let known = after.unwrap_or(before).as_ref();
        let status: Map<String, Value> = known
            .map(|unit| {
                unit.properties
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone().into()))
                    .collect()
            })
            .unwrap_or_default();
        if let Some(enabled) = params.enabled {
            result.values.insert("enabled".into(), enabled.into());
        }
        if let Some(state) = params.state {
            let word = if state == Want::Stopped {
                "stopped"
            } else {
                "started"
            };
            result.values.insert("state".into(), word.into());
        }
        result
            .with("name", params.name.clone())
            .with("status", status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{params, planned};
    use crate::step::Action;
    use serde_json::json;

    const RUNS: &str = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\nType=notify\n";
    const STANDS: &str = "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nNeedDaemonReload=no\nType=oneshot\nRemainAfterExit=no\n";

    fn plan(mut args: Value, said: &str) -> Plan {
        args["name"] = "x".into();
        planned::<SystemdService>(args, &[("systemctl", said)]).unwrap()
    }

    fn script(plan: &Plan) -> String {
        match plan.steps() {
            [
                Step {
                    action: Action::Run(script),
                    ..
                },
            ] => script.text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_runs_and_is_enabled_is_left_alone() {
        let plan = plan(
            json!({ "state": "started", "enabled": true, "masked": false, "daemon_reload": true }),
            RUNS,
        );
        assert!(!plan.is_change() && plan.steps().is_empty());
    }

    #[test]
    fn what_stands_is_enabled_and_started_after_the_files_were_read() {
        let said = STANDS.replace("oneshot", "notify");
        let plan = plan(
            json!({ "state": "started", "enabled": true, "daemon_reload": true }),
            &said,
        );
        assert!(matches!(plan, Plan::Converge { .. }));
        assert_eq!(
            script(&plan),
            "systemctl daemon-reload || exit\nsystemctl enable -- x || exit\nsystemctl start -- x || exit\n"
        );
        assert_eq!(plan.changes().len(), 2);
    }

    #[test]
    fn a_restart_and_a_unit_that_runs_once_are_acts() {
        assert!(matches!(
            plan(json!({ "state": "restarted" }), RUNS),
            Plan::Act { .. }
        ));
        assert!(matches!(
            plan(json!({ "state": "started" }), STANDS),
            Plan::Act { .. }
        ));
        let stopped = RUNS.replace("ActiveState=active", "ActiveState=inactive");
        assert!(matches!(
            plan(json!({ "state": "restarted" }), &stopped),
            Plan::Act { .. }
        ));
        let reload = plan(json!({ "state": "reloaded" }), RUNS);
        assert_eq!(
            reload.changes()[0],
            Change::new(Sign::Run, "reload service x")
        );
    }

    #[test]
    fn changed_unit_files_are_read_where_that_is_asked_for() {
        let said = RUNS.replace("NeedDaemonReload=no", "NeedDaemonReload=yes");
        let plan = plan(json!({ "state": "started", "daemon_reload": true }), &said);
        assert_eq!(script(&plan), "systemctl daemon-reload || exit\n");
    }

    #[test]
    fn systemd_reads_its_files_always_where_no_unit_is_named() {
        let plan = planned::<SystemdService>(json!({ "daemon_reload": true }), &[]).unwrap();
        assert!(matches!(plan, Plan::Act { .. }) && plan.is_change());
    }

    #[test]
    fn a_unit_that_is_not_there_is_an_error() {
        let said = "LoadState=not-found\nActiveState=inactive\n";
        let args = json!({ "name": "x", "state": "started" });
        let error = planned::<SystemdService>(args, &[("systemctl", said)]).unwrap_err();
        assert!(error.contains("no unit x"), "{error}");
        let masked = plan(json!({ "masked": true }), said);
        assert_eq!(script(&masked), "systemctl mask -- x || exit\n");
    }

    #[test]
    fn a_task_that_asks_for_nothing_is_refused() {
        assert!(params::<SystemdService>("/".as_ref(), json!({ "name": "x" })).is_err());
        assert!(params::<SystemdService>("/".as_ref(), json!({ "state": "started" })).is_err());
    }
}
