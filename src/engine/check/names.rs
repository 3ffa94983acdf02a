//! The names that an include can have, as far as they rest on constants.

use super::survey::{PlaySurvey, short};
use crate::engine::variables::{self, Constants};
use crate::model::{Action, Layers, Loader, Task, VarMap, var_map};
use crate::template::{Lookups, Scope, Templar, Var, check_node};
use crate::yaml::{Node, Value};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// What names of a play's includes may rest on.
pub struct Names {
    extra: Arc<VarMap>,
    folder: PathBuf,
    /// Variables that tasks have set by now.
    set: HashSet<String>,
    /// Tasks have set some whose names only the run knows.
    any: bool,
}

impl Names {
    /// Those of a play, after the plays before it.
    pub fn after<'p, 'a: 'p>(
        loader: &Loader,
        before: impl Iterator<Item = &'p PlaySurvey<'a>>,
        play: &PlaySurvey<'_>,
    ) -> Self {
        let mut names = Self {
            extra: loader.extra().clone(),
            folder: loader.folder().to_owned(),
            set: HashSet::new(),
            any: play.open || play.brought,
        };
        for play in before {
            names.any |= play.open;
            names.set.extend(play.sets.keys().cloned());
        }
        names
    }

    /// Takes down what a task sets.
    pub fn learn(&mut self, task: &Task) {
        self.set.extend(task.keywords.register.iter().cloned());
        self.set.extend(task.set_facts().map(str::to_owned));
        if let Action::Module { name, .. } = &task.action {
            self.any |= short(name) == "include_vars";
        }
    }

    /// The names that `node` may come to for `task`; `None` where only the run knows them.
    pub fn of(&self, task: &Task, node: &Node, play: &PlaySurvey<'_>) -> Option<Vec<String>> {
        let text = node.as_str()?;
        if !text.contains("{{") && !text.contains("{%") {
            return Some(vec![text.to_owned()]);
        }
        let layers = self.layers(task, play);
        let Some(repeat) = &task.keywords.repeat else {
            return Some(vec![self.one(task, node, play, layers, None)?]);
        };
        // Items that are written down are as good as constants.
        let items = repeat.over.as_seq()?;
        let listed = matches!(&*repeat.lookup, "loop" | "items");
        let constant = |item: &&Node| !matches!(item.value, Value::Seq(_)) && is_constant(item);
        if !listed || items.iter().filter(constant).count() != items.len() {
            return None;
        }
        let mut names = Vec::new();
        for item in items {
            let mut vars = VarMap::new();
            vars.insert(repeat.var.clone(), Var::Node(Arc::new(item.clone())));
            let mut layers = layers.clone();
            variables::add_item(&mut layers, &vars);
            let name = self.one(task, node, play, layers, Some(&repeat.var))?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Some(names)
    }

    fn one(
        &self,
        task: &Task,
        node: &Node,
        play: &PlaySurvey<'_>,
        layers: Layers,
        item: Option<&str>,
    ) -> Option<String> {
        let asked = Asked {
            names: self,
            task,
            play,
            layers: &layers,
            item,
        };
        if !asked.is_constant(node, &mut HashSet::new()) {
            return None;
        }
        let templar = Templar::new(Arc::new(layers), Arc::new(Lookups::default()));
        templar.node(node).ok()?.as_str().map(str::to_owned)
    }

    fn layers(&self, task: &Task, play: &PlaySurvey<'_>) -> Layers {
        let inventory = play.inventory.iter().filter_map(|(name, nodes)| {
            let node = nodes.first().filter(|_| play.alike.contains(name))?;
            Some((name.clone(), Var::Node(node.clone())))
        });
        let known = Constants {
            inventory: inventory.collect(),
            files: var_map(&play.vars_files),
            included: &play.included,
            extra: &self.extra,
            folder: &self.folder,
        };
        variables::of_constants(known, task, play.play)
    }
}

/// What is asked of the constants that a name rests on.
struct Asked<'a, 'b> {
    names: &'a Names,
    task: &'a Task,
    play: &'a PlaySurvey<'b>,
    layers: &'a Layers,
    item: Option<&'a str>,
}

impl Asked<'_, '_> {
    /// Whether a text rests on constants alone, whatever depth they come from.
    fn is_constant(&self, node: &Node, seen: &mut HashSet<String>) -> bool {
        let looks_up = ["lookup(", "query(", "q("];
        let text = node.to_json().to_string();
        if looks_up.iter().any(|call| text.contains(call)) {
            return false;
        }
        let (broken, references) = check_node(node);
        let mut names = references.iter().map(|reference| &*reference.name);
        broken.is_empty() && names.all(|name| self.is_known(name, seen))
    }

    fn is_known(&self, name: &str, seen: &mut HashSet<String>) -> bool {
        if !seen.insert(name.to_owned()) {
            return true;
        }
        let magic = ["playbook_dir", "role_path", "role_name"].contains(&name);
        if magic || self.item == Some(name) {
            return self.layers.get(name).is_some();
        }
        if self.names.extra.contains_key(name) {
            return true;
        }
        // What the includes of a loop hand on is known by its name alone.
        let handed = self.task.keywords.vars.get(name).is_some_and(Node::is_null);
        let set = self.names.any || self.names.set.contains(name);
        let unlike = self.play.inventory.contains_key(name) && !self.play.alike.contains(name);
        if handed || set || unlike || name.starts_with("ansible_") {
            return false;
        }
        match self.layers.get(name) {
            Some(Var::Node(node)) => self.is_constant(&node, seen),
            other => other.is_some(),
        }
    }
}

/// Whether there is no template in a node.
fn is_constant(node: &Node) -> bool {
    match &node.value {
        Value::Str(text) => !text.contains("{{") && !text.contains("{%"),
        Value::Seq(items) => items.iter().all(is_constant),
        Value::Map(map) => map.iter().map(|(_, value)| value).all(is_constant),
        _ => true,
    }
}
