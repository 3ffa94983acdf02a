//! What a lab is, as it was last brought up: `lab.json` in its folder.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Trying;
use super::files::write_whole;
use super::folders::LabFolder;
use super::vagrant::Hypervisor;
use super::{HostSpec, LabError, LabSpec, VmSpec};

/// Who makes a lab's hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Maker {
    /// Containers of this machine, which need root. Labs that say nothing are of these.
    #[default]
    Containers,
    /// Virtual machines by Vagrant.
    Vagrant,
}

/// A lab and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    pub(super) provider: Maker,
    /// Vagrant's provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hypervisor: Option<Hypervisor>,
    #[serde(flatten)]
    pub(super) lab: LabSpec,
}

impl Record {
    pub(super) fn of_containers(lab: &LabSpec) -> Self {
        Self {
            provider: Maker::Containers,
            hypervisor: None,
            lab: lab.clone(),
        }
    }
}

impl Maker {
    /// All, the usual one first.
    pub const ALL: [Self; 2] = [Self::Containers, Self::Vagrant];

    /// Its name in inventories.
    pub fn name(self) -> &'static str {
        match self {
            Self::Containers => "containers",
            Self::Vagrant => "vagrant",
        }
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Maker {
    type Err = LabError;

    fn from_str(text: &str) -> Result<Self, LabError> {
        let found = Self::ALL.into_iter().find(|maker| maker.name() == text);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(" or ");
            LabError::Spec(format!("there is no lab provider `{text}`: use {known}"))
        })
    }
}

/// Reads it, if the lab was made.
pub(super) fn read(folder: &LabFolder) -> Result<Option<Record>, LabError> {
    let path = folder.spec();
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).trying(|| format!("read {}", path.display()))?;
    let record = serde_json::from_str(&text).map_err(|error| {
        LabError::Spec(format!(
            "{} can't be read ({error}): another version wrote it; remove that lab with the version that made it",
            path.display()
        ))
    })?;
    Ok(Some(record))
}

/// Writes it down.
pub(super) fn write(folder: &LabFolder, record: &Record) -> Result<(), LabError> {
    let text =
        serde_json::to_string_pretty(record).map_err(|error| LabError::Spec(error.to_string()))?;
    write_whole(&folder.spec(), &text)
}

/// A lab may grow; what is there stays as it was made.
pub(super) fn refuse_changed(before: &LabSpec, now: &LabSpec) -> Result<(), LabError> {
    let changed = if before.subnet == now.subnet {
        let made: Vec<HostSpec> = now.hosts.iter().map(as_made).collect();
        before
            .hosts
            .iter()
            .find(|host| !made.contains(&as_made(host)))
            .map(|host| format!("host `{}`", host.name))
    } else {
        Some("network".into())
    };
    match changed {
        None => Ok(()),
        Some(what) => Err(LabError::Spec(format!(
            "the {what} of the lab `{}` is not what it was when the lab was made: destroy the lab first",
            now.name
        ))),
    }
}

/// What of a host can't change any more: memory and processors are given anew at each boot.
fn as_made(host: &HostSpec) -> HostSpec {
    let vm = VmSpec {
        box_name: host.vm.box_name.clone(),
        ..VmSpec::default()
    };
    HostSpec { vm, ..host.clone() }
}

/// Holds the lab for a change of what it is (`alone`) or of what its hosts do.
pub(super) fn lock(folder: &LabFolder, alone: bool) -> Result<File, LabError> {
    let path = folder.path();
    loop {
        let file = File::open(path).trying(|| format!("open {}", path.display()))?;
        if alone {
            file.lock()
        } else {
            file.lock_shared()
        }
        .trying(|| format!("lock {}", path.display()))?;
        // While we waited the lab may have been destroyed, and made again by another.
        let held = file
            .metadata()
            .trying(|| format!("look at {}", path.display()))?
            .ino();
        if fs::metadata(path).is_ok_and(|now| now.ino() == held) {
            return Ok(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As an older version wrote it.
    const OLD: &str = r#"{
      "name": "try", "subnet": "10.77.1.0/24",
      "hosts": [{"name": "a", "address": "10.77.1.11", "image": "debian-13", "login": "sudo", "disk_limit": null}]
    }"#;

    #[test]
    fn a_record_that_names_no_provider_is_of_containers() {
        let record: Record = serde_json::from_str(OLD).unwrap();
        assert_eq!(record, Record::of_containers(&record.lab));
        let written = serde_json::to_string(&record).unwrap();
        assert!(written.starts_with(r#"{"provider":"containers","name":"try""#));
        assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), record);
    }

    #[test]
    fn a_host_may_get_more_memory_and_nothing_else() {
        let before = serde_json::from_str::<Record>(OLD).unwrap().lab;
        let changed = |change: &dyn Fn(&mut HostSpec)| {
            let mut now = before.clone();
            change(&mut now.hosts[0]);
            refuse_changed(&before, &now).map_err(|error| error.to_string())
        };
        assert_eq!(changed(&|host| host.vm.memory = 4096), Ok(()));
        let refused = changed(&|host| host.vm.box_name = Some("mine".into()));
        insta::assert_snapshot!(refused.unwrap_err(), @"the host `a` of the lab `try` is not what it was when the lab was made: destroy the lab first");
        assert!(changed(&|host| host.name = "b".into()).is_err());
    }
}
