//! Which host-only networks VirtualBox allows, which it says in /etc/vbox/networks.conf.

use std::net::Ipv4Addr;

use crate::lab::Subnet;

/// Where an administrator allows more.
pub(super) const PATH: &str = "/etc/vbox/networks.conf";

/// What is allowed where nothing is said.
const DEFAULT: Range = Range {
    first: Ipv4Addr::new(192, 168, 56, 0),
    bits: 21,
};

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: Ipv4Addr,
    bits: u8,
}

impl Range {
    fn read(word: &str) -> Option<Self> {
        let (first, bits) = word.split_once('/')?;
        let bits = bits.parse().ok().filter(|bits| *bits <= 32)?;
        Some(Self {
            first: first.parse().ok()?,
            bits,
        })
    }

    fn holds(self, address: Ipv4Addr) -> bool {
        let differing = u32::from(self.first) ^ u32::from(address);
        differing.leading_zeros() >= u32::from(self.bits)
    }
}

/// The ranges of lines like `* 10.0.0.0/8 192.168.0.0/16`; the file takes the default's place.
fn ranges(conf: Option<&str>) -> Vec<Range> {
    let Some(conf) = conf else {
        return vec![DEFAULT];
    };
    conf.lines()
        .filter_map(|line| line.trim().strip_prefix('*'))
        .flat_map(str::split_whitespace)
        .filter_map(Range::read)
        .collect()
}

/// Refuses a network that VirtualBox would refuse half way; `conf` is what the file says, if it is
/// there.
pub(super) fn check(network: Subnet, conf: Option<&str>) -> Result<(), String> {
    let ranges = ranges(conf);
    let address = network.gateway();
    if ranges.iter().any(|range| range.holds(address)) {
        return Ok(());
    }
    Err(format!(
        "VirtualBox refuses the network {network} on this machine: give the hosts addresses in 192.168.57.0 to 192.168.63.255, or allow the network with a line `* {network}` in {PATH}{}",
        if conf.is_some() {
            ""
        } else {
            " (and `* 192.168.56.0/21`, which is allowed while there is no such file)"
        }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(network: &str, conf: Option<&str>) -> bool {
        check(network.parse().unwrap(), conf).is_ok()
    }

    #[test]
    fn only_what_virtualbox_allows_is_allowed() {
        assert!(allowed("192.168.57.0/24", None) && allowed("192.168.63.0/24", None));
        assert!(!allowed("192.168.64.0/24", None) && !allowed("10.77.1.0/24", None));
        let conf = "# more\n* 10.0.0.0/8 2001::/64\n*192.168.100.0/24\n";
        assert!(allowed("10.77.1.0/24", Some(conf)) && allowed("192.168.100.0/24", Some(conf)));
        assert!(!allowed("192.168.57.0/24", Some(conf)));
        assert!(allowed("10.77.1.0/24", Some("* 0.0.0.0/0 ::/0")));
        assert!(!allowed("192.168.57.0/24", Some("")));
    }

    #[test]
    fn the_refusal_says_what_to_write() {
        insta::assert_snapshot!(check("10.77.1.0/24".parse().unwrap(), None).unwrap_err(), @"VirtualBox refuses the network 10.77.1.0/24 on this machine: give the hosts addresses in 192.168.57.0 to 192.168.63.255, or allow the network with a line `* 10.77.1.0/24` in /etc/vbox/networks.conf (and `* 192.168.56.0/21`, which is allowed while there is no such file)");
    }
}
