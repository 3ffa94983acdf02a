//! Units of systemd's, as pending effects leave them.

use super::super::contents::Contents;
use super::super::{ProbeError, UnitScope, UnitState};
use super::unit_file::{SYSTEM, Text, USER, template, whole};
use super::{Foreseen, Pending};
use crate::step::{Effect, Holds, Place, Unit};
use crate::yaml::truth;

/// What a path is to a unit.
#[derive(Clone, Copy)]
enum Role {
    /// Its file.
    File,
    /// A file that adds to it, or the folder of these.
    DropIn,
    /// What says that something wants it.
    Wants,
}

/// A unit as it becomes.
struct Becoming {
    /// All its names, the first of them whole.
    names: Vec<String>,
    scope: UnitScope,
    now: Result<UnitState, ProbeError>,
}

impl Becoming {
    fn set(&mut self, property: &str, value: &str) {
        if let Ok(unit) = &mut self.now {
            unit.properties
                .insert(property.to_owned(), value.to_owned());
        }
    }

    fn is(&self, property: &str, value: &str) -> bool {
        self.now
            .as_ref()
            .is_ok_and(|unit| unit.get(property) == value)
    }

    fn exists(&self) -> bool {
        self.now.as_ref().is_ok_and(UnitState::exists)
    }

    fn unknown(&mut self, pending: &Pending, why: &str) {
        self.now = Err(pending.unknown(why));
    }

    /// A unit that was not there.
    fn there(&mut self) {
        if self.now.as_ref().is_ok_and(|unit| !unit.exists()) {
            self.now = Ok(UnitState::default());
            let name = self.names[0].clone();
            for (property, value) in [
                ("Id", name.as_str()),
                ("Names", name.as_str()),
                ("ActiveState", "inactive"),
                ("SubState", "dead"),
                ("UnitFileState", "disabled"),
                ("NeedDaemonReload", "no"),
            ] {
                self.set(property, value);
            }
        }
        if !self.is("LoadState", "masked") {
            self.set("LoadState", "loaded");
        }
    }

    fn role(&self, path: &str, home: Option<&str>) -> Option<Role> {
        let folders = match self.scope {
            UnitScope::System => &SYSTEM[..],
            UnitScope::User | UnitScope::Global => &USER[..],
        };
        let own = home.map(|home| format!("{home}/.config/systemd/user"));
        let inside = folders
            .iter()
            .copied()
            .chain(own.as_deref())
            .find_map(|folder| path.strip_prefix(folder)?.strip_prefix('/'))?;
        let is = |name: &str| {
            self.names
                .iter()
                .any(|own| own == name || template(own).as_deref() == Some(name))
        };
        let Some((folder, name)) = inside.split_once('/') else {
            let folder = inside.strip_suffix(".d");
            return match folder {
                Some(unit) if is(unit) => Some(Role::DropIn),
                _ => is(inside).then_some(Role::File),
            };
        };
        let kind = self.names[0].rsplit_once('.').map(|(_, kind)| kind);
        match folder.strip_suffix(".d") {
            Some(unit) => (is(unit) || Some(unit) == kind).then_some(Role::DropIn),
            None if folder.contains(".wants") || folder.contains(".requires") => self
                .names
                .iter()
                .any(|own| own == name)
                .then_some(Role::Wants),
            None => None,
        }
    }

    /// The effect of what is put in the place of its file.
    fn file(&mut self, path: &str, place: &Place, pending: &Pending) {
        match place {
            Place::File(Holds::Bytes(bytes), _) => {
                let text = String::from_utf8_lossy(bytes);
                self.written(path, &Text { text: &text });
            }
            Place::File(..) | Place::Unknown(_) | Place::Twin(_) => {
                self.unknown(pending, "what its unit file will hold is not known");
            }
            Place::Link(target) if target == "/dev/null" => self.masked(true, pending),
            Place::Link(_) => self.unknown(pending, "its unit file becomes a link"),
            Place::Nothing => self.removed(pending),
            Place::Folder(_)
            | Place::Folders(_)
            | Place::Access(_)
            | Place::Something
            | Place::Brought => {}
        }
    }

