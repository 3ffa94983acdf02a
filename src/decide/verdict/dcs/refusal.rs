//! Why no Patroni is started, and what to do about it.

use super::{Asked, Store};
use crate::decide::SystemIdentifier;
use serde::Serialize;

/// Why no Patroni is started.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// These may hold the data of the cluster that is known, and nobody else does.
    MayHold {
        /// Which cluster is known.
        id: SystemIdentifier,
        /// Who can't be reached.
        silent: Vec<String>,
    },
    /// The cluster that is known is alive, and another one than the nodes hold.
    Alive {
        /// Which cluster is known.
        id: SystemIdentifier,
        /// Whose Patroni is there.
        members: Vec<String>,
    },
    /// The cluster that is known is nobody's.
    DataIsNowhere {
        /// Which one it is; `None` where somebody began to make it.
        id: Option<SystemIdentifier>,
        /// Whose data the nodes hold.
        held: Option<Held>,
    },
    /// The inventory does not know who leads.
    StrangerLeads(String),
    /// The inventory does not know these members.
    Strangers(Vec<String>),
    /// Nobody knows which of the nodes that hold data may lead, and these can't be reached.
    MayBeAhead {
        /// Who holds data.
        holders: Vec<String>,
        /// Who can't be reached.
        silent: Vec<String>,
    },
    /// Nobody knows which of these nodes, who hold data, may lead.
    WhoStartsFirst(Vec<String>),
    /// Who is said to start first holds no data, and these do.
    HoldsNothing {
        /// Who was said.
        first: String,
        /// Who holds data.
        holders: Vec<String>,
    },
}

/// Whose data nodes hold.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Held {
    /// The nodes.
    pub holders: Vec<String>,
    /// Whose data it is.
    pub id: Option<SystemIdentifier>,
}

impl Asked {
    /// What was asked for, again.
    fn again_as_now(&self) -> String {
        let heal = if self.heal {
            " -e heal_initialize=true"
        } else {
            ""
        };
        format!("{}{heal}", self.again())
    }

    fn again(&self) -> &str {
        match self.store {
            Store::Etcd => "trueup apply playbooks/patroni-etcd.yml",
            Store::Zookeeper => "trueup apply playbooks/patroni-zookeeper.yml",
        }
    }
}

impl Refusal {
    pub(super) fn words(&self, asked: &Asked) -> String {
        let place = asked.place();
        match self {
            Self::MayHold { id, silent } => format!(
                "{place} knows a cluster with system identifier {id}, no node that answers holds its data, \
                 and {} cannot be reached and may hold it. Bring it back and apply again.",
                silent.join(", ")
            ),
            Self::Alive { id, members } => format!(
                "{place} knows a cluster with system identifier {id} that is alive ({}), and it is not \
                 what the nodes hold. Two clusters must not share a cluster_name: choose another for this \
                 one.",
                members.join(", ")
            ),
            Self::DataIsNowhere { id, held } => nowhere_told(asked, *id, held.as_ref()),
            Self::StrangerLeads(leader) => format!(
                "{leader} is the leader, and the inventory does not know it. Nothing more was touched. Let \
                 another lead first: patronictl switchover --leader {leader} --candidate {} --force",
                asked.primary
            ),
            Self::Strangers(names) => format!(
                "{} still runs Patroni as a member of this cluster, and the inventory does not know it. Put \
                 it into the group `retired` (its Patroni and its etcd are then stopped and its data \
                 stays), or stop it there: systemctl disable --now patroni",
                names.join(", ")
            ),
            Self::MayBeAhead { holders, silent } => {
                let them = if silent.len() == 1 { "it" } else { "them" };
                format!(
                    "{}, and {} cannot be reached and may hold more. Bring {them} back, or take {them} out \
                     of the inventory, and apply again.",
                    unknown(asked, holders),
                    silent.join(", ")
                )
            }
            Self::WhoStartsFirst(holders) => format!(
                "{}. Whoever starts first would lead, and may lack what another holds. Look at each node \
                 (pg_controldata: the highest timeline, then the latest checkpoint), and say which one \
                 starts first: {} -e first_node=NODE",
                unknown(asked, holders),
                asked.again_as_now()
            ),
            Self::HoldsNothing { first, holders } => format!(
                "{first} is to start first (first_node), and holds none of this cluster's data. Say one \
                 that does ({}): {} -e first_node=NODE",
                holders.join(", "),
                asked.again_as_now()
            ),
        }
    }
}

/// That nothing is known, or will be.
fn unknown(asked: &Asked, holders: &[String]) -> String {
    let (place, holders) = (asked.place(), holders.join(", "));
    if asked.knows.initialize.is_some() {
        return format!(
            "Once that other cluster is forgotten, {place} knows nothing of this one, whose data is on \
             {holders}"
        );
    }
    format!("{place} knows nothing of this cluster, whose data is on {holders}")
}

fn nowhere_told(asked: &Asked, id: Option<SystemIdentifier>, held: Option<&Held>) -> String {
    let knows = match id {
        Some(id) => format!("still knows a cluster with system identifier {id}"),
        None => "says that a cluster is being made, and nobody makes it".to_owned(),
    };
    let holds = held.map_or_else(String::new, |held| {
        let id = held.id.map(|id| id.to_string()).unwrap_or_default();
        format!(" ({} holds {id})", held.holders.join(", "))
    });
    let would = match held {
        Some(_) => "refuse to start for a system ID mismatch",
        None => "wait for that cluster for ever",
    };
    format!(
        "{} {knows}, and no node holds such data{holds}. As long as it stands there, Patroni would {would}. \
         Bring a node that holds its data, or, when that cluster is gone for good, let it be forgotten: {} \
         -e heal_initialize=true",
        asked.place(),
        asked.again()
    )
}
