//! Handlers that were notified and have not done their work yet, by handler and host.

use super::event::{OwedHandler, TaskInfo};
use crate::model::Task;
use indexmap::IndexSet;
use std::collections::HashMap;
use std::sync::Arc;

/// A handler's turn on a host that is due.
#[derive(Default)]
struct Due {
    by: IndexSet<String>,
    tried: bool,
    /// In a dry run: the task that decides whether it is notified at all.
    doubt: Option<String>,
}

/// What handlers owe.
#[derive(Default)]
pub struct Owed(HashMap<(usize, Arc<str>), Due>);

impl Owed {
    /// A task notified a handler on a host, or may do so, which the task `doubt` decides.
    pub fn notified(&mut self, handler: usize, host: &Arc<str>, by: String, doubt: Option<String>) {
        let due = self.0.entry((handler, host.clone())).or_default();
        due.doubt = match &doubt {
            Some(_) if due.by.is_empty() => doubt,
            Some(_) => due.doubt.take(),
            None => None,
        };
        due.by.insert(by);
        due.tried = false;
    }

    /// The task that decides whether a handler runs on a host, where no task surely notified it.
    pub fn doubt(&self, handler: usize, host: &Arc<str>) -> Option<String> {
        self.0.get(&(handler, host.clone()))?.doubt.clone()
    }

    /// A task has ended on a host; where it is a handler that did its work it owes nothing more.
    pub fn ended(&mut self, task: &Task, host: &Arc<str>, well: bool) {
        let key = (task.id, host.clone());
        if well {
            self.0.remove(&key);
        } else if let Some(due) = self.0.get_mut(&key) {
            due.tried = true;
        }
    }

    /// All that these handlers owe on these hosts, in their order; `info` tells a handler as events
    /// do.
    pub fn all(
        &self,
        handlers: &[Arc<Task>],
        hosts: &[Arc<str>],
        info: impl Fn(&Task, &str) -> TaskInfo,
    ) -> Vec<OwedHandler> {
        let mut owed = Vec::new();
        for handler in handlers {
            let mut told = None;
            for host in hosts {
                let Some(due) = self.0.get(&(handler.id, host.clone())) else {
                    continue;
                };
                let told = told.get_or_insert_with(|| Arc::new(info(handler, host)));
                owed.push(OwedHandler {
                    handler: Arc::clone(told),
                    host: host.to_string(),
                    notified_by: due.by.iter().cloned().collect(),
                    tried: due.tried,
                });
            }
        }
        owed
    }
}
