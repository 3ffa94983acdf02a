//! How a task ended on a host.

use crate::modules::Change;
use serde_json::{Map, Value};

/// How a task (or one item of its loop) ended on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is as declared, or the module only read.
    Ok,
    /// A dry run: it changes nothing, and waits for what a pending task is to bring.
    Waits {
        /// That task.
        until: String,
        /// For what it waits.
        what: String,
    },
    /// Something differed: it was changed (`apply`), or would be (`plan`).
    Changed(Vec<Change>),
    /// The dry run can't know, since it rests on a pending change. Counts as a difference.
    Unknown {
        /// The task that decides it.
        until: String,
        /// What can't be known, in one sentence.
        why: String,
    },
    /// It did not apply: the condition that was false, or the module's reason.
    Skipped(String),
    /// It failed.
    Failed {
        /// In one sentence what failed; the details are in the result.
        message: String,
        /// The task says `ignore_errors`.
        ignored: bool,
    },
    /// The host can't be reached.
    Unreachable {
        /// Why, and what to do.
        message: String,
        /// The task says `ignore_unreachable`.
        ignored: bool,
    },
}

impl Outcome {
    /// Whether it is a difference between what is so and what is declared.
    pub fn is_difference(&self) -> bool {
        matches!(self, Self::Changed(_) | Self::Unknown { .. })
    }
}

/// What `register` got: the module's values and the common ones (`changed`, `failed`, `rc`, ...).
pub type Registered = Map<String, Value>;
