//! What a lab shall be: a name, a network, hosts.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{LabError, Subnet};

/// A lab: hosts on a network of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabSpec {
    /// The lab's name; its state lives in a folder of this name.
    pub name: String,
    /// The network that all its hosts share, with the way out through this machine.
    pub subnet: Subnet,
    /// The hosts.
    pub hosts: Vec<HostSpec>,
}

/// One host of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSpec {
    /// Its name in the inventory, and its hostname.
    pub name: String,
    /// Its address in the lab's subnet.
    pub address: Ipv4Addr,
    /// Its addresses in further networks: each the /24 around it, shared by the lab's hosts that
    /// have an address there, and no way out of it.
    #[serde(default)]
    pub more_addresses: Vec<Ipv4Addr>,
    /// The system that it boots.
    pub image: Image,
    /// Who may log in.
    pub login: Login,
    /// A folder of limited size, to try what a full disk does.
    pub disk_limit: Option<DiskLimit>,
    /// What it is like as a virtual machine; a container shares all that its machine has.
    #[serde(default)]
    pub vm: VmSpec,
}

/// What a host is like where it is a virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmSpec {
    /// Its memory in MiB.
    pub memory: u32,
    /// How many processors it has.
    pub cpus: u32,
    /// The Vagrant box that it is cloned from, where it is not the image's usual one.
    #[serde(default)]
    pub box_name: Option<String>,
}

impl Default for VmSpec {
    fn default() -> Self {
        Self {
            memory: 1024,
            cpus: 1,
            box_name: None,
        }
    }
}

/// The system that a host boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Image {
    /// bookworm
    #[serde(rename = "debian-12")]
    Debian12,
    /// trixie
    #[serde(rename = "debian-13")]
    Debian13,
    /// forky
    #[serde(rename = "debian-14")]
    Debian14,
    /// noble
    #[serde(rename = "ubuntu-24.04")]
    Ubuntu2404,
    /// resolute
    #[serde(rename = "ubuntu-26.04")]
    Ubuntu2604,
}

/// Who may log in over ssh, always by the lab's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Login {
    /// The unprivileged user `lab`, who may use sudo without a password.
    Sudo,
    /// root, on a host that has neither another user nor sudo.
    Bare,
}

/// A folder that is a small file system of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskLimit {
    /// The folder on the host.
    pub path: PathBuf,
    /// Its size in MiB.
    pub mib: u64,
}

impl Image {
    /// All images, each distribution's oldest first.
    pub const ALL: [Self; 5] = [
        Self::Debian12,
        Self::Debian13,
        Self::Debian14,
        Self::Ubuntu2404,
        Self::Ubuntu2604,
    ];

    /// The name that the inventory uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian12 => "debian-12",
            Self::Debian13 => "debian-13",
            Self::Debian14 => "debian-14",
            Self::Ubuntu2404 => "ubuntu-24.04",
            Self::Ubuntu2604 => "ubuntu-26.04",
        }
    }

    /// The release's code name.
    pub fn suite(self) -> &'static str {
        match self {
            Self::Debian12 => "bookworm",
            Self::Debian13 => "trixie",
            Self::Debian14 => "forky",
            Self::Ubuntu2404 => "noble",
            Self::Ubuntu2604 => "resolute",
        }
    }

    /// Whether it is an Ubuntu.
    pub(super) fn is_ubuntu(self) -> bool {
        matches!(self, Self::Ubuntu2404 | Self::Ubuntu2604)
    }
}

impl FromStr for Image {
    type Err = LabError;

    fn from_str(text: &str) -> Result<Self, LabError> {
        Self::ALL
            .into_iter()
            .find(|image| image.name() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name).join(", ");
                LabError::Spec(format!(
                    "there is no lab image `{text}`: use one of {known}"
                ))
            })
    }
}

impl Login {
    /// The user to log in as.
    pub fn user(self) -> &'static str {
        match self {
            Self::Sudo => "lab",
            Self::Bare => "root",
        }
    }
}

