//! Which host-only networks VirtualBox has on macOS, where since version 7 they stand in the place of
//! its adapters and of `networks.conf`.
//!
//! Vagrant takes the one that begins like a machine's network, whatever else it is, and makes one
//! where there is none.

use std::net::Ipv4Addr;

use super::version::Version;
use crate::lab::Subnet;

/// The first VirtualBox that has them.
pub(super) const SINCE: Version = Version(7, 0, 0);

/// One of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Net {
    name: String,
    enabled: bool,
    mask: u32,
    /// The first address that it hands out.
    lower: u32,
}

impl Net {
    fn first(&self) -> u32 {
        self.lower & self.mask
    }

    /// This machine's own address in it: the lowest that can be one.
    fn own(&self) -> Ipv4Addr {
        self.lower.max(self.first().saturating_add(1)).into()
    }

    fn overlaps(&self, network: Subnet) -> bool {
        let shared = self.mask & network.mask();
        (self.first() ^ (u32::from(network.gateway()) & network.mask())) & shared == 0
    }
}

/// The blocks of `VBoxManage list hostonlynets`. An empty line stands inside of each, too.
fn read(listed: &str) -> Vec<Net> {
    let mut nets: Vec<Net> = Vec::new();
    for (key, value) in listed.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if key == "Name" {
            nets.push(Net {
                name: value.into(),
                ..Net::default()
            });
        }
        let Some(net) = nets.last_mut() else { continue };
        let address = || value.parse().map_or(0, |address: Ipv4Addr| address.into());
        match key {
            "State" => net.enabled = value == "Enabled",
            "NetworkMask" => net.mask = address(),
            "LowerIP" => net.lower = address(),
            _ => {}
        }
    }
    nets
}

/// Refuses a network of which Vagrant would make something else than the lab needs.
pub(super) fn check(network: Subnet, listed: &str) -> Result<(), String> {
    let in_the_way = |net: &Net| net.mask != 0 && net.overlaps(network);
    let Some(net) = read(listed).into_iter().find(in_the_way) else {
        return Ok(());
    };
    let name = &net.name;
    if net.mask != network.mask() {
        return Err(format!(
            "VirtualBox has a host-only network `{name}` ({}, mask {}) that overlaps the lab's {network}: remove it by `VBoxManage hostonlynet remove --name \"{name}\"` if no machine needs it, or give the hosts other addresses",
            Ipv4Addr::from(net.first()),
            Ipv4Addr::from(net.mask),
        ));
    }
    if !net.enabled {
        return Err(format!(
            "VirtualBox's host-only network `{name}`, which is the lab's {network}, is switched off: `VBoxManage hostonlynet modify --name \"{name}\" --enable`"
        ));
    }
    if net.own() != network.gateway() {
        return Err(format!(
            "VirtualBox's host-only network `{name}` gives this machine the address {} in {network}, where the lab has it at {}: remove it by `VBoxManage hostonlynet remove --name \"{name}\"` if no machine needs it, or give the hosts other addresses",
            net.own(),
            network.gateway(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As VirtualBox's sources print them; no Mac was at hand.
    const LISTED: &str = "\
Name:            HostNetwork
GUID:            f1b2a8a4-1111-4222-8333-444455556666

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.56.1
UpperIP:         192.168.56.199
VBoxNetworkName: hostonly-HostNetwork

Name:            vagrantnet-vbox1
GUID:            0c1d2e3f-1111-4222-8333-444455556666

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.57.0
UpperIP:         192.168.57.0
VBoxNetworkName: hostonly-vagrantnet-vbox1

Name:            old lab: one
GUID:            0d1d2e3f-1111-4222-8333-444455556666

State:           Disabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.58.1
UpperIP:         192.168.58.254
VBoxNetworkName: hostonly-old lab: one

Name:            Legacy vboxnet0 Network
GUID:            0e1d2e3f-1111-4222-8333-444455556666

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.59.100
UpperIP:         192.168.59.199
VBoxNetworkName: hostonly-Legacy vboxnet0 Network

Name:            wide
GUID:            0f1d2e3f-1111-4222-8333-444455556666

State:           Enabled
NetworkMask:     255.255.254.0
LowerIP:         192.168.62.1
UpperIP:         192.168.63.254
VBoxNetworkName: hostonly-wide

";

    fn of(network: &str) -> Result<(), String> {
        check(network.parse().unwrap(), LISTED)
    }

    #[test]
    fn a_network_that_is_free_or_vagrants_own_will_do() {
        for network in ["192.168.56.0/24", "192.168.57.0/24", "192.168.60.0/24"] {
            of(network).unwrap();
        }
        // No networks.conf bounds them there.
        of("10.77.1.0/24").unwrap();
        check("192.168.57.0/24".parse().unwrap(), "").unwrap();
    }

    #[test]
    fn a_network_that_is_in_the_way_is_named_with_what_to_do() {
        let said = [
            "192.168.58.0/24",
            "192.168.59.0/24",
            "192.168.63.0/24",
            "192.168.57.0/28",
        ]
        .map(|network| of(network).unwrap_err());
        insta::assert_snapshot!(said.join("\n"), @r#"
        VirtualBox's host-only network `old lab: one`, which is the lab's 192.168.58.0/24, is switched off: `VBoxManage hostonlynet modify --name "old lab: one" --enable`
        VirtualBox's host-only network `Legacy vboxnet0 Network` gives this machine the address 192.168.59.100 in 192.168.59.0/24, where the lab has it at 192.168.59.1: remove it by `VBoxManage hostonlynet remove --name "Legacy vboxnet0 Network"` if no machine needs it, or give the hosts other addresses
        VirtualBox has a host-only network `wide` (192.168.62.0, mask 255.255.254.0) that overlaps the lab's 192.168.63.0/24: remove it by `VBoxManage hostonlynet remove --name "wide"` if no machine needs it, or give the hosts other addresses
        VirtualBox has a host-only network `vagrantnet-vbox1` (192.168.57.0, mask 255.255.255.0) that overlaps the lab's 192.168.57.0/28: remove it by `VBoxManage hostonlynet remove --name "vagrantnet-vbox1"` if no machine needs it, or give the hosts other addresses
        "#);
    }
}
