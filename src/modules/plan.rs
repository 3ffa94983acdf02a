//! What a module wants to be done, as data.

use super::change::Change;
use crate::step::Step;
use std::time::Duration;

/// What is to do on a host for one task.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Make a state true. Probed again after its steps: nothing may be left to do.
    Converge {
        /// What will differ, for the diff. Empty means that all is as declared.
        changes: Vec<Change>,
        /// What makes it so.
        steps: Vec<Step>,
    },
    /// Do something whose effect can't be observed beforehand (a command, a restart): shown as
    /// `> run` and not probed again.
    Act {
        /// What will be done, for the diff.
        changes: Vec<Change>,
        /// What does it.
        steps: Vec<Step>,
    },
    /// Change nothing, wait until the probe finds what is waited for.
    Wait {
        /// What is waited for: `port 5432 on pg-a`.
        what: String,
        /// How long to wait before the first question again.
        every: Duration,
        /// When to give up.
        limit: Duration,
        /// What the failure says, where the user gave words of their own.
        message: Option<String>,
    },
}

impl Plan {
    /// All is as declared.
    pub fn nothing() -> Self {
        Self::Converge {
            changes: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// What will differ; empty for a wait.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Converge { changes, .. } | Self::Act { changes, .. } => changes,
            Self::Wait { .. } => &[],
        }
    }

    /// What is to run, in order.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Converge { steps, .. } | Self::Act { steps, .. } => steps,
            Self::Wait { .. } => &[],
        }
    }

    /// Whether something will differ.
    pub fn is_change(&self) -> bool {
        !self.changes().is_empty()
    }
}
