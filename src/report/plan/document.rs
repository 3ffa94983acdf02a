//! A plan as a document: all that its pages are made from, gathered from the events of the run.

use super::Foremost;
use crate::diag::Diag;
use crate::engine::{Event, Outcome, Registered, TaskInfo};
use crate::modules::Sign;
use crate::report::tally::Tally;
use crate::report::thing::{Thing, things};
use crate::report::{diagnostic, gate};
use crate::secret;
use indexmap::IndexMap;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// A plan.
pub struct Document {
    /// The playbook as the user named it.
    pub playbook: String,
    /// What the user typed after the verb.
    pub arguments: String,
    /// What applies the plan that is saved, after the verb.
    pub saved: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub elapsed: Duration,
    /// The plays that matched hosts, by their index.
    pub plays: IndexMap<usize, Play>,
    /// What is to be looked for first.
    pub foremost: Foremost,
    /// What it comes to.
    pub tally: Tally,
    /// Gates that do not hold, and findings about the input, as texts of lines.
    pub notes: Vec<String>,
    /// The run came to its end.
    pub ended: bool,
    /// The user stopped it.
    pub interrupted: bool,
    items: IndexMap<(usize, String), Vec<Part>>,
    findings: Vec<Diag>,
}

/// A play.
pub struct Play {
    /// Its name.
    pub name: String,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// Its tasks, in the order in which they began.
    pub tasks: IndexMap<usize, Task>,
}

/// A task.
pub struct Task {
    /// As events name it.
    pub info: Arc<TaskInfo>,
    /// How it ended on each host.
    pub hosts: IndexMap<String, Ended>,
}

/// How a task ended on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The host that does it in its place.
    pub delegate: Option<String>,
    /// What is to be said, of the whole or of items; nothing of what is as declared or skipped.
    pub parts: Vec<Part>,
    /// It did not apply.
    pub skipped: bool,
    /// It takes something away.
    pub takes_away: bool,
}

/// What is said of a task, or of an item of its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The item.
    pub item: Option<String>,
    /// What is said.
    pub said: Said,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// These things differ; the script, where more is run than their words say.
    Differs(Vec<Thing>, Option<String>),
    /// It can't be known.
    Unknown {
        /// The task that decides.
        until: String,
        /// What.
        why: String,
    },
    /// It failed, or its host could not be reached.
    Failed {
        /// Why.
        message: String,
        /// That is passed over.
        ignored: bool,
    },
}

/// What a host's cell says of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It failed.
    Failed,
    /// Something is taken away.
    Remove,
    /// Something is changed.
    Modify,
    /// Something is made.
    Add,
    /// Something is run.
    Run,
    /// It can't be known.
    Unknown,
}

impl Document {
    /// Of a plan that begins now.
    pub fn new(arguments: String) -> Self {
        Self {
            playbook: String::new(),
            arguments,
            saved: None,
            began: Timestamp::now(),
            elapsed: Duration::ZERO,
            plays: IndexMap::new(),
            foremost: Foremost::default(),
            tally: Tally::default(),
            notes: Vec::new(),
            ended: false,
            interrupted: false,
            items: IndexMap::new(),
            findings: Vec::new(),
        }
    }

    /// Something happened.
    pub fn event(&mut self, event: &Event) {
        self.foremost.event(event);
        match event {
            Event::RunStarted { playbook, .. } => self.playbook.clone_from(playbook),
            Event::PlayStarted {
                play, name, hosts, ..
            } if !hosts.is_empty() => {
                self.tally.hosts(hosts);
                let play = self.plays.entry(*play).or_insert_with(|| Play {
                    name: name.clone(),
                    hosts: Vec::new(),
                    tasks: IndexMap::new(),
                });
                play.hosts.extend(hosts.iter().cloned());
            }
            Event::TaskStarted { play, task } => {
                if let Some(play) = self.plays.get_mut(play) {
                    let task = Task {
                        info: Arc::clone(task),
                        hosts: IndexMap::new(),
                    };
                    play.tasks.insert(task.info.id, task);
                }
            }
            Event::ItemFinished {
                task,
                host,
                item,
                outcome,
                result,
                ..
            } => {
                if let Some(said) = said_of(outcome, result) {
                    let items = self.items.entry((task.id, host.clone())).or_default();
                    items.push(Part {
                        item: Some(item.clone()),
                        said,
                    });
                }
            }
            Event::HostFinished { .. } => self.host_finished(event),
            Event::GateClosed { .. } => {
                let names = self.plays.iter().map(|(id, play)| (*id, play.name.clone()));
                let lines = gate::closed(event, &names.collect());
                self.note(&lines.join("\n"));
            }
            Event::Finding { diag, .. } if !self.findings.contains(diag) => {
                self.note(diagnostic::render_diag(diag, false).trim_end());
                self.findings.push(diag.clone());
            }
            Event::RunFinished {
                elapsed,
                interrupted,
                ..
            } => {
                (self.ended, self.elapsed, self.interrupted) = (true, *elapsed, *interrupted);
                self.foremost.sort(|host| self.tally.rank(host));
            }
            _ => {}
        }
    }

