//! The variables that a task on a host sees, laid in the one order of precedence.

use super::machine::lock;
use super::play::PlayRun;
use super::run::Run;
use crate::diag::Diag;
use crate::lab;
use crate::model::{Layer, Layers, Task, VarMap, var_map};
use crate::template::{Lookups, Scope, Templar, Var, from_json};
use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

/// The variables of `task` on `host`.
pub fn layers(
    run: &Arc<Run>,
    play: &Arc<PlayRun>,
    task: &Task,
    host: &str,
) -> Result<Layers, Vec<Diag>> {
    let mut layers = play.base(run, host)?;
    learned(run, host, &mut layers);
    let mut magic = VarMap::new();
    let hostvars = HostVars {
        run: run.clone(),
        play: play.clone(),
        hosts: Mutex::default(),
    };
    magic.insert("hostvars".into(), Var::Own(Value::from_object(hostvars)));
    if let Some(role) = &task.role {
        layers.push(Layer::RoleDefaults, Arc::new(var_map(&role.defaults)));
        layers.push(Layer::RoleVars, Arc::new(var_map(&role.vars)));
        layers.push(Layer::RoleParams, Arc::new(var_map(&role.params)));
        magic.insert("role_name".into(), Var::Own(role.name.as_str().into()));
        magic.insert(
            "role_path".into(),
            Var::Own(role.folder.display().to_string().into()),
        );
    }
    layers.push(Layer::TaskVars, Arc::new(var_map(&task.keywords.vars)));
    // The run's, as in Ansible: a task that reads in a dry run too still sees that it is one.
    magic.insert("ansible_check_mode".into(), Var::Own(run.is_plan().into()));
    layers.push(Layer::Magic, Arc::new(magic));
    Ok(layers)
}

/// What a host learned during the run.
fn learned(run: &Run, host: &str, layers: &mut Layers) {
    let learned = run.hosts.get(host).learned();
    layers.push(Layer::Facts, learned.facts);
    layers.push(Layer::IncludeVars, learned.included);
    layers.push(Layer::SetFacts, learned.set);
}

/// The magic variables that only depend on the host.
pub fn host_magic(run: &Run, host: &str, magic: &mut VarMap) {
    let mut set = |name: &str, value: Value| magic.insert(name.to_owned(), Var::Own(value));
    set("inventory_hostname", host.into());
    set(
        "inventory_hostname_short",
        host.split('.').next().unwrap_or(host).into(),
    );
    set("group_names", run.inventory.groups_of(host).into());
    let groups = || {
        let members = |group: &String| (group.clone(), run.inventory.members(group));
        let groups: BTreeMap<String, Vec<String>> =
            run.inventory.groups.keys().map(members).collect();
        Value::from(groups)
    };
    set("groups", run.groups.get_or_init(groups).clone());
    let state = run.options.state.display().to_string();
    set("trueup_state", state.into());
    let lab = lab::folder_of(&run.inventory.name);
    set("trueup_lab", lab.display().to_string().into());
    let folder = run
        .playbook
        .path
        .parent()
        .filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(std::path::Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    set("playbook_dir", folder.display().to_string().into());
    if let Some(inventory) = run.inventory.folder() {
        set("inventory_dir", inventory.display().to_string().into());
    }
    set("ansible_forks", run.options.forks.into());
    set("ansible_verbosity", run.options.verbosity.into());
    set("ansible_diff_mode", run.options.diff.into());
    let only = match run.options.tags.as_slice() {
        [] => vec!["all".to_owned()],
        tags => tags.to_vec(),
    };
    set("ansible_run_tags", only.into());
    set("ansible_skip_tags", run.options.skip_tags.clone().into());
    set(
        "ansible_version",
        from_json(&serde_json::json!({
            "full": "2.19.0", "string": "2.19.0", "major": 2, "minor": 19, "revision": 0,
        })),
    );
}

/// `hostvars`: every host's variables as they are when a node begins, rendered when they are
/// asked for.
struct HostVars {
    run: Arc<Run>,
    play: Arc<PlayRun>,
    /// The hosts that were asked for; what they rendered lives as long as they do.
    hosts: Mutex<HashMap<String, Value>>,
}

impl std::fmt::Debug for HostVars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostVars")
    }
}

impl Object for HostVars {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let host = key.as_str()?;
        if !self.run.inventory.hosts.contains_key(host) {
            return None;
        }
        if let Some(known) = lock(&self.hosts).get(host) {
            return Some(known.clone());
        }
        let mut layers = self.play.base(&self.run, host).ok()?;
        learned(&self.run, host, &mut layers);
        let value = Value::from_object(OneHost {
            lookups: self.run.lookups(vec![self.play.play.folder.clone()]),
            layers: Arc::new(layers),
            templar: OnceLock::new(),
        });
        lock(&self.hosts).insert(host.to_owned(), value.clone());
        Some(value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.run.inventory.hosts.keys().map(Value::from).collect())
    }
}

/// One host in `hostvars`.
struct OneHost {
    layers: Arc<Layers>,
    lookups: Arc<Lookups>,
    templar: OnceLock<Templar>,
}

impl std::fmt::Debug for OneHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneHost")
    }
}

impl Object for OneHost {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        self.layers.get(name)?;
        let templar = self
            .templar
            .get_or_init(|| Templar::new(self.layers.clone(), self.lookups.clone()));
        templar.variable(name)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.layers.names().into_iter().map(Value::from).collect())
    }
}
