//! What a cluster looks like now, as data: the JSON of `trueup status --json` (docs/status.md).

mod etcd;
mod patroni;
mod pgpool;
mod postgres;
mod proxy;
mod zookeeper;

pub use etcd::{Etcd, ListedMember};
pub use patroni::{Member, Patroni, PatroniStatus, Store};
pub use pgpool::{Backend, Pgpool};
pub use postgres::{Postgres, Slot, Standby};
pub use proxy::{Proxy, Served};
pub use zookeeper::Zookeeper;

use super::spec::Role;
use serde::{Deserialize, Serialize};

/// The version of the JSON form; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// What every server of the cluster answered.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct ClusterStatus {
    /// [`VERSION`].
    pub version: u32,
    /// The database nodes in the order of the inventory, which is pgpool's numbering.
    pub nodes: Vec<Node>,
    /// What stands around the database nodes.
    #[serde(flatten)]
    pub topology: TopologyStatus,
}

/// What the servers around the database nodes answered.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "topology", rename_all = "lowercase")]
pub enum TopologyStatus {
    /// pgpool decides who is the primary.
    Pgpool {
        /// The pgpool hosts.
        pools: Vec<Asked<Pgpool>>,
    },
    /// Patroni decides.
    Patroni(PatroniStatus),
}

/// A server of another kind than PostgreSQL, and what it answered.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Asked<T> {
    /// The name of its host in the inventory.
    pub name: String,
    /// What was found.
    #[serde(flatten)]
    pub seen: Seen<T>,
}

/// A database node.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Node {
    /// The name in the inventory, which is also its `application_name`.
    pub name: String,
    /// What the inventory declares it to be.
    pub declared: Role,
    /// Whether its PostgreSQL listens where the others look for it; not known of one that is silent.
    pub listens: Option<bool>,
    /// What was found.
    #[serde(flatten)]
    pub seen: Seen<Postgres>,
}

impl Node {
    /// The slot from which it streams: its name in the letters that a slot may have.
    pub fn slot_name(&self) -> String {
        self.name
            .to_lowercase()
            .chars()
            .map(|c| {
                if c.is_ascii_lowercase() || c.is_ascii_digit() {
                    c
                } else {
                    '_'
                }
            })
            .collect()
    }
}

/// What asking a server came to. No answer is data, not an error.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Seen<T> {
    /// It answered.
    Up {
        /// What it said.
        answer: Box<T>,
    },
    /// The host can be reached, but nothing answers on the port.
    Down {
        /// What the host said.
        why: String,
    },
    /// The server answers, but it does not let us in or can't answer.
    Refused {
        /// What the server said.
        why: String,
    },
    /// The host can't be reached.
    Unreachable {
        /// Why not.
        why: String,
    },
}

impl<T> Seen<T> {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&T> {
        match self {
            Self::Up { answer } => Some(answer),
            _ => None,
        }
    }

    /// Whether its host can't be reached.
    pub fn unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

impl ClusterStatus {
    /// The nodes that say they are primaries, each with its answer.
    pub fn primaries(&self) -> impl Iterator<Item = (&Node, &Postgres)> {
        self.nodes
            .iter()
            .filter_map(|node| Some((node, node.seen.answer()?)))
            .filter(|(_, postgres)| !postgres.in_recovery)
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The pgpool hosts; none in another topology.
    pub fn pools(&self) -> &[Asked<Pgpool>] {
        match &self.topology {
            TopologyStatus::Pgpool { pools } => pools,
            TopologyStatus::Patroni(_) => &[],
        }
    }

    /// What Patroni and its surroundings say, where Patroni decides.
    pub fn patroni(&self) -> Option<&PatroniStatus> {
        match &self.topology {
            TopologyStatus::Pgpool { .. } => None,
            TopologyStatus::Patroni(patroni) => Some(patroni),
        }
    }

    /// Whether not one host could be reached.
    pub fn all_unreachable(&self) -> bool {
        self.nodes.iter().all(|node| node.seen.unreachable())
            && match &self.topology {
                TopologyStatus::Pgpool { pools } => {
                    pools.iter().all(|pool| pool.seen.unreachable())
                }
                TopologyStatus::Patroni(patroni) => patroni.all_unreachable(),
            }
    }
}
