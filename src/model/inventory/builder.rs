//! Hosts and groups while the sources are read, and the order that is brought into them at the end.

use super::joins::{link, reaches};
use super::{Group, HostEntry, Inventory};
use crate::diag::{Diag, Span};
use crate::yaml::Node;
use indexmap::IndexMap;
use std::path::PathBuf;

pub(super) struct Builder {
    pub(super) hosts: IndexMap<String, HostEntry>,
    pub(super) groups: IndexMap<String, Group>,
    pub(super) warnings: Vec<Diag>,
    pub(super) errors: Vec<Diag>,
    /// The source that is read now.
    pub(super) source: Option<PathBuf>,
}

impl Builder {
    pub(super) fn new() -> Self {
        let mut builder = Self {
            hosts: IndexMap::new(),
            groups: IndexMap::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
            source: None,
        };
        builder.group("all");
        link(&mut builder.groups, "all", "ungrouped");
        builder
    }

    /// The group, made when it is new.
    pub(super) fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    /// Puts a group into another one.
    pub(super) fn child(&mut self, parent: &str, child: &str, at: &Span) {
        self.group(parent);
        if parent == child || reaches(&self.groups, child, parent) {
            self.errors.push(
                Diag::error(format!(
                    "the group `{child}` can't be in `{parent}`, which is in `{child}`"
                ))
                .at(at, "")
                .help("groups can't be in each other: remove one of the two"),
            );
        } else {
            link(&mut self.groups, parent, child);
        }
    }

    /// The host, made when it is new, as a member of `group`.
    pub(super) fn host(&mut self, name: &str, group: &str) -> &mut HostEntry {
        let source = self.source.clone();
        let entry = self
            .hosts
            .entry(name.to_owned())
            .or_insert_with(|| HostEntry {
                source,
                ..HostEntry::default()
            });
        // The host's groups are few, a group's hosts may be very many.
        if !entry.groups.iter().any(|member| member == group) {
            entry.groups.push(group.to_owned());
            let members = self.groups.entry(group.to_owned());
            members.or_default().hosts.push(name.to_owned());
        }
        entry
    }

    /// Gives a group a variable.
    pub(super) fn group_var(&mut self, group: &str, key: &Node, value: &Node) {
        if key.as_str() == Some("ansible_group_priority") {
            match crate::yaml::from_node(value) {
                Ok(priority) => self.group(group).priority = priority,
                Err(errors) => self.errors.extend(errors),
            }
        } else {
            self.group(group).vars.insert(key.clone(), value.clone());
        }
    }

    /// The inventory, its groups and hosts brought into their order.
    pub(super) fn finish(
        self,
        name: String,
        place: String,
        folders: Vec<PathBuf>,
    ) -> Result<(Inventory, Vec<Diag>), Vec<Diag>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let mut inventory = Inventory {
            name,
            place,
            hosts: self.hosts,
            groups: self.groups,
            folders,
            ..Inventory::default()
        };
        inventory.reconcile();
        Ok((inventory, self.warnings))
    }
}
