//! How a failed node comes home: what is the same whatever looks after its cluster.

mod exchange;
mod obstacle;
pub mod patroni;
pub mod pgpool;
mod words;

pub use obstacle::{Hindrance, Obstacle};

use super::{Node, SystemIdentifier};
use exchange::Exchange;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked for, and what the nodes said.
#[derive(Clone, Debug)]
pub struct Request {
    /// The node that is to come home.
    pub node: String,
    /// As what.
    pub goal: Goal,
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// Which of them is the primary where nothing failed.
    pub first: String,
    /// What each said; who could not be reached is not in it.
    pub says: BTreeMap<String, Node>,
    /// Which cluster this controller made.
    pub made: Option<SystemIdentifier>,
    /// Which cluster the inventory declares.
    pub declared: Option<SystemIdentifier>,
    /// What the user wants.
    pub policy: Policy,
    /// The inventory, as commands name it.
    pub inventory: String,
}

/// As what a node comes home.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// As a standby.
    Replica,
    /// As a standby first, to which the lead is handed over then.
    Primary,
}

/// What the user says about loss.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// What lay on the node stays beside the new data.
    pub keep_diverged_data: bool,
    /// Transactions that may have been acknowledged are given up.
    pub accept_loss: bool,
}

/// By which way a node comes home.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It streams: nothing is to be done.
    Nothing,
    /// It is the primary.
    Lead,
    /// Its data is good as it is.
    Follow,
    /// A copy of its data is rewound to the fork.
    Rewind,
    /// The primary is copied.
    Copy,
    /// Under Patroni: a bare host, which is built.
    Build,
    /// Under Patroni, where all are to come home: it can't be reached.
    Missing,
}

impl Way {
    /// Whether other data comes into the place of the node's.
    pub fn replaces(self) -> bool {
        matches!(self, Self::Rewind | Self::Copy)
    }
}

impl Request {
    /// What the node said that is to come home.
    fn mine(&self) -> Result<&Node, Obstacle> {
        if self.nodes.contains(&self.node) {
            self.says.get(&self.node).ok_or(Obstacle::Silent)
        } else {
            Err(Obstacle::NoNode)
        }
    }

    /// Whose data a primary has, and whose this controller made, where these are two clusters.
    fn of_another(&self, primary: &Node) -> Option<(SystemIdentifier, SystemIdentifier)> {
        let (id, made) = (primary.id?, self.made?);
        (id != made && self.declared != Some(id)).then_some((id, made))
    }

    /// Who can't be reached, in the order of the inventory.
    fn silent(&self) -> Vec<String> {
        let silent = |name: &&String| !self.says.contains_key(*name);
        self.nodes.iter().filter(silent).cloned().collect()
    }

    /// The command that does all of this again.
    fn again(&self) -> String {
        self.bring(&self.node)
    }

    fn bring(&self, node: &str) -> String {
        let goal = match self.goal {
            Goal::Replica => "replica",
            Goal::Primary => "primary",
        };
        let inventory = &self.inventory;
        format!("trueup apply playbooks/restore-{goal}.yml -i {inventory} -e node={node}")
    }
}
