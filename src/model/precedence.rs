//! The one list of where variables come from and which source wins.

use crate::template::{Scope, Var};
use crate::yaml::Mapping;
use indexmap::IndexMap;
use std::sync::Arc;

/// Variables by name.
pub type VarMap = IndexMap<String, Var>;

/// A source of variables; a later one wins over an earlier one.
///
/// This is the order of Ansible's documentation, "Understanding variable precedence"
/// (<https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html>). What it
/// splits further (groups before hosts, blocks before tasks) is laid over each other before it
/// becomes a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// `defaults/main.yml` of roles.
    RoleDefaults,
    /// The inventory, its `group_vars` and `host_vars`, and those beside the playbook.
    Inventory,
    /// Facts of the host.
    Facts,
    /// `vars` of the play.
    PlayVars,
    /// `vars_files` of the play.
    VarsFiles,
    /// `vars/main.yml` of roles.
    RoleVars,
    /// `vars` of blocks and of the task.
    TaskVars,
    /// `include_vars`.
    IncludeVars,
    /// `set_fact` and `register`.
    SetFacts,
    /// Parameters of roles and of includes.
    RoleParams,
    /// `--extra-vars`.
    ExtraVars,
    /// What nobody can override: `inventory_hostname`, `groups`, `hostvars`, loop variables.
    Magic,
}

/// The variables that one host and task see, in layers.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// From the lowest to the highest.
    maps: Vec<(Layer, Arc<VarMap>)>,
}

impl Layers {
    /// No variables at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds variables; within a layer the later map wins.
    pub fn push(&mut self, layer: Layer, map: Arc<VarMap>) {
        let at = self.maps.partition_point(|(other, _)| *other <= layer);
        self.maps.insert(at, (layer, map));
    }

    /// The same with variables added.
    #[must_use]
    pub fn with(mut self, layer: Layer, map: Arc<VarMap>) -> Self {
        self.push(layer, map);
        self
    }
}

impl Scope for Layers {
    fn get(&self, name: &str) -> Option<Var> {
        self.maps
            .iter()
            .rev()
            .find_map(|(_, map)| map.get(name))
            .cloned()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .maps
            .iter()
            .flat_map(|(_, map)| map.keys().cloned())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The entries of a mapping as variables, to be rendered where they are used.
pub fn var_map(map: &Mapping) -> VarMap {
    map.iter()
        .filter_map(|(key, value)| {
            Some((key.as_str()?.to_owned(), Var::Node(Arc::new(value.clone()))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::Value;

    fn one(name: &str, value: &str) -> Arc<VarMap> {
        Arc::new(std::iter::once((name.to_owned(), Var::Value(Value::from(value)))).collect())
    }

    fn seen(layers: &Layers, name: &str) -> Option<String> {
        match layers.get(name)? {
            Var::Value(value) => Some(value.to_string()),
            _ => None,
        }
    }

    #[test]
    fn the_highest_layer_wins_whatever_the_order_of_pushing() {
        let mut layers = Layers::new();
        layers.push(Layer::ExtraVars, one("x", "extra"));
        layers.push(Layer::PlayVars, one("x", "play"));
        layers.push(Layer::RoleDefaults, one("y", "default"));
        assert_eq!(seen(&layers, "x").as_deref(), Some("extra"));
        assert_eq!(seen(&layers, "y").as_deref(), Some("default"));
        assert_eq!(seen(&layers, "z"), None);
        assert_eq!(layers.names(), ["x", "y"]);
    }

    #[test]
    fn within_a_layer_the_later_map_wins() {
        let layers = Layers::new()
            .with(Layer::TaskVars, one("x", "block"))
            .with(Layer::SetFacts, one("y", "fact"))
            .with(Layer::TaskVars, one("x", "task"));
        assert_eq!(seen(&layers, "x").as_deref(), Some("task"));
    }
}
