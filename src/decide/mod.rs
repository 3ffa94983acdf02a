//! What decides over data: how a failed node comes home, who is promoted, to whom the lead goes, and what
//! may be lost by it. Pure functions from what was said and what was declared to a plan or to a refusal. No
//! host is asked here and nothing is done.
//!
//! The terms are PostgreSQL's: a place in the write-ahead log is an [`Lsn`], the log is cut into
//! [segments](SegmentSize), a promotion begins a new [`Timeline`], and its [`History`] says where each of
//! the timelines before it ended (<https://www.postgresql.org/docs/current/continuous-archiving.html>).

mod beyond;
#[cfg(test)]
mod chance;
mod fork;
mod found;
pub mod hand_over;
mod history;
pub mod home;
mod lsn;
mod memory;
pub mod promotion;
mod refused;
mod says;
mod segment;
mod synchronous;
pub mod verdict;
mod waldump;

pub use beyond::{Beyond, Listed, Outcome, Transaction};
pub use fork::{Fork, Leg, fork};
pub use found::{Found, Recovery};
pub use history::{History, Timeline};
pub use lsn::Lsn;
pub use memory::{Made, Member, Memory, Services, Tags, leader};
pub use refused::Refused;
pub use says::{Node, Pool, Server, Slot, Standby, SystemIdentifier};
pub use segment::SegmentSize;
pub use synchronous::{
    CommitPolicy, SynchronousMode, holds_the_lock, is_waited_for, may_take_over,
};
pub use waldump::listed;
