//! The provider that has Vagrant make virtual machines.

use std::collections::HashSet;
use std::fs;

use super::hypervisor::Hypervisor;
use super::made::Made;
use super::{project, requirements, tool};
use crate::lab::error::Trying;
use crate::lab::files::remove_tree;
use crate::lab::keys;
use crate::lab::record::{self, Maker, Record};
use crate::lab::side_by_side::each;
use crate::lab::{Folders, HostSpec, HostStatus, LabError, LabSpec, Progress, Provider, Tell};

/// Labs of virtual machines.
pub(in crate::lab) struct Vagrant {
    folders: Folders,
}

impl Vagrant {
    /// Labs of these folders.
    pub(in crate::lab) fn of(folders: Folders) -> Self {
        Self { folders }
    }

    fn made(&self, lab: &str) -> Result<Made, LabError> {
        let folder = self.folders.lab(lab);
        let record = record::read(&folder)?.ok_or_else(|| LabError::NoLab(lab.into()))?;
        let hypervisor = record.hypervisor.unwrap_or(Hypervisor::VirtualBox);
        requirements::tools(hypervisor, requirements::has)?;
        Ok(Made {
            lab: record.lab,
            folder,
            hypervisor,
            machines: hypervisor.machines(),
        })
    }
}

/// The hypervisor of a lab: as it was made, else as Vagrant's own variable says.
fn hypervisor(before: Option<&Record>, said: Option<&str>) -> Result<Hypervisor, LabError> {
    let chosen = Hypervisor::chosen(said);
    match before.and_then(|record| record.hypervisor) {
        None => chosen,
        Some(made) if said.is_none() || chosen.as_ref().is_ok_and(|chosen| *chosen == made) => {
            Ok(made)
        }
        Some(made) => Err(LabError::Machine(format!(
            "the lab's machines are {}'s, and VAGRANT_DEFAULT_PROVIDER says `{}`: unset it, or destroy the lab first",
            made.name(),
            said.unwrap_or_default()
        ))),
    }
}

impl Provider for Vagrant {
    fn up(&self, lab: &LabSpec, tell: Tell<'_>) -> Result<(), LabError> {
        lab.validate()?;
        let folder = self.folders.lab(&lab.name);
        let before = record::read(&folder)?;
        let said = std::env::var("VAGRANT_DEFAULT_PROVIDER").ok();
        let hypervisor = hypervisor(before.as_ref(), said.as_deref())?;
        requirements::check(hypervisor, lab)?;
        fs::create_dir_all(folder.path()).trying(|| format!("make {}", folder.path().display()))?;
        let _lock = record::lock(&folder, true)?;
        if let Some(before) = record::read(&folder)? {
            record::refuse_changed(&before.lab, lab)?;
        }
        let made = Made {
            lab: lab.clone(),
            folder: folder.clone(),
            hypervisor,
            machines: hypervisor.machines(),
        };
        let hosts: Vec<&HostSpec> = lab.hosts.iter().collect();
        let before = each(&hosts, |host| made.stands(host))?;
        // From here on there is something to destroy, so what it is must be known.
        record::write(
            &folder,
            &Record {
                provider: Maker::Vagrant,
                hypervisor: Some(hypervisor),
                lab: lab.clone(),
            },
        )?;
        keys::ensure_key(&folder, lab)?;
        project::write(&folder, lab)?;
        let whole = before.iter().all(|host| host.whole);
        if !whole || before.iter().any(|host| !host.on) {
            made.tool().up(made.count(), !whole, tool::telling(tell))?;
        }
        let stood = || hosts.iter().copied().zip(&before);
        let new: Vec<&HostSpec> = stood()
            .filter(|(_, before)| !before.whole)
            .map(|(host, _)| host)
            .collect();
        if !new.is_empty() {
            made.learn_keys(&new)?;
        }
        keys::write_access(&folder, lab)?;
        let running: HashSet<&str> = stood()
            .filter(|(_, before)| before.on)
            .map(|(host, _)| host.name.as_str())
            .collect();
        each(&hosts, |host| {
            made.wait_for(host)?;
            let name = host.name.clone();
            tell(if running.contains(host.name.as_str()) {
                Progress::AlreadyUp(name)
            } else {
                Progress::Up(name)
            });
            Ok(())
        })
        .map(drop)
    }