    fn host_finished(&mut self, event: &Event) {
        let Event::HostFinished {
            task,
            host,
            delegate,
            outcome,
            result,
            takes_away,
            ..
        } = event
        else {
            return;
        };
        self.tally.count(task.id, host, outcome);
        let whole = || said_of(outcome, result).map(|said| Part { item: None, said });
        let mut parts = self.items.shift_remove(&(task.id, host.clone()));
        if matches!(outcome, Outcome::Unreachable { .. }) {
            parts.get_or_insert_default().extend(whole());
        }
        let ended = Ended {
            delegate: delegate.clone(),
            parts: parts.unwrap_or_else(|| whole().into_iter().collect()),
            skipped: matches!(outcome, Outcome::Skipped(_)),
            takes_away: *takes_away,
        };
        let mut plays = self.plays.values_mut();
        if let Some(known) = plays.find_map(|play| play.tasks.get_mut(&task.id)) {
            known.hosts.insert(host.clone(), ended);
        }
    }

    /// A text of lines that a terminal would show.
    fn note(&mut self, text: &str) {
        let text = anstream::adapter::strip_str(text).to_string();
        self.notes.push(secret::masked(&text).into_owned());
    }

    /// What carries it out.
    pub fn next(&self) -> String {
        let words = self.saved.as_ref().unwrap_or(&self.arguments);
        format!("trueup apply {words}")
    }

    /// All hosts, in the order in which the plays named them.
    pub fn hosts(&self) -> Vec<String> {
        self.tally.all_hosts()
    }

    /// The tasks of which something is to be said, with their plays.
    pub fn told_tasks(&self) -> impl Iterator<Item = (&Play, &Task)> {
        let tasks = |play| Play::told_tasks(play).map(move |task| (play, task));
        self.plays.values().flat_map(tasks)
    }
}

impl Play {
    /// The tasks of which something is to be said.
    pub fn told_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().filter(|task| task.is_told())
    }
}

impl Task {
    fn is_told(&self) -> bool {
        self.hosts.values().any(|ended| !ended.parts.is_empty())
    }

    /// Whether it takes something away anywhere.
    pub fn takes_away(&self) -> bool {
        self.hosts.values().any(|ended| ended.takes_away)
    }

    /// Whether it fails anywhere.
    pub fn fails(&self) -> bool {
        self.marks().contains(&Mark::Failed)
    }

    /// What it does anywhere.
    pub fn marks(&self) -> Vec<Mark> {
        marks(self.hosts.values().flat_map(|ended| &ended.parts))
    }

    /// What is to be said, and of whom, hosts of which the same is to be said together, in the order
    /// of `hosts`.
    pub fn parts_by_hosts<'a>(&'a self, hosts: &[String]) -> Vec<(Vec<String>, &'a [Part])> {
        let mut all: Vec<(Vec<String>, &Ended)> = Vec::new();
        let known = hosts
            .iter()
            .filter_map(|host| self.hosts.get_key_value(host));
        for (host, ended) in known.filter(|(_, ended)| !ended.parts.is_empty()) {
            let host = match &ended.delegate {
                Some(delegate) => format!("{host} -> {delegate}"),
                None => host.clone(),
            };
            match all.iter_mut().find(|(_, one)| one.parts == ended.parts) {
                Some((hosts, _)) => hosts.push(host),
                None => all.push((vec![host], ended)),
            }
        }
        let parts = |(hosts, ended): (Vec<String>, &'a Ended)| (hosts, ended.parts.as_slice());
        all.into_iter().map(parts).collect()
    }
}

impl Ended {
    /// What it does.
    pub fn marks(&self) -> Vec<Mark> {
        marks(&self.parts)
    }
}

/// What parts do, each once, what matters most first.
fn marks<'a>(parts: impl IntoIterator<Item = &'a Part>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = parts
        .into_iter()
        .flat_map(|part| match &part.said {
            Said::Differs(things, _) => things.iter().map(|thing| thing.sign.into()).collect(),
            Said::Unknown { .. } => vec![Mark::Unknown],
            Said::Failed { .. } => vec![Mark::Failed],
        })
        .collect();
    marks.sort();
    marks.dedup();
    marks
}

impl From<Sign> for Mark {
    fn from(sign: Sign) -> Self {
        match sign {
            Sign::Add => Self::Add,
            Sign::Modify => Self::Modify,
            Sign::Remove => Self::Remove,
            Sign::Run => Self::Run,
        }
    }
}

/// What is to be said of an outcome, if anything.
fn said_of(outcome: &Outcome, result: &Registered) -> Option<Said> {
    match outcome {
        Outcome::Ok | Outcome::Waits { .. } | Outcome::Skipped(_) => None,
        Outcome::Changed(changes) => Some(Said::Differs(things(changes), script(result))),
        Outcome::Unknown { until, why } => Some(Said::Unknown {
            until: until.clone(),
            why: why.clone(),
        }),
        Outcome::Failed { message, ignored } | Outcome::Unreachable { message, ignored } => {
            Some(Said::Failed {
                message: message.clone(),
                ignored: *ignored,
            })
        }
    }
}

/// A command of several lines, of which a change tells the first.
fn script(result: &Registered) -> Option<String> {
    let text = result.get("cmd")?.as_str()?.trim();
    text.contains('\n').then(|| text.to_owned())
}
