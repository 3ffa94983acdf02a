//! What `async` and `poll` of a task say.

use std::time::Duration;

/// `async` of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detached {
    /// How long the job may run.
    pub limit: Duration,
    /// The task ends once the job has begun (`poll: 0`).
    pub goes_on: bool,
}
