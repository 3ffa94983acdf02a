//! What each level and each door allows.
//!
//! - Adya, *Weak Consistency* (MIT, 1999), names what can go wrong (G0, G1a to G1c, G-single, G2) and says
//!   which level forbids it.
//! - PostgreSQL's *read committed* gives each statement a snapshot of its own; its *repeatable read* is
//!   snapshot isolation, its *serializable* forbids all circles
//!   (<https://www.postgresql.org/docs/current/transaction-iso.html>). On a standby there is no serializable.
//! - A circle is possible under snapshot isolation only where two anti-dependencies stand one behind the
//!   other (Fekete and others, *Making Snapshot Isolation Serializable*, 2005). So each transaction is cut
//!   into the moment of its snapshot and that of its commit, and a circle among these is a fault.
//! - On a primary a commit is seen when it is acknowledged, on a standby in the order of the write-ahead
//!   log. These two orders can differ, so readers of a primary and of a standby can see two commits in
//!   opposite orders: a long fork that every PostgreSQL with standbys can show (Jepsen, *Amazon RDS for
//!   PostgreSQL 17.4*, 2025). It is counted, and a fault only if one asks for [`Strict`](Rules::strict).
//! - A standby shows a commit that still waits for other standbys, and a failover may lose that one: also
//!   counted and no fault, as long as nobody was told that it is committed.

use super::record::{Door, Level};
use super::view::Node;

/// By what a history is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whether what all of PostgreSQL's standbys can show is a fault too.
    pub strict: bool,
}

impl Rules {
    /// Whether an anti-dependency of a transaction means that its snapshot was taken before the other's
    /// commit. Not where each statement has its own.
    pub(super) fn one_snapshot(node: &Node) -> bool {
        node.level >= Level::RepeatableRead || node.operations == 1
    }

    /// Whether PostgreSQL promises a serial order among such transactions.
    pub(super) fn serial(node: &Node) -> bool {
        !node.standby && node.level == Level::Serializable
    }

    /// Whether a session sees by this door what it had written and seen, and what was acknowledged.
    pub(super) fn newest(door: Door) -> bool {
        door == Door::Write
    }
}
