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

    /// Finds what can't work before anything is made.
    pub fn validate(&self) -> Result<(), LabError> {
        check_name("lab", &self.name)?;
        if self.hosts.is_empty() {
            return Err(LabError::Spec(format!(
                "the lab `{}` has no hosts: give hosts of the inventory a `lab_image`",
                self.name
            )));
        }
        let (mut names, mut addresses) = (HashSet::new(), HashSet::new());
        for host in &self.hosts {
            check_name("host", &host.name)?;
            if !names.insert(&host.name) {
                return Err(LabError::Spec(format!(
                    "the host `{}` is there twice",
                    host.name
                )));
            }
            for address in std::iter::once(&host.address).chain(&host.more_addresses) {
                if !addresses.insert(*address) {
                    return Err(LabError::Spec(format!(
                        "`{}` has the address {address} of another host: give each its own",
                        host.name
                    )));
                }
            }
            if !self.subnet.has_host(host.address) {
                return Err(LabError::Spec(format!(
                    "`{}` can't have the address {}: it must lie in {} and not be {} (this machine's)",
                    host.name,
                    host.address,
                    self.subnet,
                    self.subnet.gateway()
                )));
            }
            self.check_further(host)?;
            if let Some(limit) = &host.disk_limit {
                check_disk_limit(&host.name, limit)?;
            }
        }
        Ok(())
    }

    fn check_further(&self, host: &HostSpec) -> Result<(), LabError> {
        let mut networks = HashSet::new();
        for FurtherLink {
            network, address, ..
        } in host.further_links()?
        {
            let wrong = |why: &str| {
                LabError::Spec(format!(
                    "`{}` can't have the further address {address}: {why}",
                    host.name
                ))
            };
            if network.overlaps(self.subnet) {
                return Err(wrong(&format!(
                    "it lies in the lab's own network {}; take one of another /24",
                    self.subnet
                )));
            }
            if !network.has_host(address) {
                return Err(wrong(&format!(
                    "the first two and the last of {network} are no hosts'"
                )));
            }
            if !networks.insert(network) {
                return Err(wrong(&format!("it has another in {network}")));
            }
        }
        Ok(())
    }
}

fn check_name(kind: &str, name: &str) -> Result<(), LabError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || name.starts_with('-') || !name.chars().all(plain) {
        return Err(LabError::Spec(format!(
            "`{name}` can't be a {kind}'s name in a lab: use up to 40 of a-z, 0-9 and -"
        )));
    }
    Ok(())
}

fn check_disk_limit(host: &str, limit: &DiskLimit) -> Result<(), LabError> {
    let plain = limit.path.to_str().is_some_and(|path| {
        path.starts_with('/')
            && path.len() > 1
            && !path.contains("..")
            && path
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c))
    });
    if !plain || !(4..=65_536).contains(&limit.mib) {
        return Err(LabError::Spec(format!(
            "the disk limit of `{host}` must be a plain absolute path and 4 to 65536 MiB"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, last: u8) -> HostSpec {
        HostSpec {
            name: name.into(),
            address: Ipv4Addr::new(10, 77, 1, last),
            more_addresses: vec![],
            image: Image::Debian13,
            login: Login::Sudo,
            disk_limit: None,
        }
    }

    fn lab(hosts: Vec<HostSpec>) -> LabSpec {
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
    fn a_lab_is_refused_before_anything_is_made() {
        let limit = DiskLimit {
            path: "srv".into(),
            mib: 8,
        };
        let said = [
            lab(vec![]),
            lab(vec![host("a", 11), host("a", 12)]),
            lab(vec![host("a", 11), host("b", 11)]),
            lab(vec![host("a", 1)]),
            lab(vec![host("a/../b", 11)]),
            lab(vec![HostSpec {
                disk_limit: Some(limit),
                ..host("a", 11)
            }]),
        ]
        .map(|lab| lab.validate().unwrap_err().to_string())
        .join("\n");
        insta::assert_snapshot!(said, @r"
        the lab `try` has no hosts: give hosts of the inventory a `lab_image`
        the host `a` is there twice
        `b` has the address 10.77.1.11 of another host: give each its own
        `a` can't have the address 10.77.1.1: it must lie in 10.77.1.0/24 and not be 10.77.1.1 (this machine's)
        `a/../b` can't be a host's name in a lab: use up to 40 of a-z, 0-9 and -
        the disk limit of `a` must be a plain absolute path and 4 to 65536 MiB
        ");
        assert!(lab(vec![host("a", 11), host("b", 12)]).validate().is_ok());
    }

    #[test]
    fn further_addresses_lie_in_networks_of_their_own() {
        let further = |addresses: &[&str]| HostSpec {
            more_addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            ..host("a", 11)
        };
        let said = [
            &["10.77.1.12"][..],
            &["10.78.1.1"],
            &["10.78.1.11", "10.78.1.12"],
            &["10.78.1.11", "10.78.1.11"],
            &["8.8.8.8"],
        ]
        .map(|addresses| lab(vec![further(addresses)]).validate().unwrap_err())
        .map(|error| error.to_string())
        .join("\n");
        insta::assert_snapshot!(said, @"
        `a` can't have the further address 10.77.1.12: it lies in the lab's own network 10.77.1.0/24; take one of another /24
        `a` can't have the further address 10.78.1.1: the first two and the last of 10.78.1.0/24 are no hosts'
        `a` can't have the further address 10.78.1.12: it has another in 10.78.1.0/24
        `a` has the address 10.78.1.11 of another host: give each its own
        `8.8.8.0/24` is no lab network: the address must be a private one, as in 10.77.1.0/24
        ");
        let mut other = further(&["10.78.1.12", "10.79.1.12"]);
        (other.name, other.address) = ("b".into(), Ipv4Addr::new(10, 77, 1, 12));
        let lab = lab(vec![further(&["10.78.1.11"]), other]);
        lab.validate().unwrap();
        let networks = lab.further_networks().unwrap();
        assert_eq!(
            networks.iter().map(Subnet::to_string).collect::<Vec<_>>(),
            ["10.78.1.0/24", "10.79.1.0/24"]
        );
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
