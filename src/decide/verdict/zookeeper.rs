//! How a ZooKeeper ensemble begins, or that what is declared could lose its state.

use super::Shared;
use crate::decide::Refused;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the verdict follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who is declared a member, in the order of the inventory, and its number.
    pub hosts: Vec<(String, String)>,
    /// What each said; who could not be reached is not in it.
    pub says: BTreeMap<String, Member>,
    /// The members as they are to be configured: `NUMBER=ADDRESS:PORT:PORT`.
    pub members: Vec<String>,
    /// The addresses that the inventory knows, by host.
    pub addresses: BTreeMap<String, String>,
    /// Where a member's data lies.
    pub data: String,
}

/// What a host says of its ZooKeeper (`playbooks/roles/zookeeper/tasks/ask.yml`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Member {
    /// Its number; empty where it has none.
    pub id: String,
    /// The number and the address of who leads; empty where it knows of nobody.
    pub leader: String,
    /// Whether it took part in an ensemble.
    pub holds: bool,
    /// The members as it is configured.
    pub members: String,
}

/// How the ensemble begins.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Ensemble {
    /// How.
    pub begins: Begins,
}

/// How an ensemble begins.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Begins {
    /// With nothing: no member holds anything.
    New,
    /// It stands.
    Stands,
}

/// Why the ensemble is left as it is.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Members of the inventory have one address.
    OneAddress(Shared),
    /// These have another number than is declared.
    Renumbered(Vec<Renumbered>),
    /// These can't be reached, and nobody else holds anything.
    MayHoldAll(Vec<String>),
    /// These numbers would come, go or move at once.
    SeveralChanges(BTreeSet<String>),
    /// Who leads is to go, and can't be stopped from here.
    StrangerLeads {
        /// Its number.
        id: String,
        /// Its address.
        address: String,
    },
    /// Those who hold the state are no majority.
    NoMajority {
        /// Who holds it.
        holders: Vec<String>,
        /// Who lost it.
        empty: Vec<String>,
    },
}

/// A member whose number is another one than is declared.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(Deserialize))]
pub struct Renumbered {
    /// The host.
    pub host: String,
    /// Its number.
    pub is: String,
    /// The declared one.
    pub declared: String,
}

/// How the ensemble begins.
///
/// # Errors
///
/// A refusal, which says what is so and what mends it: nothing was touched.
pub fn verdict(asked: &Asked) -> Result<Ensemble, Refused<Refusal>> {
    decide(asked).map_err(|why| {
        let words = why.words(asked);
        Refused { why, words }
    })
}

fn decide(asked: &Asked) -> Result<Ensemble, Refusal> {
    let hosts: Vec<String> = asked.hosts.iter().map(|(host, _)| host.clone()).collect();
    if let Some(shared) = Shared::of(&hosts, &asked.addresses) {
        return Err(Refusal::OneAddress(shared));
    }
    let renumbered = asked.renumbered();
    if !renumbered.is_empty() {
        return Err(Refusal::Renumbered(renumbered));
    }
    let silent = asked.which(|says| says.is_none());
    let holders = asked.which(|says| says.is_some_and(|says| says.holds));
    if holders.is_empty() {
        return if silent.is_empty() {
            Ok(Ensemble {
                begins: Begins::New,
            })
        } else {
            Err(Refusal::MayHoldAll(silent))
        };
    }
    let changed = asked.changed();
    if changed.len() > 1 {
        return Err(Refusal::SeveralChanges(changed));
    }
    let leads = asked.leaders().into_iter().find(|(id, address)| {
        let known = asked.addresses.values().any(|known| known == address);
        changed.contains(*id) && !known
    });
    if let Some((id, address)) = leads {
        let (id, address) = (id.to_owned(), address.to_owned());
        return Err(Refusal::StrangerLeads { id, address });
    }
    let empty = asked.which(|says| says.is_some_and(|says| !says.holds));
    // Who is silent may hold it too; who is only now declared had no part in it.
    let stood = asked.hosts.len().saturating_sub(changed.len());
    if !empty.is_empty() && (holders.len() + silent.len()) * 2 <= stood {
        return Err(Refusal::NoMajority { holders, empty });
    }
    Ok(Ensemble {
        begins: Begins::Stands,
    })
}

impl Asked {
    fn which(&self, holds: impl Fn(Option<&Member>) -> bool) -> Vec<String> {
        let hosts = self.hosts.iter().map(|(host, _)| host);
        hosts
            .filter(|host| holds(self.says.get(*host)))
            .cloned()
            .collect()
    }

    fn renumbered(&self) -> Vec<Renumbered> {
        let renumbered = self.hosts.iter().filter_map(|(host, declared)| {
            let says = self.says.get(host)?;
            (says.holds && says.id != *declared).then(|| Renumbered {
                host: host.clone(),
                is: says.id.clone(),
                declared: declared.clone(),
            })
        });
        renumbered.collect()
    }

    /// The numbers that would come, go or move, as one or the other of the members sees it.
    fn changed(&self) -> BTreeSet<String> {
        let declared: BTreeSet<&str> = self.members.iter().map(String::as_str).collect();
        let holders = self.says.values().filter(|says| says.holds);
        let changes = holders.flat_map(|says| {
            let has = says.members.split_whitespace().collect();
            let changed = declared.symmetric_difference(&has);
            changed.copied().collect::<Vec<_>>()
        });
        let number = |member: &str| member.split('=').next().unwrap_or_default().to_owned();
        changes.map(number).collect()
    }

    /// The number and the address of who leads, as one or the other of the members sees it.
    fn leaders(&self) -> BTreeSet<(&str, &str)> {
        let said = self.says.values();
        said.filter_map(|says| says.leader.split_once(' '))
            .collect()
    }
}

impl Refusal {
    fn words(&self, asked: &Asked) -> String {
        match self {
            Self::OneAddress(shared) => {
                shared.words("ansible_host, cluster_address, zookeeper_address")
            }
            Self::Renumbered(members) => {
                let each = |member: &Renumbered| {
                    let Renumbered { host, is, declared } = member;
                    format!("{host} is member {is}, not {declared}")
                };
                let each: Vec<String> = members.iter().map(each).collect();
                format!(
                    "{}: a member never changes its number. Declare the number it has.",
                    each.join("; ")
                )
            }
            Self::MayHoldAll(silent) => format!(
                "{} can't be reached, and the others hold nothing: it may hold the only copy of the \
                 ensemble's state. Bring it up, or take it out of the inventory if its data are lost, and \
                 run this again.",
                silent.join(", ")
            ),
            Self::SeveralChanges(ids) => {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                format!(
                    "the members {} would be added, taken out or moved at once: two majorities that don't \
                     know of each other could come of it. Declare one change, run this, then the next.",
                    ids.join(", ")
                )
            }
            Self::StrangerLeads { id, address } => format!(
                "member {id} ({address}) leads, and the inventory knows it no more: the others would not \
                 follow it. Stop it there first (systemctl disable --now zookeeper), then run this again."
            ),
            Self::NoMajority { holders, empty } => format!(
                "only {} of {} members holds the ensemble's state, which is no majority: it can't be told \
                 from here whether that is the newest. If it is all there is, put an empty file \
                 {}/initialize (owned by zookeeper) on {} and start it there (systemctl start zookeeper), \
                 wait for `zk-status`, then run this again.",
                holders.join(", "),
                asked.hosts.len(),
                asked.data,
                empty.first().map_or("HOST", String::as_str)
            ),
        }
    }
}
