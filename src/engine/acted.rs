//! How a module ended on a host.

use crate::modules::{Change, TaskResult};

/// How a module ended.
pub enum Acted {
    /// It ended: nothing was to do, or it was done.
    Done {
        /// What differed.
        changes: Vec<Change>,
        /// Its result.
        result: TaskResult,
    },
    /// A dry run: this would be done.
    Pending {
        /// What would differ.
        changes: Vec<Change>,
        /// What is known of its result.
        known: TaskResult,
        /// Whether that is all of it.
        whole: bool,
        /// Whether its steps tell all that they make true.
        told: bool,
        /// Whether that takes something away.
        takes_away: bool,
        /// The packages that would be new, with their versions where these are known.
        packages: Vec<(String, Option<String>)>,
    },
    /// A dry run: it would wait for what a pending task is to bring.
    Waits {
        /// For what.
        what: String,
        /// That task.
        until: String,
        /// What is known of its result.
        known: TaskResult,
    },
    /// A dry run can't know.
    Unknown {
        /// The task that decides it; `None` when it is this one.
        until: Option<String>,
        /// Why, in one sentence.
        why: String,
    },
    /// It failed before any step ran.
    Failed(String),
    /// The host can't be reached.
    Lost(String),
}
