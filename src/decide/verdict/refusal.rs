//! Why the declared cluster is not built, and what to do about it.

use super::{Asked, Shared, Topology};
use crate::decide::{Refused, SystemIdentifier};
use serde::Serialize;

/// Why nothing is done.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The inventory names no primary, or several.
    NoPrimary,
    /// Nodes of the inventory have one address.
    OneAddress(Shared),
    /// These take writes, all of them.
    TwoPrimaries(Vec<String>),
    /// Another leads than the declared primary.
    Moved {
        /// Who leads.
        to: String,
        /// What the declared primary is.
        primary: Primary,
    },
    /// These can't be reached, and may hold what counts.
    Silent(Vec<String>),
    /// A database lies in a place that was not declared: `NODE (FOLDER)`.
    Elsewhere(Vec<String>),
    /// These hold a database, and nothing there can read whose it is.
    Unread(Vec<String>),
    /// The nodes hold data of several clusters.
    DifferentClusters {
        /// Whose each node's is.
        holders: Vec<Holder>,
        /// The one of them that is this cluster's.
        ours: Option<SystemIdentifier>,
    },
    /// The nodes hold a cluster that this controller did not make.
    NotMadeHere {
        /// Who holds it.
        holders: Vec<String>,
        /// Which one it is.
        id: SystemIdentifier,
    },
    /// These hold the cluster's data, the declared primary none, and nobody leads.
    OnlyOthersHold(Vec<String>),
    /// The declared primary is a standby, and nobody leads.
    NobodyLeads,
    /// These were primaries, and are stopped.
    OthersStopped(Vec<String>),
    /// Debian's own tools would start the database on these, beside Patroni.
    Debian(Vec<String>),
}

/// What the declared primary is where another leads.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Primary {
    /// It can't be reached.
    Silent,
    /// It holds no database.
    Empty,
    /// It is a standby.
    Standby,
    /// It led before, and is stopped.
    Stopped,
}

/// A node that holds a database.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Holder {
    /// The node.
    pub node: String,
    /// Whose data it is.
    pub id: SystemIdentifier,
}

impl Refusal {
    pub(super) fn refused(self, asked: &Asked) -> Refused<Self> {
        let words = self.words(asked);
        Refused { why: self, words }
    }

    fn words(&self, asked: &Asked) -> String {
        let primary = &asked.primary;
        let anyone = asked.as_replica("NODE");
        match self {
            Self::NoPrimary => format!(
                "The inventory must name one primary: pg_role: primary at exactly one of {}.",
                asked.nodes.join(", ")
            ),
            Self::OneAddress(shared) => shared.words("ansible_host, cluster_address"),
            Self::TwoPrimaries(names) => format!(
                "{} are primaries at the same time. Nothing was touched. Stop the one that pgpool does not \
                 use, then bring it back as a standby: {anyone}",
                names.join(" and ")
            ),
            Self::Moved { to, primary } => moved(asked, to, *primary),
            Self::Silent(names) => silent(asked, names),
            Self::Elsewhere(places) => format!(
                "{}: a database lies there that was not declared. It is not initialised over and not \
                 touched. Declare its place (pg_version, pg_cluster or pg_data) and its \
                 pg_system_identifier to adopt it, or take it off the host.",
                places.join(", ")
            ),
            Self::Unread(names) => format!(
                "{}: a database lies in its declared place, and whose it is can't be read, since \
                 pg_controldata of its version is not there or fails. It is not initialised over and not \
                 touched. Install PostgreSQL of its version there, then apply again.",
                names.join(", ")
            ),
            Self::DifferentClusters { holders, ours } => different(asked, holders, *ours),
            Self::NotMadeHere { holders, id } => format!(
                "{}: a database with system identifier {id} lies in its declared place, and this \
                 controller did not make it. It is not initialised over. To adopt it, declare \
                 pg_system_identifier: '{id}' in the inventory.",
                holders.join(", ")
            ),
            Self::OnlyOthersHold(names) => format!(
                "{primary} (declared primary) holds no database, while {} {} this cluster's data and no \
                 node is a primary. A new database would not be this cluster. Nothing was touched. To make \
                 {primary} the primary again: {}",
                names.join(", "),
                if names.len() > 1 { "hold" } else { "holds" },
                asked.as_primary()
            ),
            Self::NobodyLeads => format!(
                "{primary} (declared primary) is a standby, and no node is a primary. Nothing is promoted \
                 here. To make it the primary: {}",
                asked.as_primary()
            ),
            Self::OthersStopped(names) => {
                let first = names.first().map_or("NODE", String::as_str);
                format!(
                    "{} was a primary and is stopped, so {primary} may lack what it holds. Nothing was \
                     touched. To bring {first} back as a standby: {}",
                    names.join(", "),
                    asked.as_replica(first)
                )
            }
            Self::Debian(names) => format!(
                "{}: Debian's own tools know the database in the declared place, and would start it beside \
                 Patroni. Nothing was touched. Take it from them on each: systemctl disable --now \
                 'postgresql@VERSION-CLUSTER', copy what you need of its settings into pg_settings, copy \
                 its configuration files into the data folder, and move its folder in /etc/postgresql \
                 aside. Then apply again.",
                names.join(", ")
            ),
        }
    }
}

