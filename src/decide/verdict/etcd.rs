//! Whether etcd has, or can have, its quorum.

use super::Shared;
use crate::decide::Refused;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the verdict follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who is declared a member, in the order of the inventory.
    pub hosts: Vec<String>,
    /// What each said; who could not be reached is not in it.
    pub says: BTreeMap<String, Member>,
    /// Where each is reached by the others.
    pub addresses: BTreeMap<String, String>,
    /// Where a member's data lies.
    pub data: String,
}

/// What a host says of its etcd (`playbooks/roles/etcd/tasks/ask.yml`).
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Member {
    /// Whether a member's data lies there.
    pub holds: bool,
    /// Whether it was a member of a cluster that was whole.
    pub formed: bool,
    /// Who are the members, as the running one knows them; empty where it does not.
    pub members: String,
}

/// etcd has its quorum, or is founded.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Quorum {
    /// Whether the cluster was whole once: a member without data is no beginning then, it lost what it
    /// had, or is new, and must be let in by the others.
    pub formed: bool,
    /// Whose data counts: they are members, and have it.
    pub keepers: Vec<String>,
}

/// Why etcd is left as it is.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Members of the inventory have one address.
    OneAddress(Shared),
    /// There would be two members: it stops when either is lost.
    TwoMembers,
    /// It is to be founded, and these can't be asked.
    Unasked(Vec<String>),
    /// Too few can be reached with their data.
    NoQuorum {
        /// How many are needed.
        needed: usize,
        /// Who has its data.
        keepers: Vec<String>,
        /// Who can't be reached.
        silent: Vec<String>,
    },
    /// All can be reached, and too few have their data.
    DataLost {
        /// How many are needed.
        needed: usize,
        /// Who has its data.
        keepers: Vec<String>,
    },
}

/// Whether etcd has its quorum, or can be founded.
///
/// # Errors
///
/// A refusal, which says what is so and what mends it: nothing was touched.
pub fn verdict(asked: &Asked) -> Result<Quorum, Refused<Refusal>> {
    decide(asked).map_err(|why| {
        let words = why.words(asked);
        Refused { why, words }
    })
}

fn decide(asked: &Asked) -> Result<Quorum, Refusal> {
    if let Some(shared) = Shared::of(&asked.hosts, &asked.addresses) {
        return Err(Refusal::OneAddress(shared));
    }
    let silent: Vec<String> = asked.which(|says| says.is_none());
    let formed = asked.says.values().any(|says| says.formed);
    let listed = asked.listed().map_or(0, |listed| listed.len());
    // Two that stand as they are declared are mended like others.
    if asked.hosts.len() == 2 && (!formed || listed > 2) {
        return Err(Refusal::TwoMembers);
    }
    if !formed {
        if !silent.is_empty() {
            return Err(Refusal::Unasked(silent));
        }
        return Ok(Quorum {
            formed,
            keepers: asked.keepers(),
        });
    }
    let needed = needed(if listed == 0 {
        asked.hosts.len()
    } else {
        listed
    });
    let keepers = asked.keepers();
    if keepers.len() >= needed {
        Ok(Quorum { formed, keepers })
    } else if silent.is_empty() {
        Err(Refusal::DataLost { needed, keepers })
    } else {
        Err(Refusal::NoQuorum {
            needed,
            keepers,
            silent,
        })
    }
}

/// How many of these are more than half.
fn needed(members: usize) -> usize {
    members / 2 + 1
}

impl Asked {
    fn which(&self, holds: impl Fn(Option<&Member>) -> bool) -> Vec<String> {
        let holds = |host: &&String| holds(self.says.get(*host));
        self.hosts.iter().filter(holds).cloned().collect()
    }

    /// Who are the members now; `None` where none of them can tell.
    fn listed(&self) -> Option<Vec<&str>> {
        let said = self.hosts.iter().filter_map(|host| self.says.get(host));
        let mut lists = said.map(|says| says.members.split_whitespace().collect::<Vec<_>>());
        lists.find(|list| !list.is_empty())
    }

    fn keepers(&self) -> Vec<String> {
        let listed = self.listed();
        let mut keepers = self.which(|says| says.is_some_and(|says| says.holds));
        keepers.retain(|host| {
            let listed = listed.as_ref();
            listed.is_none_or(|listed| listed.contains(&host.as_str()))
        });
        keepers
    }
}

impl Refusal {
    fn words(&self, asked: &Asked) -> String {
        let names = |names: &[String]| names.join(", ");
        let some = |keepers: &[String]| match keepers {
            [] => "none".to_owned(),
            keepers => names(keepers),
        };
        match self {
            Self::OneAddress(shared) => shared.words("ansible_host, cluster_address, etcd_address"),
            Self::TwoMembers => format!(
                "etcd would have two members, {}, and stops when either is lost: that is less than one \
                 alone survives. Nothing was touched. Put a third host into etcd's group (any host may \
                 carry one, a proxy too), and apply again.",
                asked.hosts.join(" and ")
            ),
            Self::Unasked(silent) => {
                let them = if silent.len() == 1 { "it" } else { "them" };
                format!(
                    "{} cannot be reached. An etcd cluster is founded by all its members at once, and one \
                     that can't be asked may belong to one already. Bring {them} back, or take {them} out \
                     of the inventory, and apply again.",
                    names(silent)
                )
            }
            Self::NoQuorum {
                needed,
                keepers,
                silent,
            } => format!(
                "etcd needs {needed} members for its quorum, and only {} can be reached with {} data. \
                 Nothing was touched. Bring {} back and apply again.",
                some(keepers),
                if keepers.len() < 2 { "its" } else { "their" },
                names(silent)
            ),
            Self::DataLost { needed, keepers } => format!(
                "etcd needs {needed} members for its quorum, and only {} still {} data. Nothing was \
                 touched; PostgreSQL's own data is not in etcd. When the members' data is gone for good, \
                 let a new etcd cluster be founded: on each of {} stop etcd (systemctl stop etcd), move \
                 /etc/etcd/initial.env and {} aside, then apply again.",
                some(keepers),
                if keepers.len() < 2 { "holds" } else { "hold" },
                names(&asked.hosts),
                asked.data
            ),
        }
    }
}
