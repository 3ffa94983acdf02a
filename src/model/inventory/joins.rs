//! Hosts and groups that come while a playbook runs, as Ansible's `add_host` and `group_by` bring them.

use super::pattern::Matcher;
use super::range::split_port;
use super::{Group, HostEntry, Inventory, LOCALHOST};
use crate::diag::Span;
use crate::model::playbook::{Action, Task};
use crate::yaml::{Mapping, Node, Origin, Value};
use indexmap::IndexMap;
use serde_json::Map;

/// What a task brings into the inventory of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joins {
    /// A host.
    Host {
        /// Its name.
        name: String,
        /// The groups that it joins, made where they are missing.
        groups: Vec<String>,
        /// Its variables, which no template touches any more.
        vars: Map<String, serde_json::Value>,
    },
    /// The host on which the task runs joins a group.
    Group {
        /// The group's name.
        name: String,
        /// The groups that it hangs below.
        parents: Vec<String>,
    },
}

/// What a task may bring into the inventory, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brings {
    /// The task.
    pub task: String,
    /// The host that joins; `None` where its name is not known, empty where it is one of the inventory's.
    pub host: Option<String>,
    /// The groups that get it; `None` where they are not known.
    pub groups: Option<Vec<String>>,
}

impl Joins {
    /// A host by its name, in which a port may stand.
    pub fn host(name: &str, groups: Vec<String>, mut vars: Map<String, serde_json::Value>) -> Self {
        // A name that can't be read so is a name all the same.
        let (name, port) = split_port(name).unwrap_or((name, None));
        if let Some(port) = port {
            vars.insert("ansible_ssh_port".to_owned(), port.into());
        }
        Self::Host {
            name: name.to_owned(),
            groups,
            vars,
        }
    }
}

impl Task {
    /// What it brings into the inventory, its arguments as `render` makes them; `None` where it is
    /// another module.
    pub fn brings(&self, render: &dyn Fn(&Node) -> Option<Node>) -> Option<Brings> {
        let Action::Module { name, args } = &self.action else {
            return None;
        };
        let module = name.as_str()?.rsplit('.').next()?;
        let args = args.as_map();
        let first = |names: &[&str]| names.iter().find_map(|name| args?.get(name));
        let words = |node: Option<&Node>| match node {
            None => Some(Vec::new()),
            Some(node) => render(node).map(|node| names(&node)),
        };
        let (host, groups) = match module {
            "add_host" => {
                let name = first(&["name", "hostname", "host"]).and_then(render);
                let name = name.as_ref().and_then(Node::as_str);
                let name = name.map(|name| split_port(name).map_or(name, |(name, _)| name));
                let groups = words(first(&["groupname", "groups", "group"]));
                (name.map(str::to_owned), groups)
            }
            "group_by" => {
                let key = first(&["key"]).and_then(render).map(|key| names(&key));
                let parents = words(first(&["parents"]));
                let groups = key.zip(parents).map(|(key, parents)| {
                    let all = key.into_iter().chain(parents);
                    all.map(|name| name.replace(' ', "-")).collect()
                });
                (Some(String::new()), groups)
            }
            _ => return None,
        };
        Some(Brings {
            task: self.title(),
            host,
            groups,
        })
    }

    /// The same, as far as it stands in the playbook as it is.
    pub fn brings_as_written(&self) -> Option<Brings> {
        self.brings(&|node| (!has_template(node)).then(|| node.clone()))
    }
}

