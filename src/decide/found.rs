//! What is found on a node before anything is decided.

use super::SystemIdentifier;
use super::says::unless_empty;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whether a database lies on a node, and whose (`playbooks/roles/cluster_host/tasks/ask.yml`).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools)] // They are independent of each other.
pub struct Found {
    /// Whether one lies in the declared place.
    pub holds: bool,
    /// Another place in which one lies; empty where there is none.
    pub elsewhere: String,
    /// Whether Debian's own tools would start the one in the declared place.
    pub debian: bool,
    /// Whose data it is; `None` where nothing on the node can read that.
    #[serde(default, deserialize_with = "unless_empty")]
    pub id: Option<SystemIdentifier>,
    /// Whether the data is a standby's.
    pub standby: bool,
    /// Whether its server runs.
    pub running: bool,
    /// Whether that is in recovery.
    pub recovery: Recovery,
}

/// Whether a server is in recovery.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// It follows.
    Yes,
    /// It takes writes.
    No,
    /// It did not say.
    Unknown,
}

impl Found {
    /// Whether its server takes writes.
    pub fn leads(&self) -> bool {
        self.holds && self.recovery == Recovery::No
    }
}

/// What was found on the nodes of a cluster, in the order of the inventory.
pub(super) struct Cluster<'a> {
    nodes: &'a [String],
    says: &'a BTreeMap<String, Found>,
}

impl<'a> Cluster<'a> {
    /// `says`: who could not be reached is not in it.
    pub fn of(nodes: &'a [String], says: &'a BTreeMap<String, Found>) -> Self {
        Self { nodes, says }
    }

    /// Who could not be reached.
    pub fn silent(&self) -> Vec<String> {
        let silent = |name: &&String| !self.says.contains_key(*name);
        self.nodes.iter().filter(silent).cloned().collect()
    }

    /// Those of whom this holds, and what was found there.
    pub fn which(&self, holds: impl Fn(&str, &Found) -> bool) -> Vec<(&'a str, &'a Found)> {
        let said = self.nodes.iter().filter_map(|name| {
            let found = self.says.get(name)?;
            Some((name.as_str(), found))
        });
        said.filter(|(name, found)| holds(name, found)).collect()
    }

    /// Their names.
    pub fn names(&self, holds: impl Fn(&str, &Found) -> bool) -> Vec<String> {
        let which = self.which(holds).into_iter();
        which.map(|(name, _)| name.to_owned()).collect()
    }

    /// Who holds a database in the declared place.
    pub fn holders(&self) -> Vec<(&'a str, &'a Found)> {
        self.which(|_, found| found.holds)
    }
}
