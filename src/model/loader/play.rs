//! A play.

use super::import::{Onto, needs};
use super::keywords::{flag, inherit, list, variables};
use super::known::Kind;
use super::role::Uses;
use super::tasks::{Place, veil};
use super::{Loader, folder_of};
use crate::diag::Diag;
use crate::model::{Gate, HostOrder, Keywords, Play, Section, Task};
use crate::yaml::{Mapping, Node, Value};
use std::path::Path;
use std::sync::Arc;

impl Loader {
    pub(super) fn play(
        &self,
        path: &Path,
        node: &Node,
        map: &Mapping,
        onto: &Onto,
        errors: &mut Vec<Diag>,
    ) -> Option<Play> {
        let mut reads = true;
        for (key, _) in map.iter() {
            let word = key.as_str().unwrap_or_default();
            if !Kind::Play.knows(word) {
                let diag = Kind::Play.unknown(key);
                let task = Kind::Task.knows(word) || !map.keys().any(|key| key == "hosts");
                errors.push(if task {
                    diag.help("tasks stand under `tasks:`")
                } else {
                    diag
                });
                reads = false;
            }
        }
        let Some(hosts) = map.get("hosts").filter(|hosts| !is_empty(hosts)) else {
            // A mapping that is no play at all was told above.
            if reads || map.get("hosts").is_some() {
                errors.push(
                    Diag::error("a play needs `hosts`")
                        .at(&begin(node), "")
                        .help("say which, or `hosts: all`"),
                );
            }
            return None;
        };
        if let Some(strategy) = map.get("strategy")
            && !strategy.as_str().is_some_and(is_strategy)
        {
            errors.push(
                Diag::error("this is no strategy")
                    .at(&strategy.span, "")
                    .help("known are linear, free and host_pinned; all run as linear does, an order that the others allow"),
            );
        }
        let keywords = Arc::new(inherit(&onto.keywords, map, Kind::Play, errors));
        veil(node, &keywords);
        let mut vars = map
            .get("vars")
            .map(|vars| variables(vars, errors))
            .unwrap_or_default();
        for (key, value) in onto.vars.iter() {
            vars.insert(key.clone(), value.clone());
        }
        // Names of imports may use the play's variables; the tasks see them in a layer of their own.
        let named = Keywords {
            vars: vars.clone(),
            ..Keywords::default()
        };
        let place = |kind: Kind| Place {
            role: None,
            folder: folder_of(path),
            blocks: Vec::new(),
            keywords: keywords.clone(),
            kind,
            depth: 0,
            includes: Arc::default(),
        };
        let mut uses = Uses::new(named.vars);
        let section = |loader: &Self, name: &str, uses: &mut Uses, errors: &mut Vec<Diag>| match map
            .get(name)
        {
            Some(node) => loader.task_list(node, &place(Kind::Task), uses, errors),
            None => Vec::new(),
        };
        let pre_tasks = section(self, "pre_tasks", &mut uses, errors);
        let mut tasks = match map.get("roles") {
            Some(roles) => self.roles(roles, &place(Kind::Task), &mut uses, errors),
            None => Vec::new(),
        };
        tasks.extend(section(self, "tasks", &mut uses, errors));
        let post_tasks = section(self, "post_tasks", &mut uses, errors);
        let gate = match map.get("gate") {
            Some(node) => self.gate(node, &place(Kind::Task), &mut uses, errors),
            None => Gate::default(),
        };
        let own: Vec<Arc<Task>> = match map.get("handlers") {
            Some(node) => self.task_list(node, &place(Kind::Handler), &mut uses, errors),
            None => Vec::new(),
        };
        let sections = [
            ("pre_tasks", pre_tasks),
            ("tasks", tasks),
            ("post_tasks", post_tasks),
        ];
        Some(Play {
            name: title(map, hosts),
            span: begin(node),
            folder: folder_of(path),
            hosts: hosts.clone(),
            needs: map
                .get("needs")
                .filter(|needs| !needs.is_null())
                .map(|node| needs(node, errors)),
            gather_facts: given(map, "gather_facts"),
            gather_subset: given(map, "gather_subset"),
            serial: map.get("serial").map(list).unwrap_or_default(),
            any_errors_fatal: given(map, "any_errors_fatal"),
            max_fail_percentage: given(map, "max_fail_percentage"),
            force_handlers: map
                .get("force_handlers")
                .is_some_and(|node| flag(node, errors)),
            order: map
                .get("order")
                .map(|node| order(node, errors))
                .unwrap_or_default(),
            gate,
            vars: Arc::new(vars),
            vars_files: map.get("vars_files").map(list).unwrap_or_default(),
            roles: uses.roles,
            sections: sections
                .into_iter()
                .map(|(name, tasks)| Section { name, tasks })
                .collect(),
            handlers: uses.handlers.into_iter().chain(own).collect(),
            keywords,
        })
    }
}

/// Whether a play may say so. What `free` and `host_pinned` leave open, whether a host waits for the
/// others, is done as `linear` does it.
fn is_strategy(word: &str) -> bool {
    let word = word.strip_prefix("ansible.builtin.").unwrap_or(word);
    ["linear", "free", "host_pinned"].contains(&word)
}

fn given(map: &Mapping, key: &str) -> Option<Node> {
    map.get(key).filter(|node| !node.is_null()).cloned()
}

fn is_empty(hosts: &Node) -> bool {
    match &hosts.value {
        Value::Str(text) => text.trim().is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    }
}

fn title(map: &Mapping, hosts: &Node) -> String {
    let name = map
        .get("name")
        .and_then(|name| crate::yaml::from_node::<String>(name).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let patterns = crate::yaml::from_node::<Vec<String>>(hosts).unwrap_or_default();
        patterns.join(",")
    })
}

/// The first line of a mapping.
pub(super) fn begin(node: &Node) -> crate::diag::Span {
    let line = node
        .span
        .text()
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end()
        .len();
    node.span
        .source()
        .span(node.span.start(), node.span.start() + line)
}

fn order(node: &Node, errors: &mut Vec<Diag>) -> HostOrder {
    match node.as_str() {
        Some("inventory") => HostOrder::Inventory,
        Some("reverse_inventory") => HostOrder::ReverseInventory,
        Some("sorted") => HostOrder::Sorted,
        Some("reverse_sorted") => HostOrder::ReverseSorted,
        Some("shuffle") => HostOrder::Shuffle,
        Some("replicas_first") => HostOrder::ReplicasFirst,
        other => {
            let known = [
                "inventory",
                "reverse_inventory",
                "sorted",
                "reverse_sorted",
                "shuffle",
                "replicas_first",
            ];
            let diag = Diag::error("this is no order of hosts").at(&node.span, "");
            errors.push(
                diag.suggest(other.unwrap_or_default(), known)
                    .help(format!("known are {}", known.join(", "))),
            );
            HostOrder::Inventory
        }
    }
}
