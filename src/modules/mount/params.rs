//! What shall be mounted, and how that is done.

use super::State;
use super::fstab::Entry;
use crate::facts::{self, Mount as Standing, is_from};
use crate::modules::Change;
use crate::modules::defaults::yes;
use crate::modules::placed::{self, Placing};
use crate::step::pinned;
use crate::step::{Access, Effect, Mounted, Place, Step};
use serde::Deserialize;

/// What shall be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The fstab names it, and it is mounted.
    Mounted,
    /// It is not mounted, whatever the fstab says.
    Unmounted,
    /// The fstab names it, mounted or not.
    Present,
    /// The fstab does not name it, it is not mounted, and its folder goes.
    Absent,
    /// The same, but that the folder stays.
    AbsentMount,
    /// The fstab does not name it, mounted or not.
    AbsentFromFstab,
    /// It is mounted anew as it stands.
    Remounted,
    /// It is mounted, and the fstab is left alone.
    Ephemeral,
}

/// The parameters of `mount`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Where.
    pub path: String,
    /// What is mounted: a device, a share, with `opts: bind` a folder.
    #[serde(default)]
    pub src: Option<String>,
    /// The file system's kind.
    #[serde(default)]
    pub fstype: Option<String>,
    /// The options, between commas; `defaults` where nothing is said.
    #[serde(default)]
    pub opts: Option<String>,
    /// The options are a secret, and stand for themselves nowhere that is told.
    #[serde(default)]
    pub opts_no_log: bool,
    /// The fifth word of the fstab's line.
    #[serde(default = "zero")]
    pub dump: String,
    /// The sixth.
    #[serde(default = "zero")]
    pub passno: String,
    /// What shall be so.
    pub state: Want,
    /// The fstab.
    #[serde(default = "usual")]
    pub fstab: String,
    /// Whether it is mounted when the machine comes up: where not, `noauto` is among the options.
    #[serde(default = "yes")]
    pub boot: bool,
    /// Keep the fstab that was there.
    #[serde(default)]
    pub backup: bool,
}

fn zero() -> String {
    "0".into()
}

fn usual() -> String {
    "/etc/fstab".into()
}

impl Params {
    pub(super) fn options(&self) -> String {
        let options = self.opts.as_deref().unwrap_or("defaults");
        let off = options.split(',').any(|option| option == "noauto");
        if self.boot || off {
            options.to_owned()
        } else {
            format!("{options},noauto")
        }
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            source: self.source().to_owned(),
            path: self.path.clone(),
            fstype: self.kind().to_owned(),
            options: self.options(),
            dump: self.dump.clone(),
            passno: self.passno.clone(),
        }
    }

    pub(super) fn source(&self) -> &str {
        self.src.as_deref().unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.fstype.as_deref().unwrap_or_default()
    }

    /// What is mounted at the place, where that is what is wanted.
    pub(super) fn stands<'a>(&self, state: &'a State) -> Option<&'a Standing> {
        let mount = facts::mounted(&state.mounts, &state.path)?;
        let options = self.options();
        let binds = options
            .split(',')
            .any(|option| matches!(option, "bind" | "rbind"));
        (!binds || is_from(&state.mounts, mount, self.source())).then_some(mount)
    }

    /// What stands at the place once it is mounted.
    pub(super) fn seen(&self) -> Place {
        if self.kind() != "tmpfs" {
            return Place::Unknown("what is mounted there shows what it holds".to_owned());
        }
        let options = self.options();
        let value = |name: &str| {
            let mut given = options
                .split(',')
                .filter_map(|option| option.split_once('='));
            given
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned())
        };
        let mode = value("mode").and_then(|mode| u32::from_str_radix(&mode, 8).ok());
        Place::Folder(Access {
            owner: Some(value("uid").unwrap_or_else(|| "0".to_owned())),
            group: Some(value("gid").unwrap_or_else(|| "0".to_owned())),
            mode: Some(mode.unwrap_or(0o1777)),
        })
    }

    pub(super) fn makes(&self, path: &str) -> Effect {
        let mounted = Mounted {
            source: self.source().to_owned(),
            fstype: self.kind().to_owned(),
            options: self.options().split(',').map(str::to_owned).collect(),
        };
        Effect::Mount(path.to_owned(), Some(mounted))
    }

    pub(super) fn mount(&self, path: &str) -> Step {
        let options = self.options();
        let mut words = vec!["-t", self.kind()];
        if self.kind().is_empty() || self.kind() == "none" {
            words.clear();
        }
        if options != "defaults" {
            words.extend(["-o", &options]);
        }
        words.push(self.source());
        let step = placed::act(format!("mount {path}"), &pinned::mount(path, &words));
        step.making([self.makes(path), Effect::Path(path.to_owned(), self.seen())])
    }

    /// Mounts what stands there with other options; where that can't be done, takes it away and mounts it.
    pub(super) fn remount(&self, path: &str, standing: &Standing, options: &str) -> Step {
        let again = match options {
            "" | "defaults" => "remount".to_owned(),
            options => format!("remount,{options}"),
        };
        let source = match self.source() {
            "" => &standing.what.source,
            source => source,
        };
        placed::act(
            format!("remount {path}"),
            &pinned::mount(path, &["-o", &again, source]),
        )
    }

    /// What is to be done with the fstab.
    pub(super) fn kept(
        &self,
        state: &State,
        text: &str,
    ) -> Result<(Vec<Change>, Vec<Step>), String> {
        let placing = Placing {
            backup: self.backup,
            ..Placing::default()
        };
        match &state.fstab {
            Some(fstab) if fstab.text.as_deref().unwrap_or_default() != text => {
                fstab.plan(text, &placing)
            }
            _ => Ok((Vec::new(), Vec::new())),
        }
    }
}
