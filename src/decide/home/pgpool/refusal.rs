//! Why a node does not come home now, and what to do about it.

use super::Asked;
use super::loss::Told;
use crate::decide::home::{Hindrance, words::kept};
use crate::decide::{SystemIdentifier, Timeline};
use serde::{Deserialize, Serialize};

/// Why nothing is done.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
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
        let node = &request.node;
        let again = request.again();
        match self {
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
                let others = request.nodes.iter().find(|other| *other != node);
                let to = others.map_or("NODE", String::as_str);
                format!(
                    "{node} is the primary (timeline {timeline}), and no other node is ahead of it. Nothing \
                     was touched. To let another lead without loss: trueup apply playbooks/switchover.yml \
                     -i {} -e to={to}",
                    request.inventory
                )
            }
            Self::NobodyLeads { last, sure } => nobody_leads(asked, last, sure.as_deref()),
            Self::AnotherCluster { source, id, made } => format!(
                "The primary {source} holds system identifier {id}, and this controller made {made}: that \
                 is another cluster. Nothing was touched. To adopt it, declare pg_system_identifier: \
                 '{id}'; then: {again}"
            ),
            Self::MayBeLost(told) => {
                let may = format!(", and {}", told.may);
                kept(request, node, &told.beyond, "WAL", &may)
            }
        }
    }
}

fn nobody_leads(asked: &Asked, last: &str, sure: Option<&str>) -> String {
    let node = &asked.request.node;
    let (silent, idle) = (asked.request.silent(), asked.idle());
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
        asked.request.inventory
    )
}
