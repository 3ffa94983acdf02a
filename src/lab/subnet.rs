//! The networks of a lab, each with a bridge of its own.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::LabError;

/// An IPv4 network, as in `10.77.1.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    address: Ipv4Addr,
    prefix: u8,
}

impl Subnet {
    /// The 256 addresses around this one.
    pub fn around(address: Ipv4Addr) -> Result<Self, LabError> {
        let [a, b, c, _] = address.octets();
        format!("{a}.{b}.{c}.0/24").parse()
    }

    /// Whether the two share addresses.
    pub fn overlaps(self, other: Self) -> bool {
        let shorter = self.prefix.min(other.prefix);
        let differing = u32::from(self.address) ^ u32::from(other.address);
        differing >> (32 - shorter) == 0
    }

    /// The bits that all its addresses share.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// The same bits as a mask.
    pub fn mask(self) -> u32 {
        !(u32::MAX >> self.prefix)
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_network_overlaps_those_inside_and_around_it() {
        let around = |text: &str| Subnet::around(text.parse().unwrap()).unwrap();
        let wide: Subnet = "10.77.0.0/16".parse().unwrap();
        assert!(wide.overlaps(around("10.77.4.11")) && around("10.77.4.11").overlaps(wide));
        assert!(!wide.overlaps(around("10.78.4.11")));
        assert!(!around("10.77.4.11").overlaps(around("10.77.5.11")));
    }
}
