//! What systemd says about a unit.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::{Output, UnitScope, quote};
use std::collections::BTreeMap;

/// Asks about a unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub scope: UnitScope,
}

/// The properties of a unit that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitState {
    /// Property -> value.
    pub properties: BTreeMap<String, String>,
    /// Only in a dry run: the task that decides them. Those that it does not make are not known.
    pub until: Option<String>,
}

impl UnitState {
    /// A property; empty when it has no value.
    pub fn get(&self, property: &str) -> &str {
        self.properties
            .get(property)
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// Whether there is such a unit.
    pub fn exists(&self) -> bool {
        self.get("LoadState") != "not-found"
    }

    /// Whether it is masked.
    pub fn masked(&self) -> bool {
        self.get("LoadState") == "masked" || self.get("UnitFileState").starts_with("masked")
    }

    /// Whether it runs or is about to.
    pub fn running(&self) -> bool {
        matches!(
            self.get("ActiveState"),
            "active" | "activating" | "reloading" | "refreshing"
        )
    }

    /// Whether it is on its way down.
    pub fn stopping(&self) -> bool {
        self.get("ActiveState") == "deactivating"
    }

    /// Whether it is started at boot, as far as that can be decided by `enable` and `disable`.
    pub fn enabled(&self) -> bool {
        matches!(
            self.get("UnitFileState"),
            "enabled" | "static" | "generated" | "linked" | "transient"
        )
    }

    /// Whether `disable` could do anything about it.
    pub fn can_be_disabled(&self) -> bool {
        !matches!(
            self.get("UnitFileState"),
            "static" | "generated" | "transient"
        )
    }
}

const PROPERTIES: &str = "Id,Names,Description,Type,RemainAfterExit,LoadState,LoadError,ActiveState,SubState,Result,\
                          MainPID,UnitFileState,UnitFilePreset,FragmentPath,DropInPaths,NeedDaemonReload,CanReload,\
                          ActiveEnterTimestamp,ExecMainStatus";

impl Question for Unit {
    type Answer = UnitState;

    fn ask(&self) -> Ask {
        Ask::live(format!(
            "LC_ALL=C {} show --no-pager -p {PROPERTIES} -- {}",
            self.scope.systemctl(),
            quote(&self.name)
        ))
    }

    fn read(&self, output: &Output) -> Result<UnitState, ProbeError> {
        let pairs = output.out();
        let properties: BTreeMap<String, String> = pairs
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if output.ok() && properties.contains_key("LoadState") {
            Ok(UnitState {
                properties,
                until: None,
            })
        } else {
            Err(ProbeError::answer(
                &format!("ask systemd about {}", self.name),
                output,
            ))
        }
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        match self.ask() {
            Ask::Shell { script, .. } => {
                Ask::live(script.text + &pending.also_asks(&self.name, self.scope))
            }
            other => other,
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.unit(&self.name, self.scope, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_unit_is_read() {
        let text = "Type=notify\nId=ssh.service\nLoadState=loaded\nActiveState=active\nSubState=running\n\
                    Description=OpenBSD Secure Shell server\nUnitFileState=enabled\nLoadError=\n";
        let unit = Unit {
            name: "sshd".into(),
            scope: UnitScope::System,
        };
        let state = unit
            .read(&Output {
                stdout: text.into(),
                ..Output::default()
            })
            .unwrap();
        assert!(state.exists() && state.running() && state.enabled() && !state.masked());
    }

    #[test]
    fn no_systemd_is_an_error_and_no_state() {
        let unit = Unit {
            name: "sshd".into(),
            scope: UnitScope::System,
        };
        let stderr =
            b"System has not been booted with systemd as init system (PID 1). Can't operate.\n"
                .to_vec();
        let error = unit
            .read(&Output {
                status: 1,
                stderr,
                ..Output::default()
            })
            .unwrap_err();
        assert!(
            error.to_string().contains("not been booted with systemd"),
            "{error}"
        );
    }
}
