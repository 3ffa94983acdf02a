//! Why the primary does not change, and what to do about it.

use super::Asked;
use crate::decide::Refused;
use serde::{Deserialize, Serialize};

/// Why nothing is done.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody was named who is to lead.
    NobodyNamed,
    /// It is no node of the cluster.
    NoNode,
    /// It can't be reached.
    Silent,
    /// The pgpool host can't be reached.
    NoPool,
    /// There is no primary that could hand over.
    NobodyLeads {
        /// Who can't be reached.
        silent: Vec<String>,
    },
    /// It is no standby of the primary at present.
    DoesNotStream {
        /// The primary.
        from: String,
    },
    /// It stays behind on purpose.
    Delayed {
        /// The primary.
        from: String,
        /// How far.
        delay: String,
    },
}

impl Refusal {
    pub(super) fn refused(self, asked: &Asked) -> Refused<Self> {
        let words = self.words(asked);
        Refused { why: self, words }
    }

    fn words(&self, asked: &Asked) -> String {
        let to = asked.to.as_deref().unwrap_or("NODE");
        let again = asked.again(to);
        match self {
            Self::NobodyNamed => format!(
                "Say who shall become the primary: {}",
                asked.another(&asked.from())
            ),
            Self::NoNode => format!(
                "{to} is no node of this inventory; its nodes are {}: {}",
                asked.nodes.join(", "),
                asked.another(&asked.from())
            ),
            Self::Silent => {
                format!("{to} cannot be reached. Nothing was touched. Bring it back; then: {again}")
            }
            Self::NoPool => format!(
                "{}, the pgpool host, cannot be reached. Nothing was touched. Bring it back; then: {again}",
                asked.pool_host
            ),
            Self::NobodyLeads { silent } => {
                let silent = if silent.is_empty() {
                    String::new()
                } else {
                    format!("; {} cannot be reached", silent.join(", "))
                };
                format!(
                    "No node is a primary{silent}. A switchover needs one that hands over. Nothing was \
                     touched. See who can be promoted by hand: trueup plan playbooks/failover.yml -i {}",
                    asked.inventory
                )
            }
            Self::DoesNotStream { from } => format!(
                "{to} does not stream from {from}, the primary. Nothing was touched. First: trueup apply \
                 playbooks/restore-replica.yml -i {} -e node={to} and then: {again}",
                asked.inventory
            ),
            Self::Delayed { from, delay } => format!(
                "{to} is declared to stay {delay} behind (replica_delay), so clients would be held that long. \
                 Nothing was touched. Choose another: {}",
                asked.another(&[from, to])
            ),
        }
    }
}

impl Asked {
    fn from(&self) -> Vec<&str> {
        self.leader().map(|(name, _)| name).into_iter().collect()
    }

    /// The same command again.
    fn again(&self, to: &str) -> String {
        let inventory = &self.inventory;
        if self.after.is_some() {
            format!("trueup apply playbooks/restore-primary.yml -i {inventory} -e node={to}")
        } else {
            self.switchover(to)
        }
    }

    /// A switchover to the first who is none of these.
    fn another(&self, than: &[&str]) -> String {
        let other = |name: &&String| !than.contains(&name.as_str());
        self.switchover(self.nodes.iter().find(other).map_or("NODE", String::as_str))
    }

    fn switchover(&self, to: &str) -> String {
        let inventory = &self.inventory;
        format!("trueup apply playbooks/switchover.yml -i {inventory} -e to={to}")
    }
}
