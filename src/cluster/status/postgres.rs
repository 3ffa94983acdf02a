//! What a PostgreSQL server says of itself.

use crate::decide::Lsn;
use serde::{Deserialize, Serialize};

/// What a PostgreSQL server says of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Postgres {
    /// Whether it follows another server.
    pub in_recovery: bool,
    /// Which cluster its data belongs to.
    pub system_identifier: String,
    /// The server's version.
    pub server_version: String,
    /// The newest timeline it knows.
    pub timeline: u32,
    /// A primary: how far it wrote.
    pub write_lsn: Option<Lsn>,
    /// A primary: how far that is on disk.
    pub flush_lsn: Option<Lsn>,
    /// A standby: how far it received.
    pub receive_lsn: Option<Lsn>,
    /// A standby: how far it replayed.
    pub replay_lsn: Option<Lsn>,
    /// A standby: how old the last replayed transaction is while more was received; 0 when all was replayed.
    pub replay_age_seconds: Option<f64>,
    /// A standby: `recovery_min_apply_delay` in milliseconds.
    pub apply_delay_ms: i64,
    /// Whom commits wait for.
    pub synchronous_standby_names: String,
    /// Whether it refuses writes.
    pub read_only: bool,
    /// A standby: the host it follows.
    pub upstream: Option<String>,
    /// A standby: whether it streams.
    pub streaming: bool,
    /// Sessions whose commit waits for a synchronous standby now.
    pub waiting_commits: i64,
    /// A primary: who streams from it.
    pub standbys: Vec<Standby>,
    /// Its replication slots.
    pub slots: Vec<Slot>,
}

/// A standby as its primary sees it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Standby {
    /// How it calls itself.
    pub application_name: String,
    /// `streaming`, `catchup`, `backup`, ...
    pub state: String,
    /// `sync`, `async`, `potential`, `quorum`.
    pub sync_state: String,
    /// How much it has not written to disk yet.
    pub flush_lag_bytes: i64,
    /// How much it has not replayed yet.
    pub replay_lag_bytes: i64,
    /// How long a commit takes until the standby has it on disk; none when nothing is written.
    pub flush_lag_seconds: Option<f64>,
    /// How long a commit takes until the standby shows it; none when nothing is written.
    pub replay_lag_seconds: Option<f64>,
}

/// A replication slot.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Whether somebody streams from it.
    pub active: bool,
    /// `reserved`, `extended`, `unreserved`, `lost`; none before its first use.
    pub wal_status: Option<String>,
    /// How much WAL it holds back.
    pub retained_bytes: Option<i64>,
}
