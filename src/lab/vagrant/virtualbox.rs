//! VirtualBox, by `VBoxManage`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::hypervisor::{Machines, Run, Seen};
use crate::lab::{LabError, wait};

/// How long a machine may stay locked by what was done to it before.
const LOCKED: Duration = Duration::from_secs(30);

/// Words of `VBoxManage` while another process still holds a machine's session.
const BUSY: [&str; 3] = ["already locked", "being unlocked", "is not mutable"];

/// The machines of this user's VirtualBox.
pub(super) struct VirtualBox<R>(pub R);

/// What `showvminfo --machinereadable` says of a machine.
#[derive(Debug, PartialEq, Eq)]
struct Info {
    id: String,
    state: String,
    nics: Vec<Nic>,
}

#[derive(Debug, PartialEq, Eq)]
struct Nic {
    number: u8,
    /// Whether it leads out by NAT: Vagrant's own way in.
    nat: bool,
    plugged: bool,
}

impl Info {
    fn read(text: &str) -> Option<Self> {
        let words: BTreeMap<&str, &str> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.trim_matches('"'), value.trim().trim_matches('"')))
            .collect();
        let nics = (1..=36).filter_map(|number| {
            let kind = *words.get(format!("nic{number}").as_str())?;
            (!matches!(kind, "none" | "null")).then(|| Nic {
                number,
                nat: kind == "nat",
                plugged: words.get(format!("cableconnected{number}").as_str()) == Some(&"on"),
            })
        });
        Some(Self {
            id: (*words.get("UUID")?).to_owned(),
            state: (*words.get("VMState")?).to_owned(),
            nics: nics.collect(),
        })
    }

    fn is_on(&self) -> bool {
        !matches!(
            self.state.as_str(),
            "poweroff" | "aborted" | "aborted-saved" | "saved"
        )
    }
}

