//! The hosts and groups of a run: those of the inventory, and those that its tasks bring.

use super::machine::lock;
use crate::diag::Span;
use crate::model::{Brings, Inventory, Joins};
use crate::template::Var;
use minijinja::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

/// The hosts and groups of a run.
pub struct Roster {
    now: Mutex<Arc<Known>>,
}

/// They as they are at one moment.
#[derive(Clone)]
pub struct Known {
    /// The hosts, groups and their variables.
    pub inventory: Inventory,
    /// Grows with each change.
    pub edition: usize,
    /// The variable `groups`, made once for all hosts.
    groups: OnceLock<Var>,
    /// In a dry run: what tasks may bring of which it is not known whether, or what.
    doubts: Vec<Doubt>,
}

/// What a task may bring, which another one decides.
#[derive(Clone)]
struct Doubt {
    until: String,
    brings: Brings,
}

/// Why it is not known which hosts a play has.
pub struct Rests {
    /// The task that brings hosts, or not.
    pub task: String,
    /// The task that decides it.
    pub until: String,
}

impl Roster {
    /// Those of the inventory alone.
    pub fn new(inventory: Inventory) -> Self {
        let known = Known {
            inventory,
            edition: 0,
            groups: OnceLock::new(),
            doubts: Vec::new(),
        };
        Self {
            now: Mutex::new(Arc::new(known)),
        }
    }

    /// They as they are now.
    pub fn now(&self) -> Arc<Known> {
        lock(&self.now).clone()
    }

    /// Brings in what a task on `host` brings. Whether that changes anything, or what is wrong with it.
    pub fn join(&self, host: &str, joins: &Joins, at: &Span) -> Result<bool, String> {
        let mut now = lock(&self.now);
        let known = Arc::make_mut(&mut now);
        let changed = known.inventory.join(host, joins, at);
        if !matches!(changed, Ok(false)) {
            known.turn();
        }
        changed
    }

    /// In a dry run: the task `until` decides whether this comes, or what it is.
    pub fn doubt(&self, until: &str, brings: Brings) {
        let mut now = lock(&self.now);
        let known = Arc::make_mut(&mut now);
        known.doubts.push(Doubt {
            until: until.to_owned(),
            brings,
        });
        known.turn();
    }
}

impl Known {
    fn turn(&mut self) {
        self.edition += 1;
        self.groups = OnceLock::new();
    }

    /// The variable `groups`. Of a group that may get a host it is not known whom it holds.
    pub fn groups(&self) -> Var {
        self.groups.get_or_init(|| self.make_groups()).clone()
    }

    fn make_groups(&self) -> Var {
        let names = self.inventory.groups.keys();
        let members = names
            .filter(|group| self.rests(&[group.as_str()]).is_none())
            .map(|group| (group.clone(), self.inventory.members(group)));
        let groups = Value::from(members.collect::<BTreeMap<String, Vec<String>>>());
        match self.doubts.first() {
            None => Var::Own(groups),
            Some(doubt) => Var::Pending {
                known: groups,
                until: doubt.until.clone(),
                runs: false,
            },
        }
    }

    /// The variable `group_names` of a host.
    pub fn group_names(&self, host: &str) -> Var {
        let names = self.inventory.groups_of(host);
        let joins = |doubt: &&Doubt| match &doubt.brings.host {
            Some(name) => name == host,
            None => true,
        };
        match self.doubts.iter().find(joins) {
            None => Var::Own(names.into()),
            Some(doubt) => Var::Pending {
                known: Value::UNDEFINED,
                until: doubt.until.clone(),
                runs: false,
            },
        }
    }

    /// In a dry run: why it is not known whether these patterns select all that they will.
    pub fn rests(&self, patterns: &[&str]) -> Option<Rests> {
        let selects = |doubt: &&Doubt| {
            let mut patterns = patterns.iter();
            patterns.all(|pattern| self.inventory.may_select(pattern, &doubt.brings))
        };
        let doubt = self.doubts.iter().find(selects)?;
        Some(Rests {
            task: doubt.brings.task.clone(),
            until: doubt.until.clone(),
        })
    }

    /// In a dry run: the task that decides whether there will be a host of this name.
    pub fn may_come(&self, host: &str) -> Option<&str> {
        let comes = |doubt: &&Doubt| match &doubt.brings.host {
            Some(name) => name == host,
            None => true,
        };
        let doubt = self.doubts.iter().find(comes)?;
        Some(&doubt.until)
    }
}
