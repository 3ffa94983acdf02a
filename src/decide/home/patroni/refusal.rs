//! Why the nodes do not come home now, and what to do about it.

use super::Asked;
use super::loss::Told;
use crate::decide::home::Hindrance;
use crate::decide::home::words::{above, kept, mb};
use crate::decide::{Node, SystemIdentifier, Timeline};
use serde::{Deserialize, Serialize};

/// Why nothing is done.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Patroni's memory can't be asked.
    NoMemory,
    /// There is no leader that it could follow.
    NobodyLeads {
        /// The last leader.
        last: Option<String>,
        /// Who has every acknowledged commit.
        sure: Vec<String>,
        /// Whether the cluster is paused.
        paused: bool,
    },
    /// The leader is not of the cluster that this controller made.
    AnotherCluster {
        /// The leader.
        leader: String,
        /// Whose data it has.
        id: SystemIdentifier,
        /// Which one the controller made.
        made: SystemIdentifier,
    },
    /// It leads, and is to be a replica.
    Leads {
        /// On this timeline.
        timeline: Timeline,
        /// Who else could.
        to: Option<String>,
    },
    /// This node is a bare host.
    Bare(String),
    /// The disk of a node is too small for the copy that Patroni makes by itself.
    TooSmall {
        /// The node.
        node: String,
        /// How many bytes are needed.
        needs: u64,
        /// How many can be had.
        room: u64,
    },
    /// Transactions that may have been acknowledged would be given up.
    MayBeLost(Told),
}

impl From<Refusal> for Hindrance<Refusal> {
    fn from(refusal: Refusal) -> Self {
        Self::Own(refusal)
    }
}

impl Refusal {
    pub(super) fn words(&self, asked: &Asked) -> String {
        let request = &asked.request;
        let again = request.again();
        let inventory = &request.inventory;
        match self {
            Self::NoMemory => {
                let silent = request.silent();
                let silent = match &silent[..] {
                    [] => String::new(),
                    names => format!(", and {} cannot be reached", names.join(", ")),
                };
                format!(
                    "Patroni's memory ({}) can't be asked on any node that answers{silent}: it has no quorum, \
                     or is not built. Nothing was touched. What mends that: {}; then: {again}",
                    asked.store,
                    asked.whole()
                )
            }
            Self::NobodyLeads { last, sure, paused } => {
                nobody_leads(asked, last.as_deref(), sure, *paused)
            }
            Self::AnotherCluster { leader, id, made } => format!(
                "{leader}, which leads, holds system identifier {id}, and this controller made {made}: that \
                 is another cluster. Nothing was touched. To adopt it, declare pg_system_identifier: \
                 '{id}'; then: {again}"
            ),
            Self::Leads { timeline, to } => format!(
                "{} leads (timeline {timeline}). Nothing was touched. To let another lead without loss: \
                 trueup apply playbooks/switchover.yml -i {inventory} -e to={}",
                request.node,
                to.as_deref().unwrap_or("NODE")
            ),
            Self::Bare(node) => format!(
                "{node} is a bare host: Patroni is not installed there. Nothing was touched. To build it as a \
                 replica: {}",
                asked.whole()
            ),
            Self::TooSmall { node, needs, room } => too_small(asked, node, *needs, *room),
            Self::MayBeLost(told) => {
                let may = format!(": {}", told.may);
                kept(request, &told.node, &told.beyond, "log", &may)
            }
        }
    }
}

fn nobody_leads(asked: &Asked, last: Option<&str>, sure: &[String], paused: bool) -> String {
    let request = &asked.request;
    let silent = match &request.silent()[..] {
        [] => String::new(),
        names => format!(": {} cannot be reached", names.join(", ")),
    };
    let has = match sure {
        [] => "no replica was synchronous".to_owned(),
        names => format!("{} has every acknowledged commit", names.join(", ")),
    };
    let paused = if paused {
        ", but the cluster is paused (on a node: patronictl resume)"
    } else {
        ""
    };
    format!(
        "No node leads that {} could follow{silent}. The last leader was {}, and {has}{paused}. Nothing was \
         touched. Within {} s after the loss Patroni promotes one that has them all; where it can't, see who \
         can be promoted by hand: trueup plan playbooks/failover.yml -i {}",
        request.node,
        last.unwrap_or("nobody"),
        asked.ttl,
        request.inventory
    )
}

fn too_small(asked: &Asked, node: &str, needs: u64, room: u64) -> String {
    let request = &asked.request;
    let says = request.says.get(node);
    let asides = match says.map(Node::removable).unwrap_or_default() {
        none if none.is_empty() => String::new(),
        some => format!(" What earlier restores moved aside may go when nobody needs it: {some}."),
    };
    format!(
        "The disk of {node} is too small for the copy that Patroni tries to make there: {} are needed, {} can \
         be had on {}.{asides} Make room; then: {}",
        mb(needs),
        mb(room),
        above(says.map_or("", |says| &says.data)),
        request.again()
    )
}
