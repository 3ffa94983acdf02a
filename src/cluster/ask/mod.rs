//! The questions to the servers of a cluster, and how they get there.

pub(super) mod etcd;
pub(super) mod haproxy;
pub(super) mod patroni;
pub(super) mod pgpool;
pub(super) mod postgres;
mod session;
mod ways;
pub(super) mod zookeeper;

pub(super) use session::ask;
pub use session::{error_text, session};
pub use ways::Silent;
pub(super) use ways::{Server, Ways};
