//! Why a node does not come home now, and what to do about it.

use super::loss::Told;
use super::words::mb;
use super::{Asked, Goal};
use crate::decide::{Refused, SystemIdentifier, Timeline};
use serde::Serialize;

/// Why nothing is done.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It is no node of the cluster.
    NoNode,
    /// It can't be reached.
    Silent,
    /// The pgpool host can't be reached.
    NoPool,
    /// This planned switchover was cut off.
    CutOff(String),
    /// It is the primary, and is to be a standby.
    Leads(Timeline),
    /// There is no primary that it could follow.
    NobodyLeads {
        /// The last primary.
        last: String,
        /// Who has every acknowledged commit.
        sure: Option<String>,
    },
    /// The primary is not of the cluster that this controller made.
    AnotherCluster {
        /// The primary.
        source: String,
        /// Whose data it has.
        id: SystemIdentifier,
        /// Which one the controller made.
        made: SystemIdentifier,
    },
    /// This node has tablespaces outside of its data folder.
    Tablespaces(String),
    /// The data folder is a mount point.
    Mounted,
    /// The disk is too small.
    Full {
        /// How many bytes are needed.
        needs: u64,
    },
    /// Transactions that may have been acknowledged would be given up.
    MayBeLost(Told),
}

impl Refusal {
    pub(super) fn told(self, asked: &Asked) -> Refused<Self> {
        let words = self.words(asked);
        Refused { why: self, words }
    }

    fn words(&self, asked: &Asked) -> String {
        let node = &asked.node;
        let again = asked.again(node);
        match self {
            Self::NoNode => format!(
                "{node} is no node of this inventory; its nodes are {}: {}",
                asked.nodes.join(", "),
                asked.again(&asked.first)
            ),
            Self::Silent => format!(
                "{node} cannot be reached. Nothing was touched. Power it on and let its network through; \
                 then: {again}"
            ),
            Self::NoPool => format!(
                "{}, the pgpool host, cannot be reached, and without it nobody would look after {node}. \
                 Nothing was touched. Bring it back; then: {again}",
                asked.pool_host
            ),
            Self::CutOff(planned) => format!(
                "A planned switchover ({planned}) was cut off, and is not brought to its end yet. The \
                 keeper on {} does that as soon as both nodes answer (journalctl -u pg-keeper). Then: {again}",
                asked.pool_host
            ),
            Self::Leads(timeline) => {
                let others = asked.nodes.iter().find(|other| *other != node);
                let to = others.map_or("NODE", String::as_str);
                format!(
                    "{node} is the primary (timeline {timeline}), and no other node is ahead of it. Nothing \
                     was touched. To let another lead without loss: trueup apply playbooks/switchover.yml \
                     -i {} -e to={to}",
                    asked.inventory
                )
            }
            Self::NobodyLeads { last, sure } => nobody_leads(asked, last, sure.as_deref()),
            Self::AnotherCluster { source, id, made } => format!(
                "The primary {source} holds system identifier {id}, and this controller made {made}: that \
                 is another cluster. Nothing was touched. To adopt it, declare pg_system_identifier: \
                 '{id}'; then: {again}"
            ),
            Self::Tablespaces(whose) => format!(
                "{whose} has tablespaces outside {}, which can't be moved aside with it. Nothing was \
                 touched. Restore it by hand: pg_basebackup with --tablespace-mapping",
                asked.data()
            ),
            Self::Mounted => format!(
                "{data} on {node} is a mount point, and can't be moved aside. Nothing was touched. Mount \
                 the file system on {above} instead, or empty it by hand after you saved what you need; \
                 then: {again}",
                data = asked.data(),
                above = above(asked.data()),
            ),
            Self::Full { needs } => full(asked, *needs),
            Self::MayBeLost(told) => may_be_lost(asked, told),
        }
    }
}

impl Asked {
    fn again(&self, node: &str) -> String {
        let goal = match self.goal {
            Goal::Replica => "replica",
            Goal::Primary => "primary",
        };
        let inventory = &self.inventory;
        format!("trueup apply playbooks/restore-{goal}.yml -i {inventory} -e node={node}")
    }

    fn data(&self) -> &str {
        self.says.get(&self.node).map_or("", |says| &says.data)
    }
}

fn nobody_leads(asked: &Asked, last: &str, sure: Option<&str>) -> String {
    let node = &asked.node;
    let (silent, idle) = (asked.silent(), asked.idle());
    let unreached = match &silent[..] {
        [] => String::new(),
        names => format!(": {} cannot be reached", names.join(", ")),
    };
    let stopped = match &idle[..] {
        [] => String::new(),
        names => format!("; PostgreSQL does not run on {}", names.join(", ")),
    };
    let has = match sure {
        Some(name) => format!("{name} has every acknowledged commit"),
        None => "no standby was synchronous".to_owned(),
    };
    let bring = [silent, idle].into_iter().find(|names| !names.is_empty());
    let bring = bring.map_or_else(|| last.to_owned(), |names| names.join(" and "));
    format!(
        "No node is a primary that {node} could follow{unreached}{stopped}. The last primary was {last}, \
         and {has}. Nothing was touched. Bring {bring} back, and the cluster comes back by itself; where \
         that is not possible, see who can be promoted by hand: trueup plan playbooks/failover.yml -i {}",
        asked.inventory
    )
}

fn full(asked: &Asked, needs: u64) -> String {
    let node = &asked.node;
    let (free, asides) = match asked.says.get(node) {
        Some(says) => (says.free, says.asides.as_str()),
        None => (0, ""),
    };
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
        above(asked.data()),
        asked.again(node)
    )
}

fn may_be_lost(asked: &Asked, told: &Told) -> String {
    let node = &asked.node;
    let beyond = &told.beyond;
    let what = if beyond.complete {
        let s = if beyond.committed == 1 { "" } else { "s" };
        format!("{} committed transaction{s}", beyond.committed)
    } else {
        "WAL".to_owned()
    };
    format!(
        "{node} has {what} that no other node has, and {}. Nothing was touched. Look at them, and copy by \
         hand what you need; to give them up (they stay beside the new data): {} -e accept_loss=true\n  {}",
        told.may,
        asked.again(node),
        beyond.lines.join("\n  ")
    )
}

/// The folder that a path is in.
fn above(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}
