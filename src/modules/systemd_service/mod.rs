//! Services, and systemd's other units.
//!
//! ```yaml
//! - systemd_service: { name: pgpool2, state: started, enabled: true, daemon_reload: true }
//! ```

mod work;

use super::placed::run;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Unit, UnitScope, UnitState};
use crate::step::{Effect, Step, Unit as Becomes};
use serde::Deserialize;
use serde_json::{Map, Value};
use work::Work;

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
#[allow(dead_code)] // What has no effect is only named, so that it is taken.
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
    /// Has no effect: it is for other service managers, and Ansible passes it over with systemd too.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Has no effect: it is for other service managers.
    #[serde(default)]
    pub runlevel: Option<String>,
    /// Has no effect: it is for other service managers.
    #[serde(default)]
    pub arguments: Option<String>,
    /// Has no effect: it is for other service managers.
    #[serde(default)]
    pub sleep: Option<u32>,
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

/// What systemd will say of a unit that a pending task makes is more than what the task makes.
fn unknown(until: String) -> Result<Value, ProbeError> {
    Err(ProbeError::Unknown {
        until,
        why: "systemd says it then".to_owned(),
    })
}

/// The unit, where one is named.
pub type State = Option<UnitState>;

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
    type Ready = Params;
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
            let read = params.daemon_reload || params.daemon_reexec;
            let mut makes = Vec::new();
            if read {
                makes.push(Effect::UnitsRead(params.scope));
            }
            if let (Some(name), true) = (&params.name, work.makes != Becomes::default()) {
                makes.push(Effect::Unit(name.clone(), params.scope, work.makes));
            }
            vec![run(what.trim(), script).making(makes)]
        };
        let changes = work.changes;
        Ok(if work.acts {
            Plan::Act { changes, steps }
        } else {
            Plan::Converge { changes, steps }
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
        let result = result.with("name", params.name.clone());
        match known.and_then(|unit| unit.until.clone()) {
            Some(until) => result.with_known("status", unknown(until)),
            None => result.with("status", status),
        }
    }
}

#[cfg(test)]
mod tests;
