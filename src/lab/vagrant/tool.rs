//! `vagrant`, run for one lab.

use std::process::Command;
use std::time::Duration;

use super::hypervisor::Hypervisor;
use super::project::MACHINES;
use crate::lab::command::{Pipe, own_command, printed, stream};
use crate::lab::folders::LabFolder;
use crate::lab::{LabError, LabSpec, Progress, Tell};

/// To fetch a box of a gigabyte over a slow line, once.
const FETCH: Duration = Duration::from_secs(3600);

/// To make one machine, where each of its instructions is emulated.
const MAKE: Duration = Duration::from_secs(900);

/// To shut down or to remove one machine; on a busy computer Vagrant alone starts for a minute.
const END: Duration = Duration::from_secs(900);

/// To start and to answer.
const ANSWER: Duration = Duration::from_secs(300);

/// Vagrant with the lab's own files and state.
pub(super) struct Tool<'a> {
    pub folder: &'a LabFolder,
    pub lab: &'a LabSpec,
    pub hypervisor: Hypervisor,
}

impl Tool<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let project = self.folder.vagrant();
        let mut command = own_command("vagrant");
        command
            .args(words)
            .current_dir(&project)
            .env("VAGRANT_CWD", &project)
            .env("VAGRANT_DOTFILE_PATH", self.folder.vagrant_state())
            .env("VAGRANT_DEFAULT_PROVIDER", self.hypervisor.name())
            .env("VAGRANT_CHECKPOINT_DISABLE", "1")
            .env("TRUEUP_INVENTORY", project.join(MACHINES))
            .env("TRUEUP_LAB", &self.lab.name)
            .env("TRUEUP_LAB_KEY", self.folder.public_key());
        let disks = self.lab.hosts.iter().any(|host| host.disk_limit.is_some());
        if disks && self.hypervisor == Hypervisor::VirtualBox {
            // Before 2.4 further disks were an experiment. It warns of the word, so it is said only here.
            command.env("VAGRANT_EXPERIMENTAL", "disks");
        }
        command
    }

    /// Makes what is missing and boots what is off, one machine after the other: several clones of
    /// one master at a time find it locked. `provision` also what has its mark already, since
    /// Vagrant sets that before it is through.
    pub(super) fn up(
        &self,
        machines: u32,
        provision: bool,
        line: impl FnMut(Pipe, &str),
    ) -> Result<(), LabError> {
        let provision = if provision {
            "--provision"
        } else {
            "--no-provision"
        };
        let provider = format!("--provider={}", self.hypervisor.name());
        let words = ["up", "--no-parallel", &provider, provision, "--no-color"];
        stream(self.command(&words), FETCH + MAKE * machines, line)
    }

    /// Shuts machines down in order.
    pub(super) fn halt(
        &self,
        hosts: &[&str],
        line: impl FnMut(Pipe, &str),
    ) -> Result<(), LabError> {
        let words = [&["halt", "--no-color"], hosts].concat();
        let machines = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
        stream(self.command(&words), END.saturating_mul(machines), line)
    }

    /// Removes all machines.
    pub(super) fn destroy(
        &self,
        machines: u32,
        line: impl FnMut(Pipe, &str),
    ) -> Result<(), LabError> {
        let words = ["destroy", "--force", "--no-color"];
        stream(self.command(&words), END * machines, line)
    }

    /// How Vagrant itself logs in to its machines: a configuration for `ssh -F`.
    pub(super) fn ssh_config(&self) -> Result<String, LabError> {
        printed(self.command(&["ssh-config"]), ANSWER)
    }
}

/// Hands on what Vagrant says.
pub(super) fn telling(tell: Tell<'_>) -> impl FnMut(Pipe, &str) {
    move |pipe, line| {
        let words = words(line);
        // What it complains of is in the error, if it is one.
        if pipe == Pipe::Out && !words.is_empty() {
            tell(Progress::Said(words.to_owned()));
        }
    }
}

/// A line without what is for a terminal: Vagrant draws the same line over and over while it fetches.
fn words(line: &str) -> &str {
    let last = line.trim_end().rsplit('\r').next().unwrap_or_default();
    let words = last
        .trim_start_matches("\u{1b}[K")
        .trim_start_matches("==> ");
    if words.starts_with("Progress:") {
        ""
    } else {
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vagrant_draws_for_a_terminal_is_left_out() {
        assert_eq!(
            words("==> pg-a: Importing base box"),
            "pg-a: Importing base box"
        );
        let drawn = "\r\u{1b}[KProgress: 1%\r\u{1b}[KProgress: 99%\r\u{1b}[K==> pg-a: Booting\r";
        assert_eq!(words(drawn), "pg-a: Booting");
        assert_eq!(words("\u{1b}[KProgress: 1%\r\u{1b}[KProgress: 2%"), "");
    }
}
