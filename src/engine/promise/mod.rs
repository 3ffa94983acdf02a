//! What a saved plan promises of each task on each host, written down while it is made, and held to
//! while it is carried out: just before the steps of a task its changes are compared with those
//! that were promised, and what moved in between is not acted on.

mod compare;
mod journal;
mod turn;

pub use compare::Moved;
pub use journal::{Journal, JournalError};
pub use turn::{Leads, Leave, NewTurn, Stands, Turn, Word};

use super::machine::lock;
use crate::modules::Change;
use indexmap::IndexMap;
use journal::Past;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// A task on a host, by what is the same in two runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The play's place in the playbook.
    pub play: usize,
    /// `file:line:column`.
    pub place: String,
    /// The host's name in the inventory.
    pub host: String,
    /// Which time it is come to in the play on the host.
    pub nth: usize,
}

/// What a plan says of a task on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The task's name.
    pub task: String,
    /// How it would end.
    pub status: Status,
    /// Why, where that needs words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether it would include tasks of which nothing can be said where it is unknown itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub includes: bool,
    /// Whether it would bring hosts to later plays of which nothing can be said where it is unknown itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joins: bool,
    /// What would be done, by the items of its loop; those on which nothing is done are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Act>,
}

/// How a task would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is as declared.
    Ok,
    /// Something differs.
    Changed,
    /// It can't be known.
    Unknown,
    /// It does not apply.
    Skipped,
    /// It fails, and is to be ignored.
    Ignored,
    /// It fails.
    Failed,
}

/// What would be done on an item of a loop, or by a task without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The item's place in the loop, from 0.
    pub item: usize,
    /// Its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What differs, as it is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What would be done about it, in a few words a step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Why it can't be known, where it can't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl Promise {
    fn act(&self, item: usize) -> Option<&Act> {
        self.acts.iter().find(|act| act.item == item)
    }
}

/// All that a plan promises.
pub type Told = IndexMap<Key, Promise>;

/// What a run is to hold to.
pub struct Held {
    /// What was promised.
    pub told: Told,
    /// How far the plan was carried out before.
    pub journal: Journal,
}

/// The promises of a run: those that it makes, in a dry run, and those that it holds to.
#[derive(Default)]
pub struct Promises {
    held: Option<Held>,
    told: Mutex<Told>,
    times: Mutex<HashMap<(usize, String, String), usize>>,
    /// The hosts on which something moved: nothing more is done there.
    moved: Mutex<HashSet<String>>,
}

impl std::fmt::Debug for Promises {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Promises")
    }
}

impl Promises {
    /// A run that holds to what was promised.
    pub fn holding(held: Held) -> Self {
        Self {
            held: Some(held),
            ..Self::default()
        }
    }

    /// Whether something is held to.
    pub(super) fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// All that is not as it was promised, after a dry run.
    pub fn moved(&self) -> Vec<Moved> {
        let held = self.held.as_ref();
        held.map_or_else(Vec::new, |held| compare::moved(held, &lock(&self.told)))
    }

    /// What a dry run said.
    pub fn made(&self) -> Told {
        lock(&self.told).clone()
    }

    /// Whether something had moved when its turn came.
    pub fn any_moved(&self) -> bool {
        !lock(&self.moved).is_empty()
    }

    /// A plan that was carried out whole: the journal keeps nothing but that.
    pub fn applied(&self) -> Result<(), JournalError> {
        self.held
            .as_ref()
            .map_or(Ok(()), |held| held.journal.close())
    }
}
