//! What a lab shall be: a name, a network, hosts.

use std::collections::HashSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::LabError;

/// A lab: hosts on a network of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabSpec {
    /// The lab's name; its state lives in a folder of this name.
    pub name: String,
    /// The network that its hosts share.
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

/// An IPv4 network, as in `10.77.1.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    address: Ipv4Addr,
    prefix: u8,
}

impl Image {
    /// All images, oldest first.
    pub const ALL: [Self; 3] = [Self::Debian12, Self::Debian13, Self::Debian14];

    /// The name that the inventory uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian12 => "debian-12",
            Self::Debian13 => "debian-13",
            Self::Debian14 => "debian-14",
        }
    }

    /// The release's code name.
    pub fn suite(self) -> &'static str {
        match self {
            Self::Debian12 => "bookworm",
            Self::Debian13 => "trixie",
            Self::Debian14 => "forky",
        }
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

impl Subnet {
    /// The bits that all its addresses share.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// The first address, which this machine takes: the hosts' way out.
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.address) + 1)
    }

    /// Whether `address` may be a host's: inside, neither the network, the gateway nor the broadcast.
    pub fn has_host(self, address: Ipv4Addr) -> bool {
        let first = u32::from(self.address);
        let last = first | (u32::MAX >> self.prefix);
        (first + 2..last).contains(&u32::from(address))
    }

    /// The bridge's name: one for each subnet, within the kernel's fifteen characters.
    pub fn bridge(self) -> String {
        format!("tub-{:08x}", u32::from(self.address))
    }
}

impl FromStr for Subnet {
    type Err = LabError;

    fn from_str(text: &str) -> Result<Self, LabError> {
        let wrong = |why: &str| {
            LabError::Spec(format!(
                "`{text}` is no lab network: {why}, as in 10.77.1.0/24"
            ))
        };
        let (address, prefix) = text
            .split_once('/')
            .ok_or_else(|| wrong("write ADDRESS/BITS"))?;
        let address: Ipv4Addr = address
            .parse()
            .map_err(|_| wrong("the address must be IPv4"))?;
        let prefix: u8 = prefix.parse().map_err(|_| wrong("BITS must be a number"))?;
        if !(8..=29).contains(&prefix) {
            return Err(wrong("BITS must be from 8 to 29"));
        }
        if !address.is_private() {
            return Err(wrong("the address must be a private one"));
        }
        if u32::from(address) & (u32::MAX >> prefix) != 0 {
            return Err(wrong("the address must be the network's first"));
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl TryFrom<String> for Subnet {
    type Error = LabError;

    fn try_from(text: String) -> Result<Self, LabError> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

impl HostSpec {
    /// The name of the container and of its cgroup. It comes from the address, so that the link
    /// `vb-MACHINE` stays within fifteen characters whatever the host is called.
    pub(super) fn machine(&self) -> String {
        format!("tu{:08x}", u32::from(self.address))
    }

    /// This machine's end of the host's network cable.
    pub(super) fn link(&self) -> String {
        format!("vb-{}", self.machine())
    }
}

impl LabSpec {
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
            if !addresses.insert(host.address) {
                return Err(LabError::Spec(format!(
                    "`{}` has the address {} of another host: give each its own",
                    host.name, host.address
                )));
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
            if let Some(limit) = &host.disk_limit {
                check_disk_limit(&host.name, limit)?;
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
            address: Ipv4Addr::new(192, 168, 255, 254),
            ..host("a", 2)
        };
        assert!(host.link().len() <= 15);
        assert!(lab(vec![]).subnet.bridge().len() <= 15);
    }

    #[test]
    fn a_subnet_says_what_is_wrong_with_it() {
        let said = [
            "10.77.1.0",
            "10.77.1.4/24",
            "8.8.8.0/24",
            "10.77.1.0/31",
            "pg/24",
        ]
        .map(|text| text.parse::<Subnet>().unwrap_err().to_string())
        .join("\n");
        insta::assert_snapshot!(said, @r"
        `10.77.1.0` is no lab network: write ADDRESS/BITS, as in 10.77.1.0/24
        `10.77.1.4/24` is no lab network: the address must be the network's first, as in 10.77.1.0/24
        `8.8.8.0/24` is no lab network: the address must be a private one, as in 10.77.1.0/24
        `10.77.1.0/31` is no lab network: BITS must be from 8 to 29, as in 10.77.1.0/24
        `pg/24` is no lab network: the address must be IPv4, as in 10.77.1.0/24
        ");
    }

    #[test]
    fn the_edges_of_a_subnet_are_no_hosts() {
        let subnet: Subnet = "10.77.1.0/24".parse().unwrap();
        let may = [0, 1, 2, 254, 255].map(|last| subnet.has_host(Ipv4Addr::new(10, 77, 1, last)));
        assert_eq!(may, [false, false, true, true, false]);
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
    fn a_lab_survives_being_written_down() {
        let before = lab(vec![host("a", 11)]);
        let text = serde_json::to_string(&before).unwrap();
        assert!(
            text.contains(r#""subnet":"10.77.1.0/24""#) && text.contains(r#""image":"debian-13""#)
        );
        assert_eq!(serde_json::from_str::<LabSpec>(&text).unwrap(), before);
    }
}
