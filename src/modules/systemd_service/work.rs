//! What a unit needs so that it is as declared.

use super::{Params, Want};
use crate::facts::UnitState;
use crate::modules::{Change, Sign};
use crate::step::{Unit, quote};

/// What is planned for a unit.
#[derive(Default)]
pub(super) struct Work {
    pub(super) changes: Vec<Change>,
    pub(super) script: String,
    pub(super) words: Vec<&'static str>,
    /// What it makes of the unit.
    pub(super) makes: Unit,
    /// Its effect can't be seen afterwards.
    pub(super) acts: bool,
}

impl Work {
    pub(super) fn enablement(&mut self, params: &Params, name: &str, unit: &UnitState) {
        let word =
            |on: bool, yes: &str, no: &str| Some(if on { yes.to_owned() } else { no.to_owned() });
        let what = format!("service {name}");
        if let Some(masked) = params.masked.filter(|masked| *masked != unit.masked()) {
            let verb = if masked { "mask" } else { "unmask" };
            self.makes.masked = Some(masked);
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
            self.makes.enabled = Some(enabled);
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

    pub(super) fn running(&mut self, params: &Params, name: &str, unit: &UnitState) {
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
        // It was done by then, and is down.
        self.makes.active = Some(verb != "stop" && !once);
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
