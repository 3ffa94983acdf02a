//! Whether the declared cluster may be built, and what is so where it may not. Roles in the inventory
//! bind only an empty cluster, and a database is made only where none is.

mod address;
#[cfg(test)]
mod chance;
pub mod dcs;
pub mod etcd;
mod patroni;
mod pgpool;
mod refusal;
pub mod zookeeper;

pub use address::Shared;
pub use refusal::{Holder, Refusal};

use super::found::Cluster;
use super::{Found, Refused, SystemIdentifier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the verdict follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who sees to it that one leads.
    pub topology: Topology,
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// Which of them is declared primary.
    pub primary: String,
    /// What was found on each; who could not be reached is not in it.
    pub says: BTreeMap<String, Found>,
    /// Where each is in the cluster's network.
    pub addresses: BTreeMap<String, String>,
    /// Which cluster this controller made.
    pub made: Option<SystemIdentifier>,
    /// Which cluster the inventory declares.
    pub declared: Option<SystemIdentifier>,
    /// The inventory, as commands name it.
    pub inventory: String,
}

/// Who sees to it that one node leads.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// pgpool, and the inventory: the declared primary leads as long as it can.
    Pgpool,
    /// Patroni alone. What is judged is whose data lies on the nodes.
    Patroni,
}

/// The declared cluster may be built, or goes on.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Fits {
    /// Who holds its data already; nobody where it is still to be made.
    pub holders: Vec<String>,
    /// Whose data that is.
    pub identifier: Option<SystemIdentifier>,
}

/// Whether the declared cluster may be built.
///
/// # Errors
///
/// A refusal, which says what is so and what mends it: nothing was touched.
pub fn verdict(asked: &Asked) -> Result<Fits, Refused<Refusal>> {
    decide(asked).map_err(|refusal| refusal.refused(asked))
}

fn decide(asked: &Asked) -> Result<Fits, Refusal> {
    if !asked.nodes.contains(&asked.primary) {
        return Err(Refusal::NoPrimary);
    }
    if let Some(shared) = Shared::of(&asked.nodes, &asked.addresses) {
        return Err(Refusal::OneAddress(shared));
    }
    let cluster = Cluster::of(&asked.nodes, &asked.says);
    match asked.topology {
        Topology::Pgpool => pgpool::reached(asked, &cluster)?,
        Topology::Patroni => patroni::reached(&cluster)?,
    }
    let identifier = whose(asked, &cluster)?;
    match asked.topology {
        Topology::Pgpool => pgpool::led(asked, &cluster)?,
        Topology::Patroni => patroni::free(&cluster)?,
    }
    Ok(Fits {
        holders: cluster.names(|_, found| found.holds),
        identifier,
    })
}

/// Whose data lies on the nodes; `None` where none lies there.
fn whose(asked: &Asked, cluster: &Cluster) -> Result<Option<SystemIdentifier>, Refusal> {
    let elsewhere = cluster.which(|_, found| !found.elsewhere.is_empty());
    if !elsewhere.is_empty() {
        let place = |(name, found): (&str, &Found)| format!("{name} ({})", found.elsewhere);
        return Err(Refusal::Elsewhere(
            elsewhere.into_iter().map(place).collect(),
        ));
    }
    let unread = cluster.names(|_, found| found.holds && found.id.is_none());
    if !unread.is_empty() {
        return Err(Refusal::Unread(unread));
    }
    let holder = |(name, found): (&str, &Found)| {
        let id = found.id?;
        let node = name.to_owned();
        Some(Holder { node, id })
    };
    let holders: Vec<Holder> = cluster.holders().into_iter().filter_map(holder).collect();
    let Some(id) = holders.first().map(|holder| holder.id) else {
        return Ok(None);
    };
    let ours = |id: SystemIdentifier| [asked.declared, asked.made].contains(&Some(id));
    if holders.iter().any(|holder| holder.id != id) {
        let mut ids = [asked.declared, asked.made].into_iter().flatten();
        let ours = ids.find(|id| holders.iter().any(|holder| holder.id == *id));
        return Err(Refusal::DifferentClusters { holders, ours });
    }
    if ours(id) {
        return Ok(Some(id));
    }
    let holders = holders.into_iter().map(|holder| holder.node).collect();
    Err(Refusal::NotMadeHere { holders, id })
}
