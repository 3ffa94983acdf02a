//! What keeps a node from coming home, whatever looks after its cluster.

use super::Request;
use super::words::{above, mb};
use crate::decide::{Node, Refused};
use serde::{Deserialize, Serialize};

/// What is in the way.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It is no node of the cluster.
    NoNode,
    /// It can't be reached.
    Silent,
    /// This node has tablespaces outside of its data folder.
    Tablespaces(String),
    /// The data folder of this node is a mount point.
    Mounted(String),
    /// The disk of a node is too small.
    Full {
        /// The node.
        node: String,
        /// How many bytes are needed.
        needs: u64,
    },
}

/// Why a node does not come home now.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Hindrance<Own> {
    /// What only this kind of cluster knows.
    Own(Own),
    /// What may keep a node of any cluster.
    Any(Obstacle),
}

impl<Own> From<Obstacle> for Hindrance<Own> {
    fn from(obstacle: Obstacle) -> Self {
        Self::Any(obstacle)
    }
}

impl<Own> Hindrance<Own> {
    /// With its words; `own` says those of what only this kind of cluster knows.
    pub(super) fn refused(
        self,
        request: &Request,
        own: impl FnOnce(&Own) -> String,
    ) -> Refused<Self> {
        let words = match &self {
            Self::Own(refusal) => own(refusal),
            Self::Any(obstacle) => obstacle.words(request),
        };
        Refused { why: self, words }
    }
}

impl Obstacle {
    fn words(&self, request: &Request) -> String {
        let again = request.again();
        let data = |node| request.says.get(node).map_or("", |says| &says.data);
        match self {
            Self::NoNode => format!(
                "{} is no node of this inventory; its nodes are {}: {}",
                request.node,
                request.nodes.join(", "),
                request.bring(&request.first)
            ),
            Self::Silent => format!(
                "{} cannot be reached. Nothing was touched. Power it on and let its network through; \
                 then: {again}",
                request.node
            ),
            Self::Tablespaces(node) => format!(
                "{node} has tablespaces outside {}, which can't be moved aside with it. Nothing was \
                 touched. Restore it by hand: pg_basebackup with --tablespace-mapping",
                data(node)
            ),
            Self::Mounted(node) => format!(
                "{data} on {node} is a mount point, and can't be moved aside. Nothing was touched. Mount \
                 the file system on {above} instead, or empty it by hand after you saved what you need; \
                 then: {again}",
                data = data(node),
                above = above(data(node)),
            ),
            Self::Full { node, needs } => full(request, node, *needs),
        }
    }
}

fn full(request: &Request, node: &str, needs: u64) -> String {
    let says = request.says.get(node);
    let free = says.map_or(0, |says| says.free);
    let asides = says.map_or_else(String::new, Node::removable);
    let asides = if asides.is_empty() {
        String::new()
    } else {
        format!(" What earlier restores moved aside may go: {asides}.")
    };
    format!(
        "The disk of {node} is too small: {} are needed beside the old data, {} are free, {} are missing on \
         {}. Nothing was touched.{asides} Make room; then: {}",
        mb(needs),
        mb(free),
        mb(needs.saturating_sub(free)),
        above(says.map_or("", |says| &says.data)),
        request.again()
    )
}
