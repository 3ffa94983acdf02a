//! Whether a lab can be made as it is described.

use std::collections::HashSet;

use super::spec::FurtherLink;
use super::{DiskLimit, HostSpec, LabError, LabSpec, VmSpec};

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
            check_vm(host)?;
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

fn check_vm(host: &HostSpec) -> Result<(), LabError> {
    let VmSpec { memory, cpus, .. } = host.vm;
    if !(256..=1_048_576).contains(&memory) {
        return Err(LabError::Spec(format!(
            "`{}` can't have {memory} MiB of memory: `lab_memory` is 256 to 1048576",
            host.name
        )));
    }
    if !(1..=64).contains(&cpus) {
        return Err(LabError::Spec(format!(
            "`{}` can't have {cpus} processors: `lab_cpus` is 1 to 64",
            host.name
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::Subnet;
    use super::super::spec::tests::{host, lab};
    use super::*;

    fn as_vm(memory: u32, cpus: u32) -> HostSpec {
        let vm = VmSpec {
            memory,
            cpus,
            box_name: None,
        };
        HostSpec {
            vm,
            ..host("a", 11)
        }
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
            lab(vec![as_vm(64, 1)]),
            lab(vec![as_vm(1024, 0)]),
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
        `a` can't have 64 MiB of memory: `lab_memory` is 256 to 1048576
        `a` can't have 0 processors: `lab_cpus` is 1 to 64
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
}
