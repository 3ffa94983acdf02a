//! Hosts that would be one and the same.

use serde::Serialize;
use std::collections::BTreeMap;

/// Hosts of the inventory that have one address.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Shared {
    /// The hosts.
    pub hosts: Vec<String>,
    /// Their address.
    pub address: String,
}

impl Shared {
    /// The first of these hosts that have one address; of a host whose address is not told nothing is
    /// known.
    pub(super) fn of(hosts: &[String], addresses: &BTreeMap<String, String>) -> Option<Self> {
        let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for host in hosts {
            if let Some(address) = addresses.get(host) {
                named.entry(address).or_default().push(host.clone());
            }
        }
        let mut named = named.into_iter();
        let (address, hosts) = named.find(|(_, hosts)| hosts.len() > 1)?;
        let address = address.to_owned();
        Some(Self { hosts, address })
    }

    /// What is so, and where the address is `said` in the inventory.
    pub(super) fn words(&self, said: &str) -> String {
        let hosts = self.hosts.join(" and ");
        format!(
            "{hosts} have one address in the inventory, {}: they would be one host. Nothing was touched. \
             Say each one's own ({said}), and apply again.",
            self.address
        )
    }
}
