//! What the hosts answered, as data: the JSON of `trueup ping --json` (docs/ping.md).

use super::Need;
use crate::facts::{Disk, Listener};
use crate::modules::system_facts;
use crate::remote::Address;
use serde::Serialize;
use serde_json::{Map, Value};

/// The version of the JSON form; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// What every host answered.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    /// [`VERSION`].
    pub version: u32,
    /// The hosts in the order of the inventory.
    pub hosts: Vec<Host>,
}

/// A host.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    /// Its name in the inventory.
    pub name: String,
    /// Where its sshd was looked for; none where it is this machine itself.
    pub address: Option<Address>,
    /// What it answered.
    #[serde(flatten)]
    pub seen: Seen,
}

/// Whether a host was reached.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Seen {
    /// It answered.
    Reached(Box<Reached>),
    /// It could not be asked.
    Unreachable {
        /// What stood in the way.
        kind: Why,
        /// In words.
        why: String,
    },
}

/// What stands in the way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing answers there.
    NoConnection,
    /// Its key is not the one that is known, or none is known.
    HostKey,
    /// It does not let us in.
    Login,
    /// It was there, and is gone or silent.
    Lost,
}

/// What a host said. What could not be read is none, and named in `unread`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reached {
    /// How long it took to connect and log in.
    pub milliseconds: u64,
    /// Who is logged in there.
    pub user: Option<String>,
    /// How that user becomes root.
    pub sudo: Option<Sudo>,
    /// What it is.
    pub system: Option<System>,
    /// What its clock says.
    pub clock: Option<Clock>,
    /// The room on its disks.
    pub disks: Vec<DiskRoom>,
    /// The ports that it needs.
    pub ports: Vec<Port>,
    /// Questions that it gave no answer to that can be read, and what it said.
    pub unread: Vec<String>,
    /// By which it is told whether two names are one machine.
    #[serde(skip)]
    pub machine: String,
}

/// How the login user becomes root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Sudo {
    /// It is root.
    Root,
    /// sudo asks for nothing.
    Free,
    /// sudo asked for a password and took it.
    PasswordTaken,
    /// sudo asks for a password, and there was none to tell it.
    PasswordWanted {
        /// Whether the user is in a group that sudo usually lets in.
        usual_group: bool,
    },
    /// There is no sudo.
    Missing,
    /// Not at all.
    Refused {
        /// What was said.
        why: String,
    },
}

/// What a host is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct System {
    /// `Debian`
    pub distribution: String,
    /// `13.2`
    pub version: String,
    /// `6.12.41+deb13-amd64`
    pub kernel: String,
    /// `x86_64`
    pub architecture: String,
    /// In what it runs: `virtualbox`, `kvm`, `container`, ...; none on bare metal, as far as is known.
    pub inside: Option<String>,
    /// Whether that is a container, whose clock and memory are those of its machine.
    pub container: bool,
    /// The processors it may use.
    pub processors: u64,
    /// All of its memory.
    pub memory_mib: u64,
    /// What of it programs could get.
    pub memory_free_mib: u64,
    /// /etc/machine-id.
    pub machine_id: Option<String>,
    /// The public host key of the kind ed25519.
    pub host_key: Option<String>,
}

/// What a clock says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clock {
    /// By how much it is before this machine's.
    pub offset_seconds: f64,
    /// How far off that may be: the time that the question was on its way.
    pub error_seconds: f64,
    /// Who keeps it right: `chrony`, `timesyncd`, ...
    pub kept_by: Option<&'static str>,
    /// Whether that one has the time from somewhere.
    pub synchronised: Option<bool>,
}

/// The room under a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiskRoom {
    /// The folder.
    pub folder: String,
    /// Where its file system is mounted.
    pub mount: String,
    /// How much that holds.
    pub total_mib: u64,
    /// How much of it is free.
    pub free_mib: u64,
}

/// A port that the host needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// The port.
    pub port: u16,
    /// Who is to listen there.
    pub whose: Vec<&'static str>,
    /// Who does: a program's name, or `uid 106` where that may not be known; none when it is free.
    pub taken_by: Option<String>,
    /// Whether it is one of those who are to.
    pub rightly: bool,
}

impl Host {
    /// What it said, if it was reached.
    pub fn reached(&self) -> Option<&Reached> {
        match &self.seen {
            Seen::Reached(reached) => Some(reached),
            Seen::Unreachable { .. } => None,
        }
    }
}

impl System {
    /// Reads it out of what the host said.
    pub(super) fn of(said: &crate::facts::Said) -> Self {
        let wanted = ["!all", "hardware", "virtual"].map(str::to_owned);
        let facts = system_facts(said, &wanted);
        let text = |name: &str| text(&facts, name);
        let number = |name: &str| facts.get(name).and_then(Value::as_u64).unwrap_or_default();
        let guest = facts.get("ansible_virtualization_tech_guest");
        Self {
            distribution: text("ansible_distribution").unwrap_or_default(),
            version: text("ansible_distribution_version").unwrap_or_default(),
            kernel: text("ansible_kernel").unwrap_or_default(),
            architecture: text("ansible_architecture").unwrap_or_default(),
            inside: text("ansible_virtualization_type").filter(|kind| kind != "NA"),
            container: guest
                .and_then(Value::as_array)
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "container")),
            processors: number("ansible_processor_nproc"),
            memory_mib: number("ansible_memtotal_mb"),
            memory_free_mib: facts
                .get("ansible_memory_mb")
                .and_then(|memory| memory["nocache"]["free"].as_u64())
                .unwrap_or_default(),
            machine_id: text("ansible_machine_id"),
            host_key: text("ansible_ssh_host_key_ed25519_public"),
        }
    }
}

fn text(facts: &Map<String, Value>, name: &str) -> Option<String> {
    facts.get(name)?.as_str().map(str::to_owned)
}

impl From<Disk> for DiskRoom {
    fn from(disk: Disk) -> Self {
        Self {
            folder: disk.folder,
            mount: disk.mount,
            total_mib: disk.total / 1024,
            free_mib: disk.free / 1024,
        }
    }
}

/// The ports of `needs`, each once, and who listens there.
pub(super) fn ports(needs: &[Need], listeners: &[Listener]) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for need in needs {
        if let Some(port) = ports.iter_mut().find(|port| port.port == need.port) {
            port.whose.push(need.whose);
            continue;
        }
        let expected = |program: &str| {
            let mut same = needs.iter().filter(|other| other.port == need.port);
            same.any(|other| other.program == program)
        };
        let here = || {
            listeners
                .iter()
                .filter(|listener| listener.port == need.port)
        };
        let right = |listener: &&Listener| listener.program.as_deref().is_some_and(expected);
        // A stranger beside the right one is who matters.
        let one = here()
            .find(|listener| !right(listener))
            .or_else(|| here().next());
        ports.push(Port {
            port: need.port,
            whose: vec![need.whose],
            taken_by: one.map(|listener| {
                let unnamed = || format!("uid {}", listener.uid);
                listener.program.clone().unwrap_or_else(unnamed)
            }),
            rightly: one.is_some_and(|one| right(&one)),
        });
    }
    ports
}