impl Asked {
    fn as_replica(&self, node: &str) -> String {
        let inventory = &self.inventory;
        format!("trueup apply playbooks/restore-replica.yml -i {inventory} -e node={node}")
    }

    fn as_primary(&self) -> String {
        let (inventory, node) = (&self.inventory, &self.primary);
        format!("trueup apply playbooks/restore-primary.yml -i {inventory} -e node={node}")
    }
}

fn moved(asked: &Asked, to: &str, primary: Primary) -> String {
    let node = &asked.primary;
    let (as_replica, as_primary) = (asked.as_replica(node), asked.as_primary());
    let (is, mend) = match primary {
        Primary::Silent => (
            "cannot be reached",
            format!(
                "When {node} can be reached again: {as_replica} and, to make it the primary again: \
                 {as_primary}"
            ),
        ),
        Primary::Empty => (
            "holds no database",
            format!(
                "To build {node} as a standby of {to}: {as_replica} and, to make it the primary again: \
                 {as_primary}"
            ),
        ),
        Primary::Standby => (
            "is a standby",
            format!("To make it the primary again: {as_primary}"),
        ),
        Primary::Stopped => (
            "is an earlier primary that is stopped",
            format!(
                "To bring {node} back as a standby of {to}: {as_replica} and then, to make it the primary \
                 again: {as_primary}"
            ),
        ),
    };
    format!(
        "The layout has moved: {to} is the primary, and {node} (declared primary) {is}. Nothing was \
         touched. {mend}"
    )
}

fn silent(asked: &Asked, names: &[String]) -> String {
    let them = if names.len() == 1 { "it" } else { "them" };
    let names = names.join(", ");
    match asked.topology {
        Topology::Pgpool => format!(
            "{names} cannot be reached, and may be the primary; as long as that isn't known, nothing is \
             started or made. Bring {them} back and apply again. If the layout has moved meanwhile: {}",
            asked.as_primary()
        ),
        Topology::Patroni => format!(
            "{names} cannot be reached, and may hold the database; as long as that isn't known, none is \
             made. Bring {them} back and apply again, or take {them} out of the inventory."
        ),
    }
}

fn different(asked: &Asked, holders: &[Holder], ours: Option<SystemIdentifier>) -> String {
    let each = |holder: &Holder| {
        let Holder { node, id } = holder;
        format!("{node} holds system identifier {id}; ")
    };
    let each: String = holders.iter().map(each).collect();
    let anyone = asked.as_replica("NODE");
    let mend = match asked.topology {
        Topology::Pgpool => {
            format!("Keep the right one, and build each other node anew: {anyone}")
        }
        Topology::Patroni => {
            let ours = ours.map_or_else(String::new, |id| format!("This cluster's is {id}. "));
            format!(
                "{ours}Bring up the node that holds the right one; then, with its data moved aside, the \
                 other becomes a replica: {anyone}"
            )
        }
    };
    format!("{each}these are different clusters. Nothing was touched. {mend}")
}