/// Names in a list, or between commas.
fn names(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Seq(items) => items.iter().flat_map(names).collect(),
        Value::Str(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn has_template(node: &Node) -> bool {
    match &node.value {
        Value::Seq(items) => items.iter().any(has_template),
        Value::Str(text) => text.contains("{{") || text.contains("{%"),
        _ => false,
    }
}

impl Inventory {
    /// Brings in what a task on `host` brings. Whether that changes anything, or what is wrong with it.
    /// What is told of variables stands `at` the task.
    pub fn join(&mut self, host: &str, joins: &Joins, at: &Span) -> Result<bool, String> {
        let changed = match joins {
            Joins::Host { name, groups, vars } => self.join_host(name, groups, vars, at)?,
            Joins::Group { name, parents } => self.join_group(host, name, parents, at)?,
        };
        if changed {
            self.reconcile();
        }
        Ok(changed)
    }

    fn join_host(
        &mut self,
        name: &str,
        groups: &[String],
        vars: &Map<String, serde_json::Value>,
        at: &Span,
    ) -> Result<bool, String> {
        let mut changed = self.new_host(name);
        if let Some(entry) = self.hosts.get_mut(name) {
            for (key, value) in vars {
                let value = told(Node::from_json(value, at));
                if entry.vars.get(key) != Some(&value) {
                    let key = Node::new(Value::Str(key.clone()), at.clone());
                    entry.vars.insert(key, value);
                    changed = true;
                }
            }
        }
        for group in groups {
            changed |= self.new_group(group)?;
            changed |= self.enter(name, group);
        }
        Ok(changed)
    }

    fn join_group(
        &mut self,
        host: &str,
        name: &str,
        parents: &[String],
        at: &Span,
    ) -> Result<bool, String> {
        if self.new_host(host) && LOCALHOST.contains(&host) {
            let node = |text: &str| Node::new(Value::Str(text.to_owned()), at.clone());
            if let Some(entry) = self.hosts.get_mut(host) {
                entry.vars.insert(node("ansible_connection"), node("local"));
            }
        }
        let mut changed = false;
        self.new_group(name)?;
        for parent in parents {
            changed |= self.new_group(parent)?;
        }
        for parent in parents {
            if parent == name || reaches(&self.groups, name, parent) {
                return Err(format!(
                    "the group `{name}` can't be in `{parent}`, which is in `{name}`"
                ));
            }
            let known = self.groups.get(parent);
            changed |= known.is_some_and(|group| !group.children.iter().any(|child| child == name));
            link(&mut self.groups, parent, name);
        }
        if !self.members(name).iter().any(|member| member == host) {
            changed |= self.enter(host, name);
        }
        Ok(changed)
    }

    /// Makes a host where there is none of that name; whether that was so.
    fn new_host(&mut self, name: &str) -> bool {
        if self.hosts.contains_key(name) {
            return false;
        }
        self.hosts.insert(name.to_owned(), HostEntry::default());
        self.enter(name, "all");
        true
    }

    /// Makes a group where there is none of that name; whether that was so.
    fn new_group(&mut self, name: &str) -> Result<bool, String> {
        if name.is_empty() {
            return Err("a group needs a name".to_owned());
        }
        let new = !self.groups.contains_key(name);
        if new {
            self.groups.insert(name.to_owned(), Group::default());
        }
        Ok(new)
    }

    /// Puts a host into a group; whether it was not there.
    fn enter(&mut self, host: &str, group: &str) -> bool {
        let Some(entry) = self.hosts.get_mut(host) else {
            return false;
        };
        if entry.groups.iter().any(|member| member == group) {
            return false;
        }
        entry.groups.push(group.to_owned());
        if let Some(group) = self.groups.get_mut(group) {
            group.hosts.push(host.to_owned());
        }
        true
    }

    /// Every group hangs below `all`, every host stands in a group, and depths are known.
    pub(super) fn reconcile(&mut self) {
        let orphans: Vec<String> = self
            .groups
            .iter()
            .filter(|(name, group)| group.parents.is_empty() && name.as_str() != "all")
            .map(|(name, _)| name.clone())
            .collect();
        for orphan in orphans {
            link(&mut self.groups, "all", &orphan);
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

    /// Whether a pattern could select what a task may bring.
    pub fn may_select(&self, pattern: &str, brings: &Brings) -> bool {
        let parts = super::pattern::split(pattern);
        let mut added = parts.iter().filter(|part| !part.starts_with(['&', '!']));
        let only_modifiers = !added.clone().any(|_| true);
        only_modifiers || added.any(|part| self.may_be(part, brings))
    }

    fn may_be(&self, part: &str, brings: &Brings) -> bool {
        // Files of names, ranges of hosts and what is no pattern at all are not looked into.
        let Ok(matcher) = Matcher::of(part) else {
            return true;
        };
        let Matcher::Word(word) = matcher else {
            return true;
        };
        if self.hosts.contains_key(word) || LOCALHOST.contains(&word) {
            return false;
        }
        let named = || match &brings.host {
            Some(host) => host == word,
            None => !self.groups.contains_key(word),
        };
        let grouped = || match &brings.groups {
            Some(groups) => {
                word == "all"
                    || (word == "ungrouped" && groups.is_empty())
                    || groups
                        .iter()
                        .any(|group| reaches(&self.groups, word, group))
            }
            None => true,
        };
        part.starts_with('@') || named() || grouped()
    }
}

/// Texts in it are no templates any more, and no expressions.
fn told(node: Node) -> Node {
    let value = match node.value {
        Value::Seq(items) => Value::Seq(items.into_iter().map(told).collect()),
        Value::Map(map) => {
            let mut laid = Mapping::new();
            for (key, value) in map.iter() {
                laid.insert(key.clone(), told(value.clone()));
            }
            Value::Map(laid)
        }
        other => other,
    };
    Node { value, ..node }.by(Origin::Told)
}

/// Puts a group into another one.
pub(super) fn link(groups: &mut IndexMap<String, Group>, parent: &str, child: &str) {
    let children = &mut groups.entry(parent.to_owned()).or_default().children;
    if !children.iter().any(|name| name == child) {
        children.push(child.to_owned());
    }
    let parents = &mut groups.entry(child.to_owned()).or_default().parents;
    if !parents.iter().any(|name| name == parent) {
        parents.push(parent.to_owned());
    }
}

/// Whether a group is in another one, at whatever depth, or is that one.
pub(super) fn reaches(groups: &IndexMap<String, Group>, from: &str, to: &str) -> bool {
    let mut ahead = vec![from];
    let mut seen = Vec::new();
    while let Some(name) = ahead.pop() {
        if name == to {
            return true;
        }
        if !seen.contains(&name) {
            seen.push(name);
            let children = groups.get(name).map(|group| &group.children);
            ahead.extend(children.into_iter().flatten().map(String::as_str));
        }
    }
    false
}
