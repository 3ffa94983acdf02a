//! What runs the machines, seen from outside of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::libvirt::Libvirt;
use super::virtualbox::VirtualBox;
use crate::lab::LabError;
use crate::lab::command::{own_command, printed};

/// How long one call of its tool may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Vagrant's provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::lab) enum Hypervisor {
    VirtualBox,
    Libvirt,
}

/// A machine as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// What the hypervisor knows it by for ever.
    pub id: String,
    pub on: bool,
    /// Whether all its cables into the lab's networks are plugged in.
    pub linked: bool,
}

/// The machines, each by its name. All calls block.
pub(super) trait Machines: Send + Sync {
    /// How it is; none if there is no such machine.
    fn look(&self, machine: &str) -> Result<Option<Seen>, LabError>;

    /// All cables first, then the power: a peer that sees connections closed by a dying machine
    /// would learn at once what a pulled plug never tells. One that is off stays so.
    fn pull_plug(&self, machine: &str) -> Result<(), LabError>;

    /// Plugs the cables in, then switches a machine on that is off.
    fn start(&self, machine: &str) -> Result<(), LabError>;

    /// Plugs the cables into the lab's networks in or out. The first cable is Vagrant's own way in,
    /// and stays. Tells whether the machine is on: only then there is something to plug.
    fn set_links(&self, machine: &str, up: bool) -> Result<bool, LabError>;
}

/// Runs the hypervisor's tool.
pub(super) trait Run: Send + Sync {
    /// Its output; a failure is an error with what it said.
    fn run(&self, words: &[&str]) -> Result<String, LabError>;
}

/// The tool as this user has it.
pub(super) struct Installed;

impl Run for Installed {
    fn run(&self, words: &[&str]) -> Result<String, LabError> {
        let (program, words) = words.split_first().unwrap_or((&"false", &[]));
        let mut command = own_command(program);
        // Its words are read.
        command.args(words).env("LC_ALL", "C");
        printed(command, LIMIT)
    }
}

impl Hypervisor {
    /// Its name in Vagrant.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::VirtualBox => "virtualbox",
            Self::Libvirt => "libvirt",
        }
    }

    /// Vagrant's own variable chooses; VirtualBox where it says nothing.
    pub(super) fn chosen(said: Option<&str>) -> Result<Self, LabError> {
        match said {
            None | Some("" | "virtualbox") => Ok(Self::VirtualBox),
            Some("libvirt") => Ok(Self::Libvirt),
            Some(other) => Err(LabError::Machine(format!(
                "VAGRANT_DEFAULT_PROVIDER is `{other}`, and trueup can break machines of virtualbox and libvirt only"
            ))),
        }
    }

    /// Its machines.
    pub(super) fn machines(self) -> Box<dyn Machines> {
        match self {
            Self::VirtualBox => Box::new(VirtualBox(Installed)),
            Self::Libvirt => Box::new(Libvirt(Installed)),
        }
    }
}

#[cfg(test)]
pub(super) mod recording {
    //! A tool that answers what it was told to, and writes down in which order it was asked.

    use super::*;
    use std::sync::Mutex;

    type Answer = Result<&'static str, &'static str>;

    pub struct Recording {
        /// The beginning of a call, and its answer; the first that fits is taken, and used up
        /// where another of the same beginning follows.
        answers: Mutex<Vec<(&'static str, Answer)>>,
        calls: Mutex<Vec<String>>,
    }

    impl Recording {
        pub fn new(answers: &[(&'static str, Answer)]) -> Self {
            Self {
                answers: Mutex::new(answers.to_vec()),
                calls: Mutex::default(),
            }
        }

        pub fn calls(&self) -> String {
            self.calls.lock().unwrap().join("\n")
        }
    }

    impl Run for Recording {
        fn run(&self, words: &[&str]) -> Result<String, LabError> {
            let call = words.join(" ");
            self.calls.lock().unwrap().push(call.clone());
            let mut answers = self.answers.lock().unwrap();
            let fits = |(begin, _): &&(&str, Answer)| call.starts_with(begin);
            let Some((begin, answer)) = answers.iter().find(fits).copied() else {
                return Ok(String::new());
            };
            if answers.iter().filter(|(other, _)| *other == begin).count() > 1 {
                let at = answers.iter().position(|(other, _)| *other == begin);
                let _used_up = answers.remove(at.unwrap());
            }
            answer.map(str::to_owned).map_err(|said| LabError::Command {
                command: call,
                status: "exit status: 1".into(),
                said: said.into(),
            })
        }
    }
}
