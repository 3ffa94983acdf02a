//! Schedule, one node's life, handlers, blocks, locks. It prints nothing: it sends [`Event`]s.

mod event;
mod outcome;

pub use event::{Event, Mode, Recap, TaskInfo};
pub use outcome::{Outcome, Registered};
