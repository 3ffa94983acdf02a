//! Whether what etcd or ZooKeeper remembers of a cluster goes with what its nodes hold, before any Patroni
//! is started.

use super::Cluster;
use crate::decide::{Found, Refused, SystemIdentifier};
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
    pub knows: Knows,
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

/// What is remembered of a cluster (templates/patroni/dcs.py.j2).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Knows {
    /// Whose data it is; an empty text while somebody makes it.
    pub initialize: Option<Made>,
    /// Who leads; empty where nobody does.
    #[serde(default)]
    pub leader: String,
    /// Whose Patroni is there.
    #[serde(default)]
    pub members: Vec<String>,
}

/// Whose data a cluster is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Made {
    /// Somebody makes it.
    Now,
    /// It is made.
    Cluster(SystemIdentifier),
}

impl TryFrom<String> for Made {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Now);
        }
        text.parse().map(Self::Cluster)
    }
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

/// Why no Patroni is started.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(Deserialize))]
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
    /// Nobody knows which of the nodes that hold data may lead.
    WhoStartsFirst {
        /// Who holds data.
        holders: Vec<String>,
        /// Who can't be reached.
        silent: Vec<String>,
    },
}

/// Whose data nodes hold.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(Deserialize))]
pub struct Held {
    /// The nodes.
    pub holders: Vec<String>,
    /// Whose data it is.
    pub id: Option<SystemIdentifier>,
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
        first(asked, &cluster, todo)?
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
    let Knows {
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

/// Who starts before the others where nothing is known.
fn first(asked: &Asked, cluster: &Cluster, todo: Todo) -> Result<String, Refusal> {
    let holders = cluster.names(|_, found| found.holds);
    if holders.is_empty() {
        return Ok(asked.primary.clone());
    }
    let leads = !cluster.names(|_, found| found.leads()).is_empty();
    let silent = cluster.silent();
    if todo == Todo::GoOn && !leads && (!silent.is_empty() || asked.first.is_none()) {
        return Err(Refusal::WhoStartsFirst { holders, silent });
    }
    Ok(asked.first.clone().unwrap_or_default())
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

    fn again(&self) -> &str {
        match self.store {
            Store::Etcd => "trueup apply playbooks/patroni-etcd.yml",
            Store::Zookeeper => "trueup apply playbooks/patroni-zookeeper.yml",
        }
    }
}

impl Refusal {
    fn words(&self, asked: &Asked) -> String {
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
            Self::WhoStartsFirst { holders, silent } => {
                let silent = match &silent[..] {
                    [] => String::new(),
                    names => format!(", and {} cannot be reached", names.join(", ")),
                };
                format!(
                    "{place} knows nothing of this cluster, whose data is on {}{silent}. Whoever starts \
                     first would lead, and may lack what another holds. Look at each node \
                     (pg_controldata: the highest timeline, then the latest checkpoint), and say which one \
                     starts first: {} -e first_node=NODE",
                    holders.join(", "),
                    asked.again()
                )
            }
        }
    }
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
