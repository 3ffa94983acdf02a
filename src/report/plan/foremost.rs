//! What a person looks for first in a plan: what is taken away or stopped, and what rests on what.

use crate::engine::{Event, Outcome, TaskInfo};
use crate::modules::Sign;
use crate::report::thing::{Thing, things};
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

/// Gathers while a plan goes on.
#[derive(Clone, Debug, Default)]
pub struct Foremost {
    losses: IndexMap<(usize, Thing), Loss>,
    unknown: IndexMap<String, IndexMap<usize, Resting>>,
}

/// What is taken away or stopped.
#[derive(Clone, Debug)]
pub struct Loss {
    /// The task that does it.
    pub task: Arc<TaskInfo>,
    /// What it does, without the texts that differ.
    pub thing: Thing,
    /// Where.
    pub hosts: Vec<String>,
}

/// A task that can't be known, and where.
#[derive(Clone, Debug)]
pub struct Resting {
    /// The task.
    pub task: Arc<TaskInfo>,
    /// Where.
    pub hosts: Vec<String>,
}

/// Tasks that can't be known on the same hosts before one task ran.
#[derive(Debug)]
pub struct Unknown<'a> {
    /// The title of the task that decides.
    pub until: &'a str,
    /// Those that rest on it.
    pub tasks: Vec<&'a Arc<TaskInfo>>,
    /// Where.
    pub hosts: &'a [String],
}

impl Foremost {
    /// Something happened.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::ItemFinished {
                task,
                host,
                outcome,
                takes_away,
                ..
            }
            | Event::HostFinished {
                task,
                host,
                outcome,
                takes_away,
                looped: false,
                ..
            } => self.ended(task, host, outcome, *takes_away),
            // Of a loop whose items were not told one by one.
            Event::HostFinished {
                task,
                host,
                outcome: outcome @ Outcome::Unknown { .. },
                ..
            } => self.ended(task, host, outcome, false),
            _ => {}
        }
    }

    fn ended(&mut self, task: &Arc<TaskInfo>, host: &str, outcome: &Outcome, takes_away: bool) {
        match outcome {
            Outcome::Changed(changes) if takes_away => {
                let mut all = things(changes);
                // What only comes with it is not what is taken away.
                if all.iter().any(|thing| thing.sign == Sign::Remove) {
                    all.retain(|thing| thing.sign == Sign::Remove);
                }
                for thing in all {
                    let thing = thing.brief();
                    let loss = self.losses.entry((task.id, thing.clone()));
                    let loss = loss.or_insert_with(|| Loss {
                        task: Arc::clone(task),
                        thing,
                        hosts: Vec::new(),
                    });
                    once(&mut loss.hosts, host);
                }
            }
            Outcome::Unknown { until, .. } => {
                let tasks = self.unknown.entry(until.clone()).or_default();
                let resting = tasks.entry(task.id).or_insert_with(|| Resting {
                    task: Arc::clone(task),
                    hosts: Vec::new(),
                });
                once(&mut resting.hosts, host);
            }
            _ => {}
        }
    }

    /// Puts the hosts into the order of `rank`.
    pub fn sort(&mut self, rank: impl Fn(&str) -> usize) {
        let losses = self.losses.values_mut().map(|loss| &mut loss.hosts);
        let unknown = self.unknown.values_mut().flat_map(IndexMap::values_mut);
        for hosts in losses.chain(unknown.map(|resting| &mut resting.hosts)) {
            hosts.sort_by_key(|host| rank(host));
        }
    }

    /// What is taken away or stopped, in the order of the plan.
    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.losses.values()
    }

    /// What can't be known, by what decides it.
    pub fn unknown(&self) -> Vec<Unknown<'_>> {
        let mut all: Vec<Unknown<'_>> = Vec::new();
        for (until, tasks) in &self.unknown {
            let begin = all.len();
            for Resting { task, hosts } in tasks.values() {
                match all[begin..].iter_mut().find(|one| one.hosts == hosts) {
                    Some(one) => one.tasks.push(task),
                    None => all.push(Unknown {
                        until,
                        tasks: vec![task],
                        hosts,
                    }),
                }
            }
        }
        all
    }
}

/// How many tasks are named where more rest on one.
const NAMED: usize = 3;

impl Unknown<'_> {
    /// `Start etcd, Enable etcd and 5 more`, each name made fit to be shown by `show`.
    pub fn names(&self, show: impl Fn(&str) -> String) -> String {
        // A gate's tasks stand on both sides of a batch.
        let names: IndexSet<&str> = self.tasks.iter().map(|task| &*task.name).collect();
        let named: Vec<String> = names.iter().take(NAMED).map(|name| show(name)).collect();
        match names.len() - named.len() {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}

fn once(hosts: &mut Vec<String>, host: &str) {
    if !hosts.iter().any(|known| known == host) {
        hosts.push(host.to_owned());
    }
}
