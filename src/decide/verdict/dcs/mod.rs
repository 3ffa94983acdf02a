//! Whether what etcd or ZooKeeper remembers of a cluster goes with what its nodes hold, before any Patroni
//! is started.

mod refusal;

pub use refusal::{Held, Refusal};

use super::Cluster;
use crate::decide::{Found, Made, Memory, Refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the verdict follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which of the two it is.
    pub store: Store,
    /// Where in it the cluster's memory is.
    pub place: String,
    /// What it knows.
    pub knows: Memory,
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// Who leaves it in this run.
    pub retired: Vec<String>,
    /// Who makes the database where none is.
    pub primary: String,
    /// What was found on each node; who could not be reached is not in it.
    pub says: BTreeMap<String, Found>,
    /// A cluster whose data is on no node is forgotten.
    pub heal: bool,
    /// Who starts first where data is there, and nothing is known of it.
    pub first: Option<String>,
}

/// Where Patroni keeps who leads.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// etcd
    Etcd,
    /// ZooKeeper
    Zookeeper,
}

/// How the nodes are started.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Start {
    /// What comes before.
    pub todo: Todo,
    /// Why.
    pub why: String,
    /// Who is started before the others; empty where Patroni decides.
    pub first: String,
}

/// What is done about what is remembered.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Todo {
    /// It is right.
    #[serde(rename = "go on")]
    GoOn,
    /// The cluster in it is forgotten: its data is on no node.
    Forget,
}

/// How the nodes are started, once what is remembered goes with what they hold.
///
/// # Errors
///
/// A refusal, which says what is so and what mends it: no Patroni was started.
pub fn verdict(asked: &Asked) -> Result<Start, Refused<Refusal>> {
    decide(asked).map_err(|why| {
        let words = why.words(asked);
        Refused { why, words }
    })
}

fn decide(asked: &Asked) -> Result<Start, Refusal> {
    let cluster = Cluster::of(&asked.nodes, &asked.says);
    let todo = match asked.knows.initialize {
        Some(made) if !is_held(made, &cluster) => {
            nowhere(asked, &cluster, made)?;
            Todo::Forget
        }
        _ => {
            strangers(asked)?;
            Todo::GoOn
        }
    };
    let unknown = todo == Todo::Forget || asked.knows.initialize.is_none();
    let first = if unknown {
        first(asked, &cluster)?
    } else {
        String::new()
    };
    let why = match (todo, asked.knows.initialize) {
        (Todo::GoOn, _) | (Todo::Forget, None) => String::new(),
        (Todo::Forget, Some(made)) => asked.forgets(made),
    };
    Ok(Start { todo, why, first })
}

fn is_held(made: Made, cluster: &Cluster) -> bool {
    let Made::Cluster(known) = made else {
        return false;
    };
    let mut holders = cluster.holders().into_iter();
    holders.any(|(_, found)| found.id == Some(known))
}

/// Whether the cluster that is known may be forgotten, whose data no node holds that answers.
fn nowhere(asked: &Asked, cluster: &Cluster, made: Made) -> Result<(), Refusal> {
    let knows = &asked.knows;
    let id = match made {
        Made::Now => None,
        Made::Cluster(id) => Some(id),
    };
    if let Some(id) = id {
        let silent = cluster.silent();
        if !silent.is_empty() {
            return Err(Refusal::MayHold { id, silent });
        }
        let ours = |member: &String| asked.nodes.contains(member);
        if !knows.leader.is_empty() || knows.members.iter().any(ours) {
            let members = knows.members.clone();
            return Err(Refusal::Alive { id, members });
        }
    }
    if asked.heal {
        return Ok(());
    }
    let held = cluster.holders();
    let held = held.first().map(|(_, found)| Held {
        holders: cluster.names(|_, found| found.holds),
        id: found.id,
    });
    Err(Refusal::DataIsNowhere { id, held })
}

/// Whether all that is there is declared.
fn strangers(asked: &Asked) -> Result<(), Refusal> {
    let stranger = |name: &&String| !asked.nodes.contains(name) && !asked.retired.contains(name);
    let Memory {
        leader, members, ..
    } = &asked.knows;
    if !leader.is_empty() && stranger(&leader) {
        return Err(Refusal::StrangerLeads(leader.clone()));
    }
    let strangers: Vec<String> = members.iter().filter(stranger).cloned().collect();
    if strangers.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Strangers(strangers))
    }
}

/// Who starts before the others where nothing is known, or will be once it is forgotten.
fn first(asked: &Asked, cluster: &Cluster) -> Result<String, Refusal> {
    let holders = cluster.names(|_, found| found.holds);
    if holders.is_empty() {
        return Ok(asked.primary.clone());
    }
    let first = asked.first.clone();
    if let Some(first) = first.clone().filter(|first| !holders.contains(first)) {
        return Err(Refusal::HoldsNothing { first, holders });
    }
    if !cluster.names(|_, found| found.leads()).is_empty() {
        return Ok(first.unwrap_or_default());
    }
    let silent = cluster.silent();
    if !silent.is_empty() {
        return Err(Refusal::MayBeAhead { holders, silent });
    }
    first.ok_or(Refusal::WhoStartsFirst(holders))
}

impl Asked {
    fn place(&self) -> String {
        let name = match self.store {
            Store::Etcd => "etcd",
            Store::Zookeeper => "ZooKeeper",
        };
        format!("{name} ({})", self.place)
    }

    fn forgets(&self, made: Made) -> String {
        let what = match made {
            Made::Now => "that a cluster is being made, which nobody makes".to_owned(),
            Made::Cluster(id) => {
                format!("the cluster with system identifier {id}, whose data no node holds")
            }
        };
        format!("{} forgets {what}", self.place())
    }
}
