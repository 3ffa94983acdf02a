//! The one place of the engine where variables are laid: plain data in, [`Layers`] out. What wins
//! over what is said by [`Layer`] alone.

use super::hosts::{Kind, Learned};
use super::options::Options;
use crate::lab;
use crate::model::{Inventory, Layer, Layers, Play, Role, Task, VarMap, var_map};
use crate::template::{Var, from_json};
use minijinja::Value;
use std::path::Path;
use std::sync::Arc;

/// What is known of a run and a host before any play begins.
pub struct Ground<'a> {
    /// The inventory.
    pub inventory: &'a Inventory,
    /// The magic variable `groups`.
    pub groups: Var,
    /// The magic variable `group_names` of the host.
    pub group_names: Var,
    /// The command line.
    pub options: &'a Options,
    /// The playbook's file.
    pub playbook: &'a Path,
}

/// What is seen before any host is known: the extra variables and the play's own.
pub fn of_play(options: &Options, play: &Play) -> Layers {
    Layers::new()
        .with(Layer::ExtraVars, options.extra_vars.clone())
        .with(Layer::PlayVars, Arc::new(var_map(&play.vars)))
}

/// What is seen of a host without any play; `inventory` is what the inventory says of it.
pub fn of_host(ground: &Ground<'_>, host: &str, inventory: Option<Arc<VarMap>>) -> Layers {
    let mut layers = Layers::new();
    if let Some(inventory) = inventory {
        layers.push(Layer::Inventory, inventory);
    }
    layers.push(Layer::ExtraVars, ground.options.extra_vars.clone());
    layers.push(Layer::Magic, Arc::new(host_magic(ground, host)));
    layers
}

fn host_magic(ground: &Ground<'_>, host: &str) -> VarMap {
    let Ground {
        inventory, options, ..
    } = ground;
    let mut magic = VarMap::new();
    magic.insert("group_names".to_owned(), ground.group_names.clone());
    magic.insert("groups".to_owned(), ground.groups.clone());
    let mut set = |name: &str, value: Value| magic.insert(name.to_owned(), Var::Own(value));
    set("inventory_hostname", host.into());
    set(
        "inventory_hostname_short",
        host.split('.').next().unwrap_or(host).into(),
    );
    let state = options.state.display().to_string();
    set("trueup_state", state.into());
    let lab = lab::folder_of(&inventory.name);
    set("trueup_lab", lab.display().to_string().into());
    let folder = ground.playbook.parent();
    let folder = folder.filter(|p| !p.as_os_str().is_empty());
    set("playbook_dir", absolute(folder.unwrap_or(Path::new("."))));
    if let Some(inventory) = inventory.folder() {
        set("inventory_dir", inventory.display().to_string().into());
    }
    set("ansible_forks", options.forks.into());
    set("ansible_verbosity", options.verbosity.into());
    set("ansible_diff_mode", options.diff.into());
    let only = match options.tags.as_slice() {
        [] => vec!["all".to_owned()],
        tags => tags.to_vec(),
    };
    set("ansible_run_tags", only.into());
    set("ansible_skip_tags", options.skip_tags.clone().into());
    set(
        "ansible_version",
        from_json(&serde_json::json!({
            "full": "2.19.0", "string": "2.19.0", "major": 2, "minor": 19, "revision": 0,
        })),
    );
    magic
}

/// Adds what a play says to each of its hosts.
pub fn add_play(layers: &mut Layers, play: &Play, hosts: &[Arc<str>]) {
    layers.push(Layer::PlayVars, Arc::new(var_map(&play.vars)));
    for role in play.roles.iter().filter(|role| role.public) {
        add_role(layers, role);
    }
    let mut magic = VarMap::new();
    let mut set = |name: &str, value: Value| magic.insert(name.to_owned(), Var::Own(value));
    set("ansible_play_name", play.name.as_str().into());
    set("ansible_play_hosts_all", names(hosts));
    let roles: Vec<String> = play.roles.iter().map(|role| role.name.clone()).collect();
    set("ansible_play_role_names", roles.clone().into());
    set("role_names", roles.into());
    layers.push(Layer::Magic, Arc::new(magic));
}

/// Adds what a file of the play's `vars_files` says.
pub fn add_file(layers: &mut Layers, vars: Arc<VarMap>) {
    layers.push(Layer::VarsFiles, vars);
}

