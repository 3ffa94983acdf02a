//! The clusters that Patroni runs, over etcd and over ZooKeeper: built from bare hosts, changed,
//! broken in each way, and found whole.

mod build;
mod closed;
mod declared;
mod etcd;
mod faults;
mod found;
mod home;
mod look;
mod refused;
mod writable;
mod zookeeper;

use crate::cluster::Exposure;
use crate::lab::Lab;
use crate::truth;

pub use etcd::SUITE as ETCD;
pub use zookeeper::SUITE as ZOOKEEPER;

/// What the cases need to know of one topology.
pub struct Topology {
    playbook: &'static str,
    truth: truth::Topology,
    /// The database hosts; the first is declared primary.
    nodes: &'static [&'static str],
    /// Each host's last part of the address.
    hosts: &'static [(&'static str, u8)],
    exposure: Exposure,
    /// What speaks TLS from its first byte.
    tls: &'static [(&'static str, u16)],
    /// What speaks TLS, and only to hosts whose certificate names their address.
    members_only: &'static [(&'static str, u16)],
    /// The ports of those that let in clients without a certificate.
    without_certificate: &'static [u16],
}

/// A topology's cluster on its lab.
pub struct Patroni<'a> {
    lab: &'a Lab,
    topology: &'static Topology,
}

impl Topology {
    fn on<'a>(&'static self, lab: &'a Lab) -> Patroni<'a> {
        Patroni {
            lab,
            topology: self,
        }
    }
}

impl Patroni<'_> {
    /// A host's address.
    fn address(&self, host: &str) -> String {
        let mut hosts = self.topology.hosts.iter();
        let (_, last) = hosts.find(|(name, _)| *name == host).unwrap();
        format!("{}{last}", self.topology.exposure.network)
    }
}
