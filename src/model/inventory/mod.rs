//! The inventory: hosts, groups and their variables, from Ansible's YAML and INI formats.

mod builder;
mod ini;
mod joins;
mod json;
mod literal;
mod pattern;
mod range;
mod sources;
mod variables;
mod yaml;

pub use joins::{Brings, Joins};

use crate::yaml::Mapping;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Hosts and groups, as all sources together say.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The name of its folder, or of its file where that says more than `hosts`.
    pub name: String,
    /// Where it is: the real path of its first source; of a list of hosts its words, and the folder
    /// in which they were said.
    pub place: String,
    /// The hosts in the order in which the sources name them first.
    pub hosts: IndexMap<String, HostEntry>,
    /// The groups, `all` and `ungrouped` first.
    pub groups: IndexMap<String, Group>,
    /// The folders of the sources, beside which `group_vars` and `host_vars` stand.
    folders: Vec<PathBuf>,
    /// Files of variables that were read already.
    read: Arc<Mutex<HashMap<PathBuf, Arc<Mapping>>>>,
}

/// A host of the inventory.
#[derive(Clone, Debug, Default)]
pub struct HostEntry {
    /// The variables that the sources give it; a port in its name is `ansible_port`.
    pub vars: Mapping,
    /// The groups that name it, in order.
    pub groups: Vec<String>,
    /// The source that names it first; none for a host from a list (`-i a,b,`).
    pub source: Option<PathBuf>,
}

/// A group of the inventory.
#[derive(Clone, Debug)]
pub struct Group {
    /// The hosts that it names itself, in order.
    pub hosts: Vec<String>,
    /// The groups in it.
    pub children: Vec<String>,
    /// The groups that it is in.
    pub parents: Vec<String>,
    /// The variables that the sources give it.
    pub vars: Mapping,
    /// `ansible_group_priority`: among groups of one depth the higher wins.
    pub priority: i64,
    /// How far below `all` it stands; the deeper wins.
    pub depth: usize,
}

/// A group without anything in it.
impl Default for Group {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            children: Vec::new(),
            parents: Vec::new(),
            vars: Mapping::new(),
            priority: 1,
            depth: 0,
        }
    }
}

/// Names for this machine that need not stand in the inventory.
const LOCALHOST: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

impl Inventory {
    /// The folder of its first source (`inventory_dir`); none for a list of hosts.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folders.first().map(PathBuf::as_path)
    }

    /// The host's groups and those that they are in, by name, without `all`: Ansible's `group_names`.
    pub fn groups_of(&self, host: &str) -> Vec<String> {
        let mut names = self.ancestry(host);
        names.retain(|name| name != "all");
        names.sort_unstable();
        names
    }

    /// The hosts of a group and of the groups in it, each once; none when there is no such group.
    pub fn members(&self, group: &str) -> Vec<String> {
        let mut level = vec![group.to_owned()];
        let mut seen: Vec<String> = Vec::new();
        let mut hosts: indexmap::IndexSet<String> = indexmap::IndexSet::new();
        while !level.is_empty() {
            let mut next = Vec::new();
            for name in level {
                if seen.contains(&name) {
                    continue;
                }
                if let Some(group) = self.groups.get(&name) {
                    hosts.extend(group.hosts.iter().cloned());
                    next.extend(group.children.iter().cloned());
                }
                seen.push(name);
            }
            level = next;
        }
        hosts.into_iter().collect()
    }

    /// Whether a name is a host: of the inventory, or this machine.
    pub fn knows(&self, host: &str) -> bool {
        self.hosts.contains_key(host) || LOCALHOST.contains(&host)
    }

    /// All groups that a host is in, the weakest first: by depth, priority and name.
    fn ancestry(&self, host: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut ahead: Vec<&String> = match self.hosts.get(host) {
            Some(entry) => entry.groups.iter().collect(),
            None => Vec::new(),
        };
        while let Some(name) = ahead.pop() {
            if !names.contains(name) {
                names.push(name.clone());
                ahead.extend(
                    self.groups
                        .get(name)
                        .into_iter()
                        .flat_map(|group| &group.parents),
                );
            }
        }
        if !names.iter().any(|name| name == "all") {
            names.push("all".to_owned());
        }
        names.sort_by_key(|name| {
            let group = self.groups.get(name);
            (
                group.map_or(0, |group| group.depth),
                group.map_or(1, |group| group.priority),
                name.clone(),
            )
        });
        names
    }
}

#[cfg(test)]
mod tests;