/// Adds what changes while a play runs: the roles that includes made public, the hosts of its batch
/// that still take part, and all its hosts that were not lost.
pub fn add_moving(
    layers: &mut Layers,
    included: &[Arc<Role>],
    sound: &[Arc<str>],
    left: &[Arc<str>],
) {
    for role in included {
        add_role(layers, role);
    }
    let sound = names(sound);
    let magic = [
        ("ansible_play_batch", sound.clone()),
        ("ansible_play_hosts", names(left)),
        ("play_hosts", sound),
    ];
    let magic = magic
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Var::Own(value)));
    layers.push(Layer::Magic, Arc::new(magic.collect()));
}

/// Adds what a host learned during the run.
pub fn add_learned(layers: &mut Layers, learned: Learned) {
    layers.push(Layer::Facts, learned.facts);
    layers.push(Layer::IncludeVars, learned.included);
    layers.push(Layer::SetFacts, learned.set);
}

/// Adds what an item of a loop has just found out, which those after it see.
pub fn add_fresh(layers: &mut Layers, kind: Kind, vars: &VarMap) {
    let layer = match kind {
        Kind::Facts => Layer::Facts,
        Kind::Included | Kind::Set => Layer::SetFacts,
    };
    layers.push(layer, Arc::new(vars.clone()));
}

/// What is known of a play without any host.
pub struct Constants<'a> {
    /// Variables of the inventory that are the same for all hosts.
    pub inventory: VarMap,
    /// Those of the play's files.
    pub files: VarMap,
    /// Roles that includes bring.
    pub included: &'a [Arc<Role>],
    /// The extra variables.
    pub extra: &'a Arc<VarMap>,
    /// The playbook's folder.
    pub folder: &'a Path,
}

/// The variables of a task as far as they are constants.
pub fn of_constants(known: Constants<'_>, task: &Task, play: &Play) -> Layers {
    let mut layers = Layers::new();
    layers.push(Layer::Inventory, Arc::new(known.inventory));
    layers.push(Layer::PlayVars, Arc::new(var_map(&play.vars)));
    layers.push(Layer::VarsFiles, Arc::new(known.files));
    let roles = play.roles.iter().chain(known.included);
    for role in roles.filter(|role| role.public) {
        add_role(&mut layers, role);
    }
    add_own(&mut layers, task);
    layers.push(Layer::ExtraVars, known.extra.clone());
    let folder = ("playbook_dir".to_owned(), Var::Own(absolute(known.folder)));
    layers.push(Layer::Magic, Arc::new(VarMap::from_iter([folder])));
    layers
}

fn absolute(folder: &Path) -> Value {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.display().to_string().into()
}

/// Adds a task's own variables, and those of its role.
fn add_own(layers: &mut Layers, task: &Task) {
    if let Some(role) = &task.role {
        add_role(layers, role);
        layers.push(Layer::RoleParams, Arc::new(var_map(&role.params)));
        let magic = [
            ("role_name".to_owned(), Var::Own(role.name.as_str().into())),
            (
                "ansible_role_name".to_owned(),
                Var::Own(role.name.as_str().into()),
            ),
            ("role_path".to_owned(), Var::Own(absolute(&role.folder))),
        ];
        layers.push(Layer::Magic, Arc::new(VarMap::from_iter(magic)));
    }
    layers.push(Layer::TaskVars, Arc::new(var_map(&task.keywords.vars)));
}

/// Adds what only a task sees; `dry` says whether the run is.
pub fn add_task(layers: &mut Layers, task: &Task, hostvars: Value, dry: bool) {
    let mut magic = VarMap::new();
    let mut set = |name: &str, value: Value| magic.insert(name.to_owned(), Var::Own(value));
    set("hostvars", hostvars);
    add_own(layers, task);
    // The run's, as in Ansible: a task that reads in a dry run too still sees that it is one.
    set("ansible_check_mode", dry.into());
    layers.push(Layer::Magic, Arc::new(magic));
}

/// Adds the variables of an item of a loop.
pub fn add_item(layers: &mut Layers, item: &VarMap) {
    layers.push(Layer::Magic, Arc::new(item.clone()));
}

fn add_role(layers: &mut Layers, role: &Role) {
    layers.push(Layer::RoleDefaults, Arc::new(var_map(&role.defaults)));
    layers.push(Layer::RoleVars, Arc::new(var_map(&role.vars)));
}

fn names(hosts: &[Arc<str>]) -> Value {
    let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    names.into()
}
