//! The variables that a task on a host sees, those of the other hosts among them.

use super::machine::lock;
use super::play::PlayRun;
use super::run::Run;
use super::variables;
use crate::diag::Diag;
use crate::model::{Layers, Task};
use crate::template::{Lookups, RenderError, Scope, Templar};
use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// The variables of `task` on `host`.
pub fn layers(
    run: &Arc<Run>,
    play: &Arc<PlayRun>,
    task: &Task,
    host: &str,
) -> Result<Layers, Vec<Diag>> {
    let mut layers = play.base(run, host)?;
    variables::add_learned(&mut layers, run.hosts.get(host).learned());
    let hostvars = Value::from_object(HostVars {
        run: run.clone(),
        play: play.clone(),
        hosts: Mutex::default(),
    });
    variables::add_task(&mut layers, task, hostvars, run.is_plan());
    Ok(layers)
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
        let roster = self.run.roster.now();
        if !roster.inventory.hosts.contains_key(host) {
            let until = roster.may_come(host)?.to_owned();
            return Some(Value::from(minijinja::Error::from(RenderError::Unknown {
                until,
            })));
        }
        if let Some(known) = lock(&self.hosts).get(host) {
            return Some(known.clone());
        }
        let mut layers = self.play.base(&self.run, host).ok()?;
        variables::add_learned(&mut layers, self.run.hosts.get(host).learned());
        let value = Value::from_object(OneHost {
            lookups: self.run.lookups(vec![self.play.play.folder.clone()]),
            layers: Arc::new(layers),
            templar: OnceLock::new(),
        });
        lock(&self.hosts).insert(host.to_owned(), value.clone());
        Some(value)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.run
                .roster
                .now()
                .inventory
                .hosts
                .keys()
                .map(Value::from)
                .collect(),
        )
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
