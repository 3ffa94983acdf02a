//! The seam between those who want hosts and those who make them.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{LabError, LabSpec, Tell};

/// Makes hosts. All calls block; each may be repeated and then finds its work done.
///
/// Where a call takes `hosts`, an empty list means all hosts of the lab.
pub trait Provider: Send + Sync {
    /// Makes and boots what is missing, and returns when every host answers over ssh.
    fn up(&self, lab: &LabSpec, tell: Tell<'_>) -> Result<(), LabError>;

    /// Shuts hosts down in order. Their data stays.
    fn down(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError>;

    /// Removes the lab and all that belongs to it. A lab that isn't there is no error.
    fn destroy(&self, lab: &str, tell: Tell<'_>) -> Result<(), LabError>;

    /// How the hosts are now.
    fn status(&self, lab: &str) -> Result<Vec<HostStatus>, LabError>;

    /// Pulls the plug: silence on the wire first, then sudden death.
    fn poweroff(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError>;

    /// Boots hosts that are off, and returns when they answer over ssh.
    fn poweron(&self, lab: &str, hosts: &[&str], tell: Tell<'_>) -> Result<(), LabError>;

    /// Takes all networks away; the hosts run on. A boot brings it back.
    fn cut(&self, lab: &str, hosts: &[&str]) -> Result<(), LabError>;

    /// Brings the networks back.
    fn heal(&self, lab: &str, hosts: &[&str]) -> Result<(), LabError>;
}

/// How a host is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools)] // One a fact that `--json` tells.
pub struct HostStatus {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its addresses in further networks.
    pub more_addresses: Vec<Ipv4Addr>,
    /// Its image's name.
    pub image: &'static str,
    /// Whom to log in as.
    pub user: &'static str,
    /// Whether it was made: its disk is there.
    pub made: bool,
    /// Whether it runs.
    pub on: bool,
    /// Whether all its networks are connected.
    pub linked: bool,
    /// Whether its sshd answers.
    pub ssh: bool,
}
