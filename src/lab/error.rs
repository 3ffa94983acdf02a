//! Why a lab could not be made or changed.

use std::time::Duration;

/// What went wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// Containers, bridges and mounts belong to root.
    #[error(
        "a lab of containers needs root: run the same command with sudo (virtual machines, with --provider vagrant, need none)"
    )]
    NotRoot,
    /// Tools that this machine lacks.
    #[error(
        "the lab needs tools that are not installed ({tools}): run `apt-get install {packages}` or `make deps`"
    )]
    MissingTools {
        /// The commands that were not found.
        tools: String,
        /// The Debian packages that bring them.
        packages: String,
    },
    /// What this machine has won't do.
    #[error("{0}")]
    Machine(String),
    /// The description of the lab can't be followed.
    #[error("{0}")]
    Spec(String),
    /// No lab of this name was made.
    #[error("there is no lab `{0}` on this machine: make it with `trueup lab up`")]
    NoLab(String),
    /// The lab has no such host.
    #[error("the lab `{lab}` has no host `{host}` (it has {known})")]
    NoHost {
        /// The lab's name.
        lab: String,
        /// The host that was asked for.
        host: String,
        /// The hosts that it has.
        known: String,
    },
    /// A host that must run for this is off.
    #[error("`{0}` is powered off: power it on first")]
    Off(String),
    /// A command of the system failed.
    #[error("`{command}` failed ({status}): {said}")]
    Command {
        /// The command as it ran.
        command: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        said: String,
    },
    /// Something took longer than it may.
    #[error("{what} was not done after {} s: {help}", limit.as_secs())]
    Timeout {
        /// What was waited for.
        what: String,
        /// For how long.
        limit: Duration,
        /// What to look at.
        help: String,
    },
    /// The file system said no.
    #[error("can't {what}: {source}")]
    Io {
        /// What was tried, path included.
        what: String,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Turns an I/O error into a [`LabError`] that says what was tried.
pub(super) trait Trying<T> {
    /// `what` completes the sentence "can't ...".
    fn trying(self, what: impl FnOnce() -> String) -> Result<T, LabError>;
}

impl<T> Trying<T> for std::io::Result<T> {
    fn trying(self, what: impl FnOnce() -> String) -> Result<T, LabError> {
        self.map_err(|source| LabError::Io {
            what: what(),
            source,
        })
    }
}