/// A host's cable into a further network.
pub(super) struct FurtherLink {
    /// This machine's end.
    pub(super) outside: String,
    /// The host's end.
    pub(super) inside: String,
    /// The network that it leads into.
    pub(super) network: Subnet,
    /// The host's address there.
    pub(super) address: Ipv4Addr,
}

/// The name that systemd-nspawn gives this machine's end of the cable to a bridge; the others are
/// named like it.
fn link(address: Ipv4Addr) -> String {
    format!("vb-tu{:08x}", u32::from(address))
}

impl HostSpec {
    /// The name of the container and of its cgroup. It comes from the address, so that the link
    /// `vb-MACHINE` (systemd-nspawn's choice) stays within fifteen characters whatever the host is
    /// called.
    pub(super) fn machine(&self) -> String {
        format!("tu{:08x}", u32::from(self.address))
    }

    /// This machine's ends of the host's network cables, the one to the lab's network first.
    pub(super) fn links(&self) -> Vec<String> {
        let more = self.more_addresses.iter().copied().map(link);
        std::iter::once(link(self.address)).chain(more).collect()
    }

    /// The host's further networks: this machine's end of the cable, the host's end, the network,
    /// the host's address there.
    pub(super) fn further_links(&self) -> Result<Vec<FurtherLink>, LabError> {
        let addresses = self.more_addresses.iter().enumerate();
        addresses
            .map(|(at, address)| {
                Ok(FurtherLink {
                    outside: link(*address),
                    inside: format!("host{}", at + 1),
                    network: Subnet::around(*address)?,
                    address: *address,
                })
            })
            .collect()
    }
}

impl LabSpec {
    /// The hosts of these names; all, where none is named.
    pub(super) fn chosen(&self, names: &[&str]) -> Result<Vec<&HostSpec>, LabError> {
        if names.is_empty() {
            return Ok(self.hosts.iter().collect());
        }
        let find = |name: &&str| {
            self.hosts
                .iter()
                .find(|host| host.name == *name)
                .ok_or_else(|| {
                    let known: Vec<&str> =
                        self.hosts.iter().map(|host| host.name.as_str()).collect();
                    LabError::NoHost {
                        lab: self.name.clone(),
                        host: (*name).into(),
                        known: known.join(", "),
                    }
                })
        };
        names.iter().map(find).collect()
    }

    /// The lab's further networks, each once.
    pub(super) fn further_networks(&self) -> Result<Vec<Subnet>, LabError> {
        let mut networks = Vec::new();
        for link in self.hosts.iter().map(HostSpec::further_links) {
            networks.extend(link?.into_iter().map(|link| link.network));
        }
        let mut seen = HashSet::new();
        networks.retain(|network| seen.insert(*network));
        Ok(networks)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::lab) fn host(name: &str, last: u8) -> HostSpec {
        HostSpec {
            name: name.into(),
            address: Ipv4Addr::new(10, 77, 1, last),
            more_addresses: vec![],
            image: Image::Debian13,
            login: Login::Sudo,
            disk_limit: None,
            vm: VmSpec::default(),
        }
    }

    pub(in crate::lab) fn lab(hosts: Vec<HostSpec>) -> LabSpec {
        LabSpec {
            name: "try".into(),
            subnet: "10.77.1.0/24".parse().unwrap(),
            hosts,
        }
    }

    #[test]
    fn names_of_interfaces_fit_the_kernel() {
        let host = HostSpec {
            more_addresses: vec![Ipv4Addr::new(192, 168, 255, 254)],
            ..host("a", 2)
        };
        assert!(host.links().iter().all(|link| link.len() <= 15));
        assert!(lab(vec![]).subnet.bridge().len() <= 15);
    }

    #[test]
    fn a_lab_survives_being_written_down() {
        let before = lab(vec![host("a", 11)]);
        let text = serde_json::to_string(&before).unwrap();
        assert!(
            text.contains(r#""subnet":"10.77.1.0/24""#) && text.contains(r#""image":"debian-13""#)
        );
        assert_eq!(serde_json::from_str::<LabSpec>(&text).unwrap(), before);
    }
}
