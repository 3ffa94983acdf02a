//! What a cluster looks like now, as data: the JSON of `trueup status --json` (docs/status.md).

use super::spec::Role;
use serde::{Deserialize, Serialize};

/// The version of the JSON form; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// What every node and every pgpool answered.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct ClusterStatus {
    /// [`VERSION`].
    pub version: u32,
    /// The database nodes in the order of the inventory, which is pgpool's numbering.
    pub nodes: Vec<Node>,
    /// The pgpool hosts.
    pub pools: Vec<Pool>,
}

/// A database node.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Node {
    /// The name in the inventory, which is also its `application_name`.
    pub name: String,
    /// What the inventory declares it to be.
    pub declared: Role,
    /// What was found.
    #[serde(flatten)]
    pub seen: Seen<Postgres>,
}

/// A pgpool host.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Pool {
    /// The name in the inventory.
    pub name: String,
    /// What was found.
    #[serde(flatten)]
    pub seen: Seen<Pgpool>,
}

/// What asking a server came to. No answer is data, not an error.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Seen<T> {
    /// It answered.
    Up {
        /// What it said.
        answer: Box<T>,
    },
    /// The host can be reached, but nothing answers on the port.
    Down {
        /// What the host said.
        why: String,
    },
    /// The server answers, but it does not let us in or can't answer.
    Refused {
        /// What the server said.
        why: String,
    },
    /// The host can't be reached.
    Unreachable {
        /// Why not.
        why: String,
    },
}

impl<T> Seen<T> {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&T> {
        match self {
            Self::Up { answer } => Some(answer),
            _ => None,
        }
    }
}

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

/// What pgpool thinks.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Pgpool {
    /// Its backends by number.
    pub backends: Vec<Backend>,
}

/// A backend as pgpool sees it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Backend {
    /// Its number.
    pub id: u32,
    /// Its host.
    pub hostname: String,
    /// Its port.
    pub port: u16,
    /// `up`, `waiting`, `down`, `quarantine`, `unused`.
    pub status: String,
    /// `primary` or `standby`.
    pub role: String,
}

impl Backend {
    /// Whether pgpool sends clients to it.
    pub fn attached(&self) -> bool {
        matches!(self.status.as_str(), "up" | "waiting")
    }
}

/// A place in the write-ahead log, written as PostgreSQL does: `0/3000148`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsn(pub u64);

impl std::fmt::Display for Lsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl std::str::FromStr for Lsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(high, low)| {
            let high = u64::from_str_radix(high, 16).ok()?;
            let low = u64::from_str_radix(low, 16).ok()?;
            Some(Self(high.checked_shl(32)? | low))
        });
        parsed.ok_or_else(|| format!("`{text}` is no place in the log"))
    }
}

impl Serialize for Lsn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lsn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl ClusterStatus {
    /// The nodes that say they are primaries, each with its answer.
    pub fn primaries(&self) -> impl Iterator<Item = (&Node, &Postgres)> {
        self.nodes
            .iter()
            .filter_map(|node| Some((node, node.seen.answer()?)))
            .filter(|(_, postgres)| !postgres.in_recovery)
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Whether not one host could be reached.
    pub fn all_unreachable(&self) -> bool {
        self.nodes
            .iter()
            .all(|node| matches!(node.seen, Seen::Unreachable { .. }))
            && self
                .pools
                .iter()
                .all(|pool| matches!(pool.seen, Seen::Unreachable { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_log_keep_their_written_form() {
        let lsn: Lsn = "16/B374D848".parse().unwrap();
        assert_eq!(
            (lsn.0, lsn.to_string().as_str()),
            (0x16_B374_D848, "16/B374D848")
        );
        assert!("x".parse::<Lsn>().is_err());
    }
}