impl<R: Run> VirtualBox<R> {
    fn info(&self, machine: &str) -> Result<Option<Info>, LabError> {
        match self
            .0
            .run(&["VBoxManage", "showvminfo", machine, "--machinereadable"])
        {
            Ok(text) => match Info::read(&text) {
                Some(info) => Ok(Some(info)),
                None => Err(LabError::Machine(format!(
                    "VBoxManage says nothing of the state of `{machine}`: look at `VBoxManage showvminfo {machine}`"
                ))),
            },
            Err(LabError::Command { said, .. }) if said.contains("VBOX_E_OBJECT_NOT_FOUND") => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn there(&self, machine: &str) -> Result<Info, LabError> {
        self.info(machine)?.ok_or_else(|| gone(machine))
    }

    /// Tells whether the machine was on; one that dies meanwhile was not.
    fn control(&self, machine: &str, words: &[&str]) -> Result<bool, LabError> {
        let words = [&["VBoxManage", "controlvm", machine], words].concat();
        match self.0.run(&words) {
            Ok(_) => Ok(true),
            Err(LabError::Command { said, .. }) if said.contains("is not currently running") => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Says it again while another process holds the machine.
    fn patiently(&self, machine: &str, words: &[&str]) -> Result<(), LabError> {
        let help = || format!("another program works on it: `VBoxManage showvminfo {machine}`");
        let what = format!("the use of `{machine}` by others");
        wait::until(&what, LOCKED, help, || match self.0.run(words) {
            Ok(_) => Ok(true),
            Err(LabError::Command { said, .. }) if BUSY.iter().any(|busy| said.contains(busy)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        })
    }
}

/// A machine that the lab has and VirtualBox has not.
fn gone(machine: &str) -> LabError {
    LabError::Machine(format!(
        "VirtualBox has no machine `{machine}`: make it anew with `trueup lab up`"
    ))
}

fn link(number: u8) -> String {
    format!("setlinkstate{number}")
}

impl<R: Run> Machines for VirtualBox<R> {
    fn look(&self, machine: &str) -> Result<Option<Seen>, LabError> {
        Ok(self.info(machine)?.map(|info| Seen {
            on: info.is_on(),
            linked: info.nics.iter().all(|nic| nic.nat || nic.plugged),
            id: info.id,
        }))
    }

    fn pull_plug(&self, machine: &str) -> Result<(), LabError> {
        let info = self.there(machine)?;
        if !info.is_on() {
            return Ok(());
        }
        for nic in info.nics {
            self.control(machine, &[&link(nic.number), "off"])?;
        }
        self.control(machine, &["poweroff"]).map(drop)
    }

    fn start(&self, machine: &str) -> Result<(), LabError> {
        let info = self.there(machine)?;
        if info.is_on() {
            return Ok(());
        }
        // A cable that was pulled stays so while its machine is off.
        for nic in info.nics.iter().filter(|nic| !nic.plugged) {
            let cable = format!("--cableconnected{}", nic.number);
            self.patiently(machine, &["VBoxManage", "modifyvm", machine, &cable, "on"])?;
        }
        self.patiently(
            machine,
            &["VBoxManage", "startvm", machine, "--type", "headless"],
        )
    }

    fn set_links(&self, machine: &str, up: bool) -> Result<bool, LabError> {
        let info = self.there(machine)?;
        if !info.is_on() {
            return Ok(false);
        }
        let state = if up { "on" } else { "off" };
        for nic in info.nics.iter().filter(|nic| !nic.nat) {
            if !self.control(machine, &[&link(nic.number), state])? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::hypervisor::recording::Recording;
    use super::*;

    const OFF: &str = include_str!("recorded/showvminfo-poweroff.txt");
    const UNPLUGGED: &str = include_str!("recorded/showvminfo-poweroff-cables-off.txt");
    const MISSING: &str = include_str!("recorded/showvminfo-missing.txt");
    const NOT_RUNNING: &str = include_str!("recorded/setlinkstate-not-running.txt");
    const LOOK: &str = "VBoxManage showvminfo";

    /// The same while it runs, which the recording machine could not.
    fn running(recorded: &str) -> &'static str {
        recorded
            .replace("VMState=\"poweroff\"", "VMState=\"running\"")
            .leak()
    }

    #[test]
    fn what_virtualbox_says_is_read() {
        let nic = |number, nat, plugged| Nic {
            number,
            nat,
            plugged,
        };
        assert_eq!(
            Info::read(UNPLUGGED).unwrap(),
            Info {
                id: "d987073b-eebe-40c5-9e59-fd56fb696a88".into(),
                state: "poweroff".into(),
                nics: vec![
                    nic(1, true, true),
                    nic(2, false, false),
                    nic(3, false, false)
                ],
            }
        );
        let look = |answer| {
            VirtualBox(Recording::new(&[(LOOK, answer)]))
                .look("m")
                .unwrap()
        };
        let seen = look(Ok(OFF)).unwrap();
        assert!(!seen.on && seen.linked);
        assert!(!look(Ok(UNPLUGGED)).unwrap().linked);
        assert!(look(Ok(running(OFF))).unwrap().on);
        assert_eq!(look(Err(MISSING)), None);
    }

    #[test]
    fn a_plug_is_pulled_in_silence() {
        let virtualbox = VirtualBox(Recording::new(&[(LOOK, Ok(running(OFF)))]));
        virtualbox.pull_plug("lab-a").unwrap();
        insta::assert_snapshot!(virtualbox.0.calls(), @"
        VBoxManage showvminfo lab-a --machinereadable
        VBoxManage controlvm lab-a setlinkstate1 off
        VBoxManage controlvm lab-a setlinkstate2 off
        VBoxManage controlvm lab-a setlinkstate3 off
        VBoxManage controlvm lab-a poweroff
        ");
        let off = VirtualBox(Recording::new(&[(LOOK, Ok(OFF))]));
        off.pull_plug("lab-a").unwrap();
        assert_eq!(off.0.calls().lines().count(), 1, "it was off already");
    }

    #[test]
    fn a_cut_leaves_vagrants_own_way_in() {
        let virtualbox = VirtualBox(Recording::new(&[(LOOK, Ok(running(OFF)))]));
        assert!(virtualbox.set_links("lab-a", false).unwrap());
        insta::assert_snapshot!(virtualbox.0.calls(), @"
        VBoxManage showvminfo lab-a --machinereadable
        VBoxManage controlvm lab-a setlinkstate2 off
        VBoxManage controlvm lab-a setlinkstate3 off
        ");
        let dying = [
            (LOOK, Ok(running(OFF))),
            ("VBoxManage controlvm", Err(NOT_RUNNING)),
        ];
        assert!(
            !VirtualBox(Recording::new(&dying))
                .set_links("lab-a", true)
                .unwrap()
        );
        let gone = VirtualBox(Recording::new(&[(LOOK, Err(MISSING))]));
        insta::assert_snapshot!(gone.set_links("lab-a", true).unwrap_err(), @"VirtualBox has no machine `lab-a`: make it anew with `trueup lab up`");
    }

    #[test]
    fn power_on_plugs_the_cables_in_and_waits_for_the_lock() {
        let start = "VBoxManage startvm";
        let locked = "VBoxManage: error: The machine 'lab-a' is already locked for a session (or being unlocked)";
        let virtualbox = VirtualBox(Recording::new(&[
            (LOOK, Ok(UNPLUGGED)),
            (start, Err(locked)),
            (start, Ok("")),
        ]));
        virtualbox.start("lab-a").unwrap();
        insta::assert_snapshot!(virtualbox.0.calls(), @"
        VBoxManage showvminfo lab-a --machinereadable
        VBoxManage modifyvm lab-a --cableconnected2 on
        VBoxManage modifyvm lab-a --cableconnected3 on
        VBoxManage startvm lab-a --type headless
        VBoxManage startvm lab-a --type headless
        ");
        let refused = VirtualBox(Recording::new(&[
            (LOOK, Ok(OFF)),
            (start, Err("no /dev/vboxdrv")),
        ]));
        assert!(
            refused
                .start("lab-a")
                .unwrap_err()
                .to_string()
                .contains("no /dev/vboxdrv")
        );
    }
}
