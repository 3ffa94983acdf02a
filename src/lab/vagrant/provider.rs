//! The provider that has Vagrant make virtual machines.

use std::collections::HashSet;
use std::fs;
use std::time::Duration;

use super::hypervisor::{Hypervisor, Machines, Seen};
use super::tool::{self, Tool};
use super::{project, requirements};
use crate::lab::command::run;
use crate::lab::error::Trying;
use crate::lab::files::{remove_tree, write_whole};
use crate::lab::folders::LabFolder;
use crate::lab::record::{self, Maker, Record};
use crate::lab::side_by_side::each;
use crate::lab::{Folders, HostSpec, HostStatus, LabError, LabSpec, Progress, Provider, Tell};
use crate::lab::{keys, reach, wait};

/// How long a machine may take to boot, as in the Vagrantfile: emulated ones take minutes.
const BOOT: Duration = Duration::from_secs(900);

/// Labs of virtual machines.
pub(in crate::lab) struct Vagrant {
    folders: Folders,
}

/// A lab that was made.
struct Made {
    lab: LabSpec,
    folder: LabFolder,
    hypervisor: Hypervisor,
    machines: Box<dyn Machines>,
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

impl Made {
    fn tool(&self) -> Tool<'_> {
        Tool {
            folder: &self.folder,
            lab: &self.lab,
            hypervisor: self.hypervisor,
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.lab.hosts.len()).unwrap_or(u32::MAX)
    }

    /// The host's name in the hypervisor, which is everybody's on this machine.
    fn machine(&self, host: &HostSpec) -> String {
        format!("{}-{}", self.lab.name, host.name)
    }

    fn look(&self, host: &HostSpec) -> Result<Option<Seen>, LabError> {
        self.machines.look(&self.machine(host))
    }

    /// Whether a machine is the one that Vagrant made for this lab.
    fn is_ours(&self, host: &HostSpec, seen: &Seen) -> bool {
        let id = self.folder.vagrant_id(&host.name, self.hypervisor.name());
        fs::read_to_string(id).is_ok_and(|id| id.trim() == seen.id)
    }

    /// Forgets what is known of a machine that is gone, and tells whether the host is on and whole.
    fn stands(&self, host: &HostSpec) -> Result<Stands, LabError> {
        let key = self.folder.host(&host.name).host_key();
        let machine = self.machine(host);
        match self.look(host)? {
            Some(seen) if !self.is_ours(host, &seen) => Err(LabError::Machine(format!(
                "{} has another machine `{machine}`, which is not this lab's: rename or remove that one first",
                self.hypervisor.name()
            ))),
            Some(seen) => Ok(Stands {
                on: seen.on,
                whole: key.exists(),
            }),
            None => {
                let _not_there = fs::remove_file(&key);
                Ok(Stands {
                    on: false,
                    whole: false,
                })
            }
        }
    }

    /// Learns the keys that hosts prove themselves by, over Vagrant's own way in: whoever answers
    /// at a host's address is not asked.
    fn learn_keys(&self, hosts: &[&HostSpec]) -> Result<(), LabError> {
        let config = self.folder.vagrant().join("ssh_config");
        write_whole(&config, &self.tool().ssh_config()?)?;
        for host in hosts {
            let path = self.folder.host(&host.name);
            fs::create_dir_all(path.path()).trying(|| format!("make {}", path.path().display()))?;
            let key = run([
                "ssh",
                "-F",
                &config.to_string_lossy(),
                "-o",
                "BatchMode=yes",
                "-o",
                "ConnectTimeout=20",
                &host.name,
                "cat /etc/ssh/ssh_host_ed25519_key.pub",
            ])?;
            if !key.starts_with("ssh-ed25519 ") {
                return Err(LabError::Machine(format!(
                    "`{}` shows no ed25519 host key, but: {}",
                    host.name,
                    key.trim()
                )));
            }
            write_whole(&path.host_key(), &key)?;
        }
        Ok(())
    }

    fn wait_for(&self, host: &HostSpec) -> Result<(), LabError> {
        let help = || {
            format!(
                "look at its console in {}, or by `vagrant ssh`; `trueup lab heal` plugs its cables in",
                self.hypervisor.name()
            )
        };
        let what = format!("the boot of `{}`", host.name);
        wait::until(&what, BOOT, help, || Ok(reach::ssh_answers(host)))?;
        reach::wait_for_login(&self.folder, host, BOOT, help)
    }

    fn set_links(&self, hosts: &[&str], up: bool) -> Result<(), LabError> {
        for host in self.lab.chosen(hosts)? {
            if !self.machines.set_links(&self.machine(host), up)? {
                return Err(LabError::Off(host.name.clone()));
            }
        }
        Ok(())
    }
}

/// How a host stands before it is brought up.
struct Stands {
    on: bool,
    /// Made to its end once.
    whole: bool,
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
        let made = self.made(lab)?;
        each(&made.lab.hosts.iter().collect::<Vec<_>>(), |host| {
            let seen = made.look(host)?;
            let on = seen.as_ref().is_some_and(|seen| seen.on);
            Ok(HostStatus {
                name: host.name.clone(),
                address: host.address,
                more_addresses: host.more_addresses.clone(),
                image: host.image.name(),
                user: host.login.user(),
                on,
                linked: seen.is_some_and(|seen| seen.linked),
                ssh: on && reach::ssh_answers(host),
            })
        })
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
    use super::super::hypervisor::recording::Recording;
    use super::super::virtualbox::VirtualBox;
    use super::*;
    use crate::lab::spec::tests::{host, lab};

    const OFF: &str = include_str!("recorded/showvminfo-poweroff.txt");
    const MISSING: &str = include_str!("recorded/showvminfo-missing.txt");

    fn made(dir: &tempfile::TempDir, answer: Result<&'static str, &'static str>) -> Made {
        let recording = Recording::new(&[("VBoxManage showvminfo", answer)]);
        Made {
            lab: lab(vec![host("a", 11)]),
            folder: Folders::at(dir.path(), dir.path()).lab("try"),
            hypervisor: Hypervisor::VirtualBox,
            machines: Box::new(VirtualBox(recording)),
        }
    }

    fn put(path: &std::path::Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_machine_that_only_has_the_name_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let lab = made(&dir, Ok(OFF));
        let refused = lab.stands(&lab.lab.hosts[0]).err().unwrap();
        insta::assert_snapshot!(refused, @"virtualbox has another machine `try-a`, which is not this lab's: rename or remove that one first");
        let id = lab.folder.vagrant_id("a", "virtualbox");
        put(&id, "d987073b-eebe-40c5-9e59-fd56fb696a88");
        let stands = lab.stands(&lab.lab.hosts[0]).unwrap();
        assert!(!stands.on && !stands.whole);
    }

    #[test]
    fn the_key_of_a_machine_that_is_gone_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let lab = made(&dir, Err(MISSING));
        let key = lab.folder.host("a").host_key();
        put(&key, "ssh-ed25519 AAAA");
        assert!(!lab.stands(&lab.lab.hosts[0]).unwrap().whole);
        assert!(!key.exists());
    }

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