    /// A file of its own changes. systemd reads it anew by itself where it does not keep the unit in
    /// its memory.
    fn outdated(&mut self) {
        let known = self.now.as_ref().is_ok_and(UnitState::exists);
        if known && (!self.is("ActiveState", "inactive") || self.is("UnitFileState", "enabled")) {
            self.set("NeedDaemonReload", "yes");
        }
    }

    fn written(&mut self, path: &str, text: &Text<'_>) {
        self.outdated();
        self.there();
        self.set("FragmentPath", path);
        if !self.is("UnitFileState", "enabled") && !self.is("UnitFileState", "masked") {
            self.set(
                "UnitFileState",
                if text.installs() {
                    "disabled"
                } else {
                    "static"
                },
            );
        }
        if self.names[0].ends_with(".service") {
            let kind = match (
                text.last("Service", "Type"),
                text.last("Service", "ExecStart"),
            ) {
                (Some(kind), _) => kind,
                (None, None) => "oneshot",
                (None, Some(_)) if text.last("Service", "BusName").is_some() => "dbus",
                (None, Some(_)) => "simple",
            };
            self.set("Type", kind);
            let remains = text.last("Service", "RemainAfterExit").unwrap_or_default();
            // systemd's words for a boolean are Ansible's.
            let remains = truth(remains) == Some(true);
            self.set("RemainAfterExit", if remains { "yes" } else { "no" });
        }
    }

    /// It may come with a package.
    fn comes(&mut self, package: &Contents, pending: &Pending) {
        let file = |(path, _): &(&String, _)| matches!(self.role(path, None), Some(Role::File));
        match package.paths.iter().find(file) {
            Some((path, brought)) if package.whole => self.file(path, &brought.place, pending),
            Some(_) => self.unknown(
                pending,
                "it comes with the package, and whether it starts is up to its scripts",
            ),
            None => {}
        }
    }

    fn removed(&mut self, pending: &Pending) {
        let vendor = self
            .now
            .as_ref()
            .is_ok_and(|unit| !unit.get(VENDOR).is_empty());
        if vendor {
            self.unknown(pending, "another unit file of this name comes to light");
        } else if self.is("ActiveState", "inactive") {
            self.now = Ok(UnitState::default());
            self.set("LoadState", "not-found");
            self.set("ActiveState", "inactive");
        } else {
            self.set("NeedDaemonReload", "yes");
        }
    }

    fn masked(&mut self, masked: bool, pending: &Pending) {
        match (masked, self.is("LoadState", "masked")) {
            (true, _) => {
                if self.now.as_ref().is_ok_and(|unit| !unit.exists()) {
                    self.there();
                    self.set(BENEATH, "not-found");
                } else if let Ok(unit) = &self.now {
                    let beneath =
                        format!("{} {}", unit.get("LoadState"), unit.get("UnitFileState"));
                    self.set(BENEATH, &beneath);
                }
                self.set("LoadState", "masked");
                self.set("UnitFileState", "masked");
            }
            (false, true) => {
                let beneath = self.now.as_ref().map(|unit| unit.get(BENEATH).to_owned());
                match beneath.unwrap_or_default().split_once(' ') {
                    Some((load, file)) => {
                        self.set("LoadState", load);
                        self.set("UnitFileState", file);
                    }
                    None => self.unknown(pending, "what it is shows once it is not masked"),
                }
            }
            (false, false) => {}
        }
    }

    fn lay(&mut self, unit: Unit, pending: &Pending) {
        if let Some(masked) = unit.masked {
            self.masked(masked, pending);
        }
        if (unit.enabled, unit.active) == (None, None) && unit.masked.is_some() {
            return;
        }
        self.there();
        if let (Some(enabled), false) = (unit.enabled, self.is("UnitFileState", "static")) {
            let word = if enabled { "enabled" } else { "disabled" };
            if self.is("LoadState", "masked") {
                // Whoever brings it does so under the mask.
                self.set(BENEATH, &format!("loaded {word}"));
            } else {
                self.set("UnitFileState", word);
            }
        }
        match unit.active {
            Some(true) => {
                self.set("ActiveState", "active");
                self.set("SubState", "running");
            }
            Some(false) => {
                self.set("ActiveState", "inactive");
                self.set("SubState", "dead");
            }
            None => {}
        }
    }
}

/// A property of ours: another unit file of the same name, which one that goes leaves.
const VENDOR: &str = "trueup-vendor";
/// A property of ours: what a unit is under its mask.
const BENEATH: &str = "trueup-beneath";

