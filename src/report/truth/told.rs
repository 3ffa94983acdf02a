//! A run as its JSON lines told it.

use crate::engine::{Mode, Outcome};
use crate::modules::Change;
use indexmap::IndexMap;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use thiserror::Error;

/// What a run told of each task on each host.
#[derive(Debug, Default)]
pub struct Told {
    pub(super) tasks: IndexMap<Key, Ended>,
    /// The hosts on which a run ends early.
    pub(super) stopped: BTreeSet<String>,
}

/// A task on a host, by what is the same in two runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) play: usize,
    pub(super) place: String,
    pub(super) host: String,
    /// Files may be imported several times in a play: which time it is.
    pub(super) nth: usize,
}

/// How a task ended on a host.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: String,
    pub(super) outcome: Outcome,
    pub(super) items: IndexMap<ItemKey, Outcome>,
}

/// An item of a loop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ItemKey {
    pub(super) label: String,
    /// Which item of that label it is.
    nth: usize,
}

/// What is wrong with a stream.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// The file can't be read.
    #[error("can't read {file}: {error}")]
    File {
        /// Its path.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// A line is none of the events.
    #[error("line {line} of {file} is no event of a run: {error}; it is made by `--output json`")]
    Line {
        /// The file.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// It is the other verb's, or no run's.
    #[error("{file} does not tell {wanted}: make it by `trueup {verb} ... --output json`")]
    OtherRun {
        /// The file.
        file: String,
        /// What is wanted: `a plan`.
        wanted: &'static str,
        /// The verb that tells one.
        verb: &'static str,
    },
    /// It breaks off.
    #[error("{0} ends before its run did: its last line is no `run_finished`")]
    BreaksOff(String),
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    RunStarted {
        mode: String,
    },
    TaskStarted {
        play: usize,
        task: Task,
    },
    ItemFinished {
        task: usize,
        host: String,
        item: String,
        outcome: Status,
    },
    HostFinished {
        task: usize,
        host: String,
        outcome: Status,
    },
    RunFinished {},
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Task {
    id: usize,
    name: String,
    place: String,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Status {
    Ok,
    Changed { changes: Vec<Change> },
    Unknown { until: String, why: String },
    Skipped { reason: String },
    Failed { message: String, ignored: bool },
    Unreachable { message: String, ignored: bool },
}

impl Told {
    /// Reads the JSON lines of a run of that mode.
    pub fn read(path: &Path, mode: Mode) -> Result<Self, Unreadable> {
        let file = path.display().to_string();
        let text = crate::diag::read_text(path).map_err(|error| Unreadable::File {
            file: file.clone(),
            error,
        })?;
        Self::parse(&file, &text, mode)
    }

    /// The same of a text.
    pub fn parse(file: &str, text: &str, mode: Mode) -> Result<Self, Unreadable> {
        let (wanted, verb) = match mode {
            Mode::Plan => ("a plan", "plan"),
            Mode::Apply => ("an apply", "apply"),
        };
        let mut told = Self::default();
        let (mut begun, mut whole) = (false, false);
        let mut tasks: HashMap<usize, (usize, Task)> = HashMap::new();
        let mut items: HashMap<(usize, String), IndexMap<ItemKey, Outcome>> = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = serde_json::from_str(line).map_err(|error| Unreadable::Line {
                file: file.to_owned(),
                line: index + 1,
                error,
            })?;
            match line {
                Line::RunStarted { mode } => begun = mode == verb,
                Line::TaskStarted { play, task } => {
                    tasks.insert(task.id, (play, task));
                }
                Line::ItemFinished {
                    task,
                    host,
                    item,
                    outcome,
                } => {
                    let items = items.entry((task, host)).or_default();
                    let nth = items.keys().filter(|key| key.label == item).count();
                    items.insert(ItemKey { label: item, nth }, outcome.into());
                }
                Line::HostFinished {
                    task,
                    host,
                    outcome,
                } => {
                    let items = items.remove(&(task, host.clone())).unwrap_or_default();
                    if let Some((play, task)) = tasks.get(&task) {
                        told.end(*play, task, host, outcome.into(), items);
                    }
                }
                Line::RunFinished {} => whole = true,
                Line::Other => {}
            }
        }
        match (begun, whole) {
            (false, _) => Err(Unreadable::OtherRun {
                file: file.to_owned(),
                wanted,
                verb,
            }),
            (true, false) => Err(Unreadable::BreaksOff(file.to_owned())),
            (true, true) => Ok(told),
        }
    }

    fn end(
        &mut self,
        play: usize,
        task: &Task,
        host: String,
        outcome: Outcome,
        items: IndexMap<ItemKey, Outcome>,
    ) {
        if let Outcome::Failed { ignored: false, .. }
        | Outcome::Unreachable { ignored: false, .. } = outcome
        {
            self.stopped.insert(host.clone());
        }
        let mut key = Key {
            play,
            place: task.place.clone(),
            host,
            nth: 0,
        };
        while self.tasks.contains_key(&key) {
            key.nth += 1;
        }
        let name = task.name.clone();
        self.tasks.insert(
            key,
            Ended {
                name,
                outcome,
                items,
            },
        );
    }
}

impl From<Status> for Outcome {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Ok,
            Status::Changed { changes } => Self::Changed(changes),
            Status::Unknown { until, why } => Self::Unknown { until, why },
            Status::Skipped { reason } => Self::Skipped(reason),
            Status::Failed { message, ignored } => Self::Failed { message, ignored },
            Status::Unreachable { message, ignored } => Self::Unreachable { message, ignored },
        }
    }
}