    fn down(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        let made = self.made(lab)?;
        let _lock = record::lock(&made.folder, true)?;
        let hosts = made.lab.chosen(hosts)?;
        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        made.tool().halt(&names, tool::telling(tell))?;
        for name in names {
            tell(Progress::Off(name.into()));
        }
        Ok(())
    }

    fn destroy(&self, lab: &str, tell: Tell<'_>) -> Result<(), LabError> {
        let folder = self.folders.lab(lab);
        if !folder.path().exists() {
            return Ok(());
        }
        let _lock = record::lock(&folder, true)?;
        if folder.vagrant_state().exists() {
            let made = self.made(lab)?;
            // This version's, which an older one may not have written.
            project::write(&folder, &made.lab)?;
            // One that still boots makes Vagrant's plugin for libvirt wait for its address.
            for host in &made.lab.hosts {
                if made.stands(host).is_ok_and(|stands| stands.on) {
                    made.machines.pull_plug(&made.machine(host))?;
                }
            }
            made.tool().destroy(made.count(), tool::telling(tell))?;
            for host in &made.lab.hosts {
                tell(Progress::Off(host.name.clone()));
            }
            if made.hypervisor == Hypervisor::VirtualBox {
                tell(Progress::Left(
                    "the boxes and the masters of their clones stay with Vagrant, for the next lab: `vagrant box list`, `VBoxManage list vms`"
                        .into(),
                ));
            }
        }
        remove_tree(folder.path())
    }

    fn status(&self, lab: &str) -> Result<Vec<HostStatus>, LabError> {
        self.made(lab)?.status()
    }

    fn poweroff(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        let made = self.made(lab)?;
        let _lock = record::lock(&made.folder, false)?;
        each(&made.lab.chosen(hosts)?, |host| {
            made.machines.pull_plug(&made.machine(host))?;
            tell(Progress::Off(host.name.clone()));
            Ok(())
        })
        .map(drop)
    }

    fn poweron(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError> {
        let made = self.made(lab)?;
        let _lock = record::lock(&made.folder, false)?;
        let hosts = made.lab.chosen(hosts)?;
        for host in &hosts {
            made.machines.start(&made.machine(host))?;
            tell(Progress::Booting(host.name.clone()));
        }
        each(&hosts, |host| {
            made.wait_for(host)?;
            tell(Progress::Up(host.name.clone()));
            Ok(())
        })
        .map(drop)
    }

    fn cut(&self, lab: &str, hosts: &[&str]) -> Result<(), LabError> {
        self.made(lab)?.set_links(hosts, false)
    }

    fn heal(&self, lab: &str, hosts: &[&str]) -> Result<(), LabError> {
        self.made(lab)?.set_links(hosts, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::spec::tests::{host, lab};

    #[test]
    fn a_lab_stays_with_its_hypervisor() {
        let record = Record {
            provider: Maker::Vagrant,
            hypervisor: Some(Hypervisor::Libvirt),
            lab: lab(vec![host("a", 11)]),
        };
        let chosen = |said| hypervisor(Some(&record), said);
        assert_eq!(chosen(None).unwrap(), Hypervisor::Libvirt);
        assert_eq!(chosen(Some("libvirt")).unwrap(), Hypervisor::Libvirt);
        insta::assert_snapshot!(chosen(Some("virtualbox")).unwrap_err(), @"the lab's machines are libvirt's, and VAGRANT_DEFAULT_PROVIDER says `virtualbox`: unset it, or destroy the lab first");
        assert_eq!(hypervisor(None, None).unwrap(), Hypervisor::VirtualBox);
        insta::assert_snapshot!(hypervisor(None, Some("vmware")).unwrap_err(), @"VAGRANT_DEFAULT_PROVIDER is `vmware`, and trueup can break machines of virtualbox and libvirt only");
    }
}