impl Foreseen {
    /// Lines that say whether a unit whose file goes has another one.
    pub fn also_asks(&self, name: &str, scope: UnitScope) -> String {
        let name = whole(name);
        let own = |folder: &&&str| {
            self.paths().any(|(_, path, place)| {
                matches!(place, Place::Nothing) && *path == format!("{folder}/{name}")
            })
        };
        let folders = match scope {
            UnitScope::System => &SYSTEM[..],
            UnitScope::User | UnitScope::Global => &USER[..],
        };
        if !folders.iter().any(|folder| own(&folder)) {
            return String::new();
        }
        let others = folders.iter().filter(|folder| !own(folder));
        let paths: Vec<String> = others
            .map(|folder| crate::step::quote(&format!("{folder}/{name}")))
            .collect();
        format!(
            "\nfor p in {}; do if [ -e \"$p\" ]; then echo \"{VENDOR}=$p\"; fi; done",
            paths.join(" ")
        )
    }

    /// The unit that is called so once it is enabled, as its file says.
    fn alias(&self, name: &str) -> Option<&str> {
        self.paths().find_map(|(_, path, place)| {
            let Place::File(Holds::Bytes(bytes), _) = place else {
                return None;
            };
            let (folder, unit) = path.rsplit_once('/')?;
            let is_unit = SYSTEM.contains(&folder) || USER.contains(&folder);
            let text = String::from_utf8_lossy(bytes);
            (is_unit && unit != name && Text { text: &text }.is_alias(name)).then_some(unit)
        })
    }

    /// What a unit will be.
    pub fn unit(
        &self,
        name: &str,
        scope: UnitScope,
        now: Result<UnitState, ProbeError>,
    ) -> Result<UnitState, ProbeError> {
        let first = whole(name);
        if let (Ok(false), Some(unit)) = (now.as_ref().map(UnitState::exists), self.alias(&first)) {
            let unit = self.unit(unit, scope, now.clone())?;
            return if unit.enabled() { Ok(unit) } else { now };
        }
        let mut names = vec![first];
        if let Ok(unit) = &now {
            names.extend(unit.get("Names").split_whitespace().map(str::to_owned));
        }
        let home = match scope {
            UnitScope::User => {
                let nowhere = Err(ProbeError::Failed(String::new()));
                self.home("", nowhere).ok().or_else(|| match &*self.asker {
                    "" => None,
                    "root" => Some("/root".to_owned()),
                    user => Some(format!("/home/{user}")),
                })
            }
            _ => None,
        };
        let mut unit = Becoming { names, scope, now };
        let mut last = None;
        for pending in &*self.pending {
            match &pending.effect {
                Effect::Path(path, place) => match unit.role(path, home.as_deref()) {
                    Some(Role::File) => unit.file(path, place, pending),
                    Some(Role::DropIn)
                        if !matches!(
                            place,
                            Place::Access(_) | Place::Folders(_) | Place::Folder(_)
                        ) =>
                    {
                        unit.outdated();
                    }
                    Some(Role::Wants) if matches!(place, Place::Link(_)) => {
                        unit.set("UnitFileState", "enabled");
                    }
                    _ => continue,
                },
                Effect::Unit(name, whose, becomes) if unit.is_called(name, *whose) => {
                    unit.lay(*becomes, pending);
                }
                Effect::UnitsRead(whose)
                    if *whose == scope && unit.is("NeedDaemonReload", "yes") =>
                {
                    unit.set("NeedDaemonReload", "no");
                }
                Effect::Package(..) if !unit.exists() => match self.contents(pending) {
                    Some(known) => unit.comes(known, pending),
                    None => continue,
                },
                _ => continue,
            }
            last = Some(pending);
        }
        let mut unit = unit.now?;
        if let (false, Some(unknown)) = (unit.exists(), self.brings_unit(name)) {
            return Err(unknown);
        }
        unit.properties.remove(VENDOR);
        unit.properties.remove(BENEATH);
        unit.until = last.map(|pending| pending.until.to_string());
        Ok(unit)
    }
}

impl Becoming {
    fn is_called(&self, name: &str, scope: UnitScope) -> bool {
        self.scope == scope && self.names.contains(&whole(name))
    }
}
