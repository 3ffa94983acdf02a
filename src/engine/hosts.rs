//! What a run knows of its hosts: variables that tasks set, connections, machines.

use super::event::Recap;
use super::machine::{Machine, Reach, lock};
use crate::facts::Foreseen;
use crate::model::VarMap;
use crate::remote::RemoteError;
use crate::step::Effect;
use crate::template::Var;
use indexmap::IndexMap;
use minijinja::Value;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock};

/// The variables that a host got during the run, by layer.
#[derive(Clone, Default)]
pub struct Learned {
    /// What `setup` and other modules found out.
    pub facts: Arc<VarMap>,
    /// `include_vars`.
    pub included: Arc<VarMap>,
    /// `set_fact` and `register`.
    pub set: Arc<VarMap>,
}

/// Which of the [`Learned`] layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Facts.
    Facts,
    /// `include_vars`.
    Included,
    /// `set_fact` and `register`.
    Set,
}

/// A host as the run knows it.
#[derive(Default)]
pub struct HostRun {
    learned: Mutex<Learned>,
    reach: tokio::sync::Mutex<Option<Reach>>,
    recap: Mutex<Recap>,
}

impl HostRun {
    /// The variables it has got so far.
    pub fn learned(&self) -> Learned {
        lock(&self.learned).clone()
    }

    /// Gives it variables.
    pub fn learn(&self, kind: Kind, vars: VarMap) {
        if vars.is_empty() {
            return;
        }
        let mut learned = lock(&self.learned);
        let layer = match kind {
            Kind::Facts => &mut learned.facts,
            Kind::Included => &mut learned.included,
            Kind::Set => &mut learned.set,
        };
        Arc::make_mut(layer).extend(vars);
        if kind == Kind::Facts {
            let facts = collect_facts(layer);
            Arc::make_mut(layer).insert("ansible_facts".to_owned(), Var::Value(facts));
        }
    }

    /// `meta: clear_facts`.
    pub fn forget_facts(&self) {
        lock(&self.learned).facts = Arc::default();
    }

    /// Counts something in its line of the recap.
    pub fn count(&self, count: impl FnOnce(&mut Recap)) {
        count(&mut lock(&self.recap));
    }

    /// Its line of the recap.
    pub fn recap(&self) -> Recap {
        *lock(&self.recap)
    }

    /// Its connection, opened by `open` when there is none or the one that there was has died.
    pub async fn reach<F>(&self, open: impl FnOnce() -> F) -> Result<Reach, RemoteError>
    where
        F: Future<Output = Result<Reach, RemoteError>>,
    {
        let mut reach = self.reach.lock().await;
        if let Some(known) = &*reach {
            let Some(why) = known.remote.lost() else {
                return Ok(known.clone());
            };
            tracing::info!(%why, "connecting again");
            // What was asked over it need not be true any more: the machine may have been started anew.
            known.machine.end_epoch();
            reach.take();
        }
        let opened = open().await?;
        *reach = Some(opened.clone());
        Ok(opened)
    }

    /// Its connection if one is open.
    pub fn open_reach(&self) -> Option<Reach> {
        self.reach.try_lock().ok().and_then(|reach| reach.clone())
    }

    /// Closes its connection (`meta: reset_connection`); the next task opens it anew.
    pub async fn disconnect(&self) {
        let reach = self.reach.lock().await.take();
        if let Some(reach) = reach {
            reach.machine.end_epoch();
            reach.remote.close().await;
        }
    }
}

/// `ansible_facts`: the facts without the `ansible_` before their names.
fn collect_facts(facts: &VarMap) -> Value {
    facts
        .iter()
        .filter_map(|(name, var)| match var {
            Var::Value(value) if name != "ansible_facts" => Some((
                name.strip_prefix("ansible_").unwrap_or(name).to_owned(),
                value.clone(),
            )),
            _ => None,
        })
        .collect::<BTreeMap<String, Value>>()
        .into()
}

/// All hosts of a run, those of the inventory and those that were only delegated to.
#[derive(Default)]
pub struct Hosts {
    named: Mutex<IndexMap<String, Arc<HostRun>>>,
    machines: Mutex<HashMap<String, Arc<Machine>>>,
    here: OnceLock<Arc<Machine>>,
    /// In a dry run: what is pending of servers that any machine may reach.
    afar: Mutex<Foreseen>,
}

impl Hosts {
    /// The host called `name`.
    pub fn get(&self, name: &str) -> Arc<HostRun> {
        lock(&self.named)
            .entry(name.to_owned())
            .or_default()
            .clone()
    }

    /// Every host that was ever asked for.
    pub fn all(&self) -> Vec<(String, Arc<HostRun>)> {
        lock(&self.named)
            .iter()
            .map(|(name, host)| (name.clone(), host.clone()))
            .collect()
    }

    /// The machine with that identity.
    pub fn machine(&self, identity: &str) -> Arc<Machine> {
        lock(&self.machines)
            .entry(identity.to_owned())
            .or_insert_with(|| Arc::new(Machine::seeing(lock(&self.afar).clone())))
            .clone()
    }

    /// This machine is the controller.
    pub fn is_here(&self, machine: &Arc<Machine>) {
        self.here.get_or_init(|| Arc::clone(machine));
    }

    /// In a dry run: what is pending on the controller, where a task acts there.
    pub fn foreseen_here(&self) -> Option<Foreseen> {
        let foreseen = self.here.get()?.foreseen();
        Some(foreseen).filter(|foreseen| !foreseen.is_empty())
    }

    /// In a dry run: what a task would make true on a machine, as the user `by`; of a server that
    /// other machines may reach, they see it too.
    pub fn foresee(&self, machine: &Machine, task: &str, by: &str, effects: Vec<Effect>) {
        let afar: Vec<Effect> = effects.iter().filter_map(Effect::afar).collect();
        machine.foresee(task, by, effects);
        if afar.is_empty() {
            return;
        }
        let machines = lock(&self.machines);
        lock(&self.afar).add(task, by, afar.clone());
        let others = machines
            .values()
            .filter(|other| !std::ptr::eq(Arc::as_ptr(other), machine));
        others.for_each(|other| other.foresee(task, by, afar.clone()));
    }

    /// In a dry run: a task that left something pending on any machine.
    pub fn pending(&self) -> Option<String> {
        lock(&self.machines)
            .values()
            .find_map(|machine| machine.pending())
    }
}
