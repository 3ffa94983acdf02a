//! Where a drill takes place: the hosts, and what may be done to each of them.

use super::door::Door;
use super::ground::{Ground, root};
use super::person::Person;
use crate::cluster::spec::ClusterSpec;
use crate::cluster::{HostWords, Reach};
use crate::diag::Diag;
use crate::lab::{Lab, LabSpec};
use crate::model::{Inventory, VarMap};
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The hosts of a cluster that may be broken.
pub struct Site {
    /// The hosts, by ssh.
    pub ground: Ground,
    /// The lab of the inventory, if there is one on this machine.
    pub lab: Option<LabSpec>,
    /// Who pulls the plugs that no command pulls.
    pub person: Option<Person>,
    doors: BTreeMap<String, Door>,
    switches: BTreeMap<String, Switch>,
}

/// Who switches a host's power and network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// The lab's provider.
    Lab,
    /// Commands that run on this machine, where the inventory says them.
    Commands(Commands),
}

/// The commands for a host that is none of the lab's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// `power_off_command`
    pub power_off: Option<String>,
    /// `power_on_command`
    pub power_on: Option<String>,
    /// `cut_command`
    pub cut: Option<String>,
    /// `heal_command`
    pub heal: Option<String>,
    /// `power_environment`: what they need and nobody else may see.
    pub environment: BTreeMap<String, Secret>,
}

impl Site {
    /// The hosts of `spec`. Hosts that are none of a lab's must say `drill_allowed: true`: a drill
    /// pulls plugs and deletes data folders, and must not meet a cluster that somebody lives on.
    pub fn of(
        inventory: &Inventory,
        spec: &ClusterSpec,
        extra: &Arc<VarMap>,
        state: &Path,
        reach: Arc<dyn Reach>,
    ) -> Result<Self, Vec<Diag>> {
        let lab = Lab::open(&inventory.name, None).and_then(|lab| lab.spec());
        let lab = lab.ok();
        // Another inventory may have the lab's name, and a host of it the name of one of the lab's.
        let in_lab = |name: &str, address: Option<String>| {
            let hosts = lab.iter().flat_map(|lab| &lab.hosts);
            hosts
                .filter(|host| host.name == name)
                .any(|host| address == Some(host.address.to_string()))
        };
        let mut switches = BTreeMap::new();
        let mut doors = BTreeMap::new();
        let mut hosts = Vec::new();
        let mut foreign = Vec::new();
        for name in spec.hosts() {
            let words = HostWords::of(inventory, name, extra, state)?;
            let read = || {
                let text = |variable: &str| words.text(variable);
                let declared = text("lab_image")?.is_some();
                let environment = words.texts("power_environment")?.into_iter();
                let switch = if declared && in_lab(name, text("ansible_host")?) {
                    Switch::Lab
                } else {
                    Switch::Commands(Commands {
                        power_off: text("power_off_command")?,
                        power_on: text("power_on_command")?,
                        cut: text("cut_command")?,
                        heal: text("heal_command")?,
                        environment: environment
                            .map(|(name, text)| (name, Secret::new(text)))
                            .collect(),
                    })
                };
                let allowed = words.says_yes("drill_allowed")?;
                Ok((switch, allowed, root(&words)?, Door::of(name, text)?))
            };
            let (switch, allowed, who, door) = read().map_err(|diag: Diag| vec![diag])?;
            if switch != Switch::Lab && !allowed {
                foreign.push(name);
            }
            switches.insert(name.to_owned(), switch);
            doors.insert(name.to_owned(), door);
            hosts.push((name.to_owned(), who));
        }
        if !foreign.is_empty() {
            let says = format!("{} no hosts of a lab on this machine", are(&foreign));
            return Err(vec![Diag::error(says).help(
                "make the lab with `trueup lab up`; or, for hosts on which nothing is that may break, say drill_allowed: true in the inventory",
            )]);
        }
        Ok(Self {
            ground: Ground::new(reach, hosts),
            lab,
            person: None,
            doors,
            switches,
        })
    }

    /// The names of the hosts.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.switches.keys().map(String::as_str)
    }

    /// Who switches the host's power and network.
    pub fn switch(&self, host: &str) -> Option<&Switch> {
        self.switches.get(host)
    }

    /// Where the host lets in whoever logs in.
    pub fn door(&self, host: &str) -> Option<&Door> {
        self.doors.get(host)
    }
}

fn are(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
