//! Why nobody is promoted, and what to do about it.

use super::{Asked, words};
use crate::decide::{Lsn, Refused, Timeline};
use serde::{Deserialize, Serialize};

/// Why nobody is promoted.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// This node leads.
    Leads(String),
    /// Patroni's memory can't be asked.
    NoMemory,
    /// This node still holds the leader's lock.
    Locked(String),
    /// The cluster is paused.
    Paused,
    /// No node can be promoted; these would lose nothing.
    Nobody(Vec<String>),
    /// The node that the user wants can't be promoted.
    Unfit {
        /// The node.
        node: String,
        /// Why.
        why: Unfit,
        /// The best that can be.
        best: Option<String>,
    },
    /// The node may lack acknowledged transactions.
    MayLack(Lacks),
}

/// Why a node can't be promoted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// It is no node of the cluster.
    NoNode,
    /// It can't be reached.
    Silent,
    /// Its server does not run.
    Stopped,
}

/// What a node may lack.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Lacks {
    /// The node.
    pub node: String,
    /// For whom commits waited.
    pub waited: Vec<String>,
    /// Under this leader.
    pub under: Option<String>,
    /// Who got farther.
    pub more: Option<More>,
    /// Whose log could not be seen, where any may have the most.
    pub unseen: Vec<String>,
    /// Who lacks nothing, or less.
    pub bring: Vec<String>,
}

/// A node that got farther.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct More {
    /// The node.
    pub node: String,
    /// By how many bytes of log; 0 where it is its timeline that is newer.
    pub bytes: u64,
    /// The timeline that it is on.
    pub timeline: Timeline,
    /// Where its log ends.
    pub at: Lsn,
}

impl Lacks {
    /// Why it may lack something.
    pub(super) fn why(&self) -> String {
        let waited = match &self.waited[..] {
            [] => "nobody".to_owned(),
            names => names.join(", "),
        };
        let more = match &self.more {
            None => String::new(),
            Some(More {
                node,
                bytes: 0,
                timeline,
                at,
            }) => {
                format!(": {node} is on timeline {timeline} (up to {at})")
            }
            Some(More {
                node,
                bytes,
                timeline,
                at,
            }) => {
                format!(": {node} has {bytes} bytes of log more (timeline {timeline}, up to {at})")
            }
        };
        let unseen = match &self.unseen[..] {
            [] => String::new(),
            names => format!("; how far {} got is not known", names.join(" and ")),
        };
        format!(
            "commits waited for {waited} under {}, and not for {}{more}{unseen}",
            self.under.as_deref().unwrap_or("the last leader"),
            self.node
        )
    }
}

impl Refusal {
    pub(super) fn refused(self, asked: &Asked) -> Refused<Self> {
        let words = self.words(asked);
        Refused { why: self, words }
    }

    fn words(&self, asked: &Asked) -> String {
        let again = asked.again();
        match self {
            Self::Leads(leader) => {
                let first = asked.memory.as_ref().and_then(|memory| memory.sync.first());
                let to = asked.to.as_ref().or(first).map_or("NODE", String::as_str);
                format!(
                    "{leader} leads and takes writes. Nothing was touched. To let another lead without loss: \
                     trueup apply playbooks/switchover.yml -i {} -e to={to}",
                    asked.inventory
                )
            }
            Self::NoMemory => {
                let bring = match &asked.silent()[..] {
                    [] => "its members".to_owned(),
                    names => names.join(", "),
                };
                format!(
                    "Patroni's memory ({}) can't be asked on any node that answers: without its quorum nobody \
                     can be promoted. Nothing was touched. Bring {bring} back; what mends it: {}",
                    asked.store,
                    asked.whole()
                )
            }
            Self::Locked(leader) => format!(
                "{leader} still holds the leader's lock, for at most {} s after it was lost. Nothing was \
                 touched. Then Patroni promotes by itself a node that has every acknowledged commit; where \
                 there is none: {again}",
                asked.ttl
            ),
            Self::Paused => format!(
                "The cluster is paused, so Patroni promotes nobody by itself. Nothing was touched. On a node: \
                 patronictl resume; where nobody leads after that: {again}"
            ),
            Self::Nobody(away) => {
                let bring = [away.clone(), asked.silent(), asked.nodes.clone()];
                let bring = bring.into_iter().find(|names| !names.is_empty());
                format!(
                    "No node can be promoted: on none do PostgreSQL and Patroni run. Nothing was touched. \
                     Bring {} back: {}",
                    bring.unwrap_or_default().join(" and "),
                    asked.whole()
                )
            }
            Self::Unfit { node, why, best } => {
                let why = match why {
                    Unfit::NoNode => "it is no node of this inventory",
                    Unfit::Silent => "it cannot be reached",
                    Unfit::Stopped => "PostgreSQL does not run there",
                };
                let other = match best {
                    Some(best) => format!("The best of the others: {again} -e to={best}"),
                    None => format!(
                        "No other can be either; what is so: trueup status -i {}",
                        asked.inventory
                    ),
                };
                format!("{node} can't be promoted: {why}. Nothing was touched. {other}")
            }
            Self::MayLack(lacks) => may_lack(asked, lacks),
        }
    }
}

fn may_lack(asked: &Asked, lacks: &Lacks) -> String {
    let memory = asked.memory.as_ref();
    let lines = memory.map(|memory| words::nodes(asked, memory));
    let Lacks { node, bring, .. } = lacks;
    let them = if bring.len() > 1 { "them" } else { "it" };
    format!(
        "{node} may lack acknowledged transactions: {}. Nothing was touched. Without loss: bring {} back ({}), \
         and Patroni goes on from there. To go on without {them}: {} -e to={node} -e accept_loss=true\n  {}",
        lacks.why(),
        bring.join(" or "),
        asked.whole(),
        asked.again(),
        lines.unwrap_or_default().join("\n  ")
    )
}

impl Asked {
    fn again(&self) -> String {
        format!("trueup apply playbooks/failover.yml -i {}", self.inventory)
    }

    /// The command that builds what is declared.
    fn whole(&self) -> String {
        let Self {
            store, inventory, ..
        } = self;
        format!("trueup apply playbooks/patroni-{store}.yml -i {inventory}")
    }
}
