//! Why the lead stays where it is, and what to do about it.

use super::Asked;
use crate::decide::Refused;
use serde::{Deserialize, Serialize};

/// Why the lead is not handed over.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Patroni's memory can't be asked.
    NoMemory,
    /// Nobody said who is to lead.
    NotSaid,
    /// This is no node of the cluster.
    NoNode(String),
    /// There is nobody to take over from.
    NobodyLeads,
    /// The cluster is paused, and this node leads.
    Paused(String),
    /// The node does not follow the leader.
    Strays {
        /// The node.
        node: String,
        /// The leader.
        leader: String,
        /// What the node is, as Patroni knows it.
        state: Option<String>,
    },
    /// This node's tags say that it never leads.
    NeverLeads(String),
    /// Commits never wait for this node.
    Asynchronous(String),
}

impl Refusal {
    pub(super) fn refused(self, asked: &Asked) -> Refused<Self> {
        let words = self.words(asked);
        Refused { why: self, words }
    }

    fn words(&self, asked: &Asked) -> String {
        let inventory = &asked.inventory;
        match self {
            Self::NoMemory => format!(
                "Patroni's memory can't be asked on any node, so nobody knows who leads. Nothing was touched. \
                 What is so: trueup status -i {inventory}"
            ),
            Self::NotSaid => format!("Say which node is to lead: {}", asked.other("")),
            Self::NoNode(node) => format!(
                "{node} is no node of this inventory; its nodes are {}",
                asked.nodes.join(", ")
            ),
            Self::NobodyLeads => format!(
                "Nobody leads, so there is nobody to take over from. Nothing was touched. To see who can be \
                 promoted by hand: trueup plan playbooks/failover.yml -i {inventory}"
            ),
            Self::Paused(leader) => format!(
                "The cluster is paused, so Patroni leaves {leader} the lead. Nothing was touched. To end that, \
                 on {leader}: patronictl resume"
            ),
            Self::Strays {
                node,
                leader,
                state,
            } => format!(
                "{node} does not follow {leader} ({}), so the lead can't go there without loss. Nothing was \
                 touched. To bring it home first: trueup apply playbooks/restore-replica.yml -i {inventory} -e \
                 node={node}",
                state.as_deref().unwrap_or("Patroni does not know it")
            ),
            Self::NeverLeads(node) => format!(
                "The tags of {node} say that it never leads (nofailover). Nothing was touched. Take the tag \
                 away in the inventory and apply, or choose another: {}",
                asked.other(node)
            ),
            Self::Asynchronous(node) => format!(
                "{node} is asynchronous (tag nosync): commits never wait for it, so the lead can't go there \
                 without loss. Nothing was touched. Choose another: {}",
                asked.other(node)
            ),
        }
    }
}

impl Asked {
    /// The command that lets another than this node lead: one for whom commits wait, where there is one.
    fn other(&self, node: &str) -> String {
        let to = self.memory.as_ref().and_then(|memory| {
            let fit = |name: &&str| *name != node && memory.may_lead(name);
            let sync = memory.sync.iter().map(String::as_str);
            sync.chain(memory.followers()).find(fit)
        });
        let to = to.unwrap_or("NODE");
        format!(
            "trueup apply playbooks/switchover.yml -i {} -e to={to}",
            self.inventory
        )
    }
}
