//! libvirt, by virsh.

use super::hypervisor::{Machines, Run, Seen};
use crate::lab::LabError;

/// The network by which Vagrant itself reaches its machines.
const VAGRANTS: &str = "vagrant-libvirt";

/// The machines of this machine's libvirt.
pub(super) struct Libvirt<R>(pub R);

/// A cable, known by the address of its network card.
#[derive(Debug, PartialEq, Eq)]
struct Cable {
    mac: String,
    network: String,
}

impl<R: Run> Libvirt<R> {
    fn virsh(&self, words: &[&str]) -> Result<String, LabError> {
        // Without it an unprivileged virsh asks another libvirt than Vagrant does.
        let words = [&["virsh", "--connect", "qemu:///system"], words].concat();
        self.0.run(&words)
    }

    /// The machine's state; none if there is no such machine.
    fn state(&self, machine: &str) -> Result<Option<String>, LabError> {
        match self.virsh(&["domstate", machine]) {
            Ok(state) => Ok(Some(state.trim().to_owned())),
            Err(LabError::Command { said, .. }) if said.contains("failed to get domain") => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn is_on(&self, machine: &str) -> Result<bool, LabError> {
        match self.state(machine)? {
            Some(state) => Ok(on(&state)),
            None => Err(LabError::Machine(format!(
                "libvirt has no machine `{machine}`: make it anew with `trueup lab up`"
            ))),
        }
    }

    fn cables(&self, machine: &str) -> Result<Vec<Cable>, LabError> {
        Ok(cables(&self.virsh(&["domiflist", machine])?))
    }
}

fn on(state: &str) -> bool {
    !matches!(state, "shut off" | "crashed" | "no state")
}

/// The lines below the dashes: interface, type, source, model, address.
fn cables(listed: &str) -> Vec<Cable> {
    let lines = listed.lines().skip_while(|line| !line.starts_with("---"));
    lines
        .skip(1)
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (network, mac) = (*words.get(2)?, *words.last()?);
            Some(Cable {
                mac: mac.to_owned(),
                network: network.to_owned(),
            })
        })
        .collect()
}

impl<R: Run> Machines for Libvirt<R> {
    fn look(&self, machine: &str) -> Result<Option<Seen>, LabError> {
        let Some(state) = self.state(machine)? else {
            return Ok(None);
        };
        let mut linked = true;
        for cable in self.cables(machine)? {
            if cable.network != VAGRANTS {
                let said = self.virsh(&["domif-getlink", machine, &cable.mac])?;
                linked &= said.trim().ends_with("up") || said.trim().ends_with("default");
            }
        }
        Ok(Some(Seen {
            id: self.virsh(&["domuuid", machine])?.trim().to_owned(),
            on: on(&state),
            linked,
        }))
    }

    fn pull_plug(&self, machine: &str) -> Result<(), LabError> {
        if !self.is_on(machine)? {
            return Ok(());
        }
        for cable in self.cables(machine)? {
            self.virsh(&["domif-setlink", machine, &cable.mac, "down"])?;
        }
        self.virsh(&["destroy", machine]).map(drop)
    }

    /// A cable that was pulled while a machine ran is in again at its next start.
    fn start(&self, machine: &str) -> Result<(), LabError> {
        if !self.is_on(machine)? {
            self.virsh(&["start", machine])?;
        }
        Ok(())
    }

    fn set_links(&self, machine: &str, up: bool) -> Result<bool, LabError> {
        if !self.is_on(machine)? {
            return Ok(false);
        }
        let state = if up { "up" } else { "down" };
        for cable in self.cables(machine)? {
            if cable.network != VAGRANTS {
                self.virsh(&["domif-setlink", machine, &cable.mac, state])?;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::hypervisor::recording::Recording;
    use super::*;

    const RUNNING: &str = include_str!("recorded/virsh-domstate.txt");
    const DOWN: &str = include_str!("recorded/virsh-domif-getlink-down.txt");
    const LIST: &str = include_str!("recorded/virsh-domiflist.txt");
    const STATE: &str = "virsh --connect qemu:///system domstate";
    const CABLES: &str = "virsh --connect qemu:///system domiflist";
    const LINK: &str = "virsh --connect qemu:///system domif-getlink";

    #[test]
    fn what_libvirt_says_is_read() {
        let missing = include_str!("recorded/virsh-domstate-missing.txt");
        let libvirt = Libvirt(Recording::new(&[(STATE, Err(missing))]));
        assert_eq!(libvirt.look("lab-a").unwrap(), None);
        let cut = Libvirt(Recording::new(&[
            (STATE, Ok(RUNNING)),
            (CABLES, Ok(LIST)),
            (LINK, Ok(DOWN)),
        ]));
        let seen = cut.look("lab-a").unwrap().unwrap();
        assert!(seen.on && !seen.linked);
    }

    #[test]
    fn a_plug_is_pulled_in_silence_and_a_cut_leaves_vagrants_own_way_in() {
        let answers = [(STATE, Ok(RUNNING)), (CABLES, Ok(LIST))];
        let libvirt = Libvirt(Recording::new(&answers));
        libvirt.pull_plug("lab-a").unwrap();
        assert!(libvirt.set_links("lab-a", true).unwrap());
        let calls = libvirt
            .0
            .calls()
            .replace("virsh --connect qemu:///system ", "");
        insta::assert_snapshot!(calls, @"
        domstate lab-a
        domiflist lab-a
        domif-setlink lab-a 52:54:00:60:3e:4c down
        domif-setlink lab-a 52:54:00:41:c3:b7 down
        domif-setlink lab-a 52:54:00:0a:9c:fc down
        destroy lab-a
        domstate lab-a
        domiflist lab-a
        domif-setlink lab-a 52:54:00:41:c3:b7 up
        domif-setlink lab-a 52:54:00:0a:9c:fc up
        ");
    }
}
