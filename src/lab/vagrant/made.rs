//! A lab of virtual machines as it stands: what Vagrant and the hypervisor know of its hosts.

use std::fs;
use std::time::Duration;

use super::hypervisor::{Hypervisor, Machines, Seen};
use super::tool::Tool;
use crate::lab::command::run;
use crate::lab::error::Trying;
use crate::lab::files::write_whole;
use crate::lab::folders::LabFolder;
use crate::lab::side_by_side::each;
use crate::lab::{HostSpec, HostStatus, LabError, LabSpec, reach, wait};

/// How long a machine may take to boot, as in the Vagrantfile: emulated ones take minutes.
const BOOT: Duration = Duration::from_secs(900);

/// A lab that was made.
pub(super) struct Made {
    pub lab: LabSpec,
    pub folder: LabFolder,
    pub hypervisor: Hypervisor,
    pub machines: Box<dyn Machines>,
}

impl Made {
    pub(super) fn tool(&self) -> Tool<'_> {
        Tool {
            folder: &self.folder,
            lab: &self.lab,
            hypervisor: self.hypervisor,
        }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.lab.hosts.len()).unwrap_or(u32::MAX)
    }

    /// The host's name in the hypervisor, which is everybody's on this machine.
    pub(super) fn machine(&self, host: &HostSpec) -> String {
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
    pub(super) fn stands(&self, host: &HostSpec) -> Result<Stands, LabError> {
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

    /// How the hosts are now.
    pub(super) fn status(&self) -> Result<Vec<HostStatus>, LabError> {
        each(&self.lab.hosts.iter().collect::<Vec<_>>(), |host| {
            let seen = self.look(host)?;
            let on = seen.as_ref().is_some_and(|seen| seen.on);
            Ok(HostStatus {
                name: host.name.clone(),
                address: host.address,
                more_addresses: host.more_addresses.clone(),
                image: host.image.name(),
                user: host.login.user(),
                made: seen.is_some(),
                on,
                linked: seen.is_some_and(|seen| seen.linked),
                ssh: on && reach::ssh_answers(host),
            })
        })
    }

    /// Learns the keys that hosts prove themselves by, over Vagrant's own way in: whoever answers
    /// at a host's address is not asked.
    pub(super) fn learn_keys(&self, hosts: &[&HostSpec]) -> Result<(), LabError> {
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

    pub(super) fn wait_for(&self, host: &HostSpec) -> Result<(), LabError> {
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

    pub(super) fn set_links(&self, hosts: &[&str], up: bool) -> Result<(), LabError> {
        for host in self.lab.chosen(hosts)? {
            if !self.machines.set_links(&self.machine(host), up)? {
                return Err(LabError::Off(host.name.clone()));
            }
        }
        Ok(())
    }
}

/// How a host stands before it is brought up.
pub(super) struct Stands {
    pub on: bool,
    /// Made to its end once.
    pub whole: bool,
}

#[cfg(test)]
mod tests {
    use super::super::hypervisor::recording::Recording;
    use super::super::virtualbox::VirtualBox;
    use super::*;
    use crate::lab::Folders;
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
    fn a_machine_that_was_never_made_is_not_off() {
        let dir = tempfile::tempdir().unwrap();
        let host = |answer| made(&dir, answer).status().unwrap().remove(0);
        let (off, missing) = (host(Ok(OFF)), host(Err(MISSING)));
        assert!(off.made && !off.on);
        assert!(!missing.made && !missing.on);
    }
}
