//! Hosts and groups while the sources are read, and the order that is brought into them at the end.

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
        builder.link("all", "ungrouped");
        builder
    }

    /// The group, made when it is new.
    pub(super) fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    /// Puts a group into another one.
    pub(super) fn child(&mut self, parent: &str, child: &str, at: &Span) {
        self.group(parent);
        if parent == child || self.reaches(child, parent) {
            self.errors.push(
                Diag::error(format!(
                    "the group `{child}` can't be in `{parent}`, which is in `{child}`"
                ))
                .at(at, "")
                .help("groups can't be in each other: remove one of the two"),
            );
        } else {
            self.link(parent, child);
        }
    }

    fn link(&mut self, parent: &str, child: &str) {
        let children = &mut self.group(parent).children;
        if !children.iter().any(|name| name == child) {
            children.push(child.to_owned());
        }
        let parents = &mut self.group(child).parents;
        if !parents.iter().any(|name| name == parent) {
            parents.push(parent.to_owned());
        }
    }

    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut ahead = vec![from];
        let mut seen = Vec::new();
        while let Some(name) = ahead.pop() {
            if name == to {
                return true;
            }
            if !seen.contains(&name) {
                seen.push(name);
                ahead.extend(
                    self.groups
                        .get(name)
                        .into_iter()
                        .flat_map(|group| group.children.iter().map(String::as_str)),
                );
            }
        }
        false
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

    /// Every group hangs below `all`, every host stands in a group, and depths are known.
    pub(super) fn finish(
        mut self,
        name: String,
        place: String,
        folders: Vec<PathBuf>,
    ) -> Result<(Inventory, Vec<Diag>), Vec<Diag>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let orphans: Vec<String> = self
            .groups
            .iter()
            .filter(|(name, group)| group.parents.is_empty() && name.as_str() != "all")
            .map(|(name, _)| name.clone())
            .collect();
        for orphan in orphans {
            self.link("all", &orphan);
        }
        let ungrouped = self.groups.entry("ungrouped".to_owned()).or_default();
        for (host, entry) in &mut self.hosts {
            let grouped = entry
                .groups
                .iter()
                .any(|group| group != "all" && group != "ungrouped");
            if grouped {
                entry.groups.retain(|group| group != "ungrouped");
            } else if !entry.groups.iter().any(|group| group == "ungrouped") {
                ungrouped.hosts.push(host.clone());
                entry.groups.push("ungrouped".to_owned());
            }
        }
        let stays = |host: &String| {
            let groups = self.hosts.get(host).map(|entry| &entry.groups);
            groups.is_some_and(|groups| groups.iter().any(|group| group == "ungrouped"))
        };
        ungrouped.hosts.retain(stays);
        self.sink("all");
        let Self {
            hosts,
            groups,
            warnings,
            ..
        } = self;
        Ok((
            Inventory {
                name,
                place,
                hosts,
                groups,
                folders,
                ..Inventory::default()
            },
            warnings,
        ))
    }

    /// Sets the depths below a group; the longest way from `all` counts. Groups have no cycles.
    fn sink(&mut self, name: &str) {
        let Some(group) = self.groups.get(name) else {
            return;
        };
        let depth = group.depth + 1;
        for child in group.children.clone() {
            if let Some(group) = self.groups.get_mut(&child)
                && group.depth < depth
            {
                group.depth = depth;
                self.sink(&child);
            }
        }
    }
}
