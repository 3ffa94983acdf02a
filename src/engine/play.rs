//! A play while it runs: its hosts, its variables, how each host stands.

use super::machine::lock;
use super::owed::Owed;
use super::run::Run;
use super::settings::Settings;
use super::standing::Standing;
use super::variables;
use crate::diag::Diag;
use crate::graph;
use crate::model::{Layers, Play, Role, Task, VarMap};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// The variables of a host that only change when the inventory does.
#[derive(Clone)]
pub struct Base {
    /// The edition of the inventory that they are from.
    edition: usize,
    layers: Layers,
}

/// A play while it runs.
pub struct PlayRun {
    /// Its index in the playbook.
    pub index: usize,
    /// The play.
    pub play: Play,
    /// What its keywords come to.
    pub settings: Settings,
    /// All its hosts, in order.
    pub hosts: Vec<Arc<str>>,
    /// Its batches.
    pub batches: Vec<Vec<Arc<str>>>,
    /// The hosts of the batch that runs now.
    pub batch: Mutex<Vec<Arc<str>>>,
    /// How each host stands.
    pub standings: Mutex<HashMap<Arc<str>, Standing>>,
    /// That its gate does not hold was told.
    pub closed: AtomicBool,
    /// The handlers: the play's own, and those of roles that were included.
    pub handlers: Mutex<Vec<Arc<Task>>>,
    /// The handlers that are notified, and by which hosts.
    pub notified: Mutex<HashMap<usize, IndexSet<Arc<str>>>>,
    /// What handlers owe, those that are notified and those whose turn has come.
    pub owed: Mutex<Owed>,
    /// Roles that includes made public.
    pub included: Mutex<Vec<Arc<Role>>>,
    /// The variables of each host that don't change while the play runs.
    pub bases: Mutex<HashMap<String, Base>>,
    /// What `vars_files` give each host.
    pub files: Mutex<HashMap<String, Vec<Arc<VarMap>>>>,
}

impl PlayRun {
    /// A play that begins on `hosts`.
    pub fn new(index: usize, play: Play, settings: Settings, hosts: Vec<Arc<str>>) -> Self {
        Self {
            index,
            batches: graph::batches(&hosts, &settings.serial),
            settings,
            hosts,
            batch: Mutex::default(),
            standings: Mutex::default(),
            closed: AtomicBool::new(false),
            handlers: Mutex::new(play.handlers.clone()),
            notified: Mutex::default(),
            owed: Mutex::default(),
            included: Mutex::default(),
            bases: Mutex::default(),
            files: Mutex::default(),
            play,
        }
    }

    /// The hosts of the batch that still take part.
    pub fn sound(&self) -> Vec<Arc<str>> {
        let batch = lock(&self.batch).clone();
        let standings = lock(&self.standings);
        batch
            .into_iter()
            .filter(|host| standings.get(host).is_none_or(Standing::is_sound))
            .collect()
    }

    /// The hosts that failed or can't be reached.
    pub fn lost(&self) -> Vec<Arc<str>> {
        let standings = lock(&self.standings);
        standings
            .iter()
            .filter(|(_, s)| s.is_lost())
            .map(|(host, _)| host.clone())
            .collect()
    }

    /// Lets `change` act on how a host stands.
    pub fn standing<T>(&self, host: &Arc<str>, change: impl FnOnce(&mut Standing) -> T) -> T {
        change(lock(&self.standings).entry(host.clone()).or_default())
    }

    /// The variables of a host that don't depend on the task: inventory, play, roles, magic.
    pub fn base(self: &Arc<Self>, run: &Arc<Run>, host: &str) -> Result<Layers, Vec<Diag>> {
        let edition = run.roster.now().edition;
        let known = lock(&self.bases).get(host).cloned();
        if let Some(known) = known.filter(|known| known.edition == edition) {
            let mut layers = known.layers;
            self.moving(host, &mut layers);
            return Ok(layers);
        }
        let mut layers = run.inventory_layers(host, &self.play.folder)?;
        variables::add_play(&mut layers, &self.play, &self.hosts);
        let base = Base {
            edition,
            layers: layers.clone(),
        };
        lock(&self.bases).insert(host.to_owned(), base);
        self.moving(host, &mut layers);
        Ok(layers)
    }

    /// What changes while the play runs: the hosts that still take part, included roles; and what
    /// files of variables give the host, which are read once.
    fn moving(&self, host: &str, layers: &mut Layers) {
        for vars in lock(&self.files).get(host).into_iter().flatten() {
            variables::add_file(layers, vars.clone());
        }
        let sound = self.sound();
        let left: Vec<Arc<str>> = {
            let standings = lock(&self.standings);
            let left = |host: &&Arc<str>| standings.get(*host).is_none_or(|s| !s.is_lost());
            self.hosts.iter().filter(left).cloned().collect()
        };
        variables::add_moving(layers, &lock(&self.included), &sound, &left);
    }

    /// Gives a host the variables of a file of `vars_files`.
    pub fn lay(&self, host: &str, vars: Arc<VarMap>) {
        let mut files = lock(&self.files);
        files.entry(host.to_owned()).or_default().push(vars);
    }
}
