//! What a module wants to be done, as data.

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

/// One difference between what is so and what is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its kind.
    pub sign: Sign,
    /// What it is about, in the user's words: `/etc/motd`, `package etcd-server`, `user lab`.
    pub what: String,
    /// What exactly differs.
    pub detail: Detail,
}

/// The kind of a [`Change`], and how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+` will be made.
    Add,
    /// `~` will be changed.
    Modify,
    /// `-` will be taken away.
    Remove,
    /// `>` will be run.
    Run,
}

/// What exactly differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing more to say.
    None,
    /// An attribute goes from one value to another (`None`: not there).
    Attribute {
        /// The attribute's name: `mode`, `version`.
        name: String,
        /// What is so.
        from: Option<String>,
        /// What is declared.
        to: Option<String>,
    },
    /// A text changes; shown as a unified diff. `None`: no such text, or none that can be shown.
    Text {
        /// What is so.
        before: Option<String>,
        /// What is declared.
        after: Option<String>,
    },
    /// Something to know beside it, in words: `validated by visudo -cf %s`.
    Note(String),
    /// Since when it is so, as far as the host knows.
    Since {
        /// In seconds since 1970; `None` where the host does not know.
        at: Option<i64>,
        /// What is so since then, and who made it so, in the host's words.
        how: String,
    },
}

impl Detail {
    /// Whether it is no difference of its own, only something to know beside one.
    pub fn stands_beside(&self) -> bool {
        matches!(self, Self::Note(_) | Self::Since { .. })
    }
}

impl Change {
    /// A change without detail.
    pub fn new(sign: Sign, what: impl Into<String>) -> Self {
        Self {
            sign,
            what: what.into(),
            detail: Detail::None,
        }
    }

    /// The same thing with something to know beside it.
    #[must_use]
    pub fn note(&self, words: impl Into<String>) -> Self {
        Self {
            detail: Detail::Note(words.into()),
            ..self.clone()
        }
    }

    /// An attribute of something that stays.
    pub fn attribute(
        what: impl Into<String>,
        name: impl Into<String>,
        from: Option<String>,
        to: Option<String>,
    ) -> Self {
        Self {
            sign: Sign::Modify,
            what: what.into(),
            detail: Detail::Attribute {
                name: name.into(),
                from,
                to,
            },
        }
    }
}
