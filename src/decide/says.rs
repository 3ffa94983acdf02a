//! What the nodes and the pgpool host say of themselves.

use super::{History, Lsn, SegmentSize, Timeline};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What makes a cluster's data its own: given by `initdb`, the same on all its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemIdentifier(pub u64);

impl std::fmt::Display for SystemIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// As text: it is longer than the numbers that JSON's readers take exactly.
impl Serialize for SystemIdentifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SystemIdentifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for SystemIdentifier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().map(Self);
        number.map_err(|_| format!("`{text}` is no system identifier"))
    }
}

/// What a node holds, and what its server says where one answers.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[expect(clippy::struct_excessive_bools)] // They are independent of each other.
pub struct Node {
    /// Its data folder.
    pub data: String,
    /// Whether a database lies there.
    pub holds: bool,
    /// Whose data it is.
    #[serde(default, deserialize_with = "unless_empty")]
    pub id: Option<SystemIdentifier>,
    /// Whether `pg_rewind` can tell which pages changed: data checksums, or `wal_log_hints`.
    pub checksums: bool,
    /// Whether the data is a standby's.
    pub standby: bool,
    /// Whether its server runs, be it that it does not answer yet.
    #[serde(default)]
    pub running: bool,
    /// The process of a server whose data is gone, or that does not answer; empty where there is none.
    pub orphan: String,
    /// Whether anything lies in the data folder.
    pub present: bool,
    /// How many bytes lie there.
    pub bytes: u64,
    /// How many bytes are free beside it.
    pub free: u64,
    /// Whether the data folder is a mount point.
    pub mounted: bool,
    /// How many tablespaces lie outside of it.
    pub tablespaces: u64,
    /// The newest timeline of its log.
    pub timeline: Timeline,
    /// Those before.
    pub history: History,
    /// The size of a segment of its log.
    #[serde(default)]
    pub segment: SegmentSize,
    /// The oldest segment that it still has: the last 16 digits of the file's name.
    pub oldest: String,
    /// Where the log of a server that does not run ends.
    #[serde(default, deserialize_with = "unless_empty")]
    pub end: Option<Lsn>,
    /// `synchronous_standby_names` of a server that does not run.
    pub names: String,
    /// Its `synchronous_commit`.
    pub commit: String,
    /// What restores moved aside.
    pub asides: String,
    /// What of it the present restore moved aside, if it was cut off.
    #[serde(default)]
    pub restoring: String,
    /// The time there, as names of folders have it.
    pub now: String,
    /// What its server says; `None` where none answers.
    pub says: Option<Server>,
}

impl Node {
    /// Where its log ends; `None` where that is not known.
    pub fn end(&self) -> Option<Lsn> {
        self.end.or_else(|| self.says.as_ref()?.at)
    }

    /// Where the log begins that it still has.
    pub fn begin(&self) -> Option<Lsn> {
        self.segment.begin(&self.oldest)
    }

    /// What earlier restores moved aside, but for what must stay until the node streams.
    pub fn removable(&self) -> String {
        let asides = self.asides.split_whitespace();
        let removable: Vec<&str> = asides.filter(|aside| *aside != self.restoring).collect();
        removable.join(" ")
    }

    /// `synchronous_standby_names` and `synchronous_commit` of its server, whether it runs or not.
    pub fn commits(&self) -> (&str, &str) {
        match &self.says {
            Some(says) => (&says.names, &says.commit),
            None => (&self.names, &self.commit),
        }
    }

    /// Whether its server runs as a standby.
    pub fn recovers(&self) -> bool {
        self.says.as_ref().is_some_and(Server::recovers)
    }

    /// Whether its server takes writes.
    pub fn leads(&self) -> bool {
        self.says.as_ref().is_some_and(|says| !says.recovers())
    }
}

/// What a server says that answers.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub struct Server {
    /// Whether it is in recovery: `yes` or `no`.
    pub recovery: String,
    /// Where its log ends: flushed by a primary, received or replayed by a standby.
    pub at: Option<Lsn>,
    /// `synchronous_standby_names`.
    pub names: String,
    /// `synchronous_commit`.
    pub commit: String,
    /// How many bytes its databases take.
    pub size: u64,
    /// What a standby's receiver of log does: `streaming`, ..., `no` where none runs.
    #[serde(default)]
    pub receives: String,
    /// Who streams from it.
    #[serde(default)]
    pub standbys: BTreeMap<String, Standby>,
    /// Its replication slots.
    #[serde(default)]
    pub slots: BTreeMap<String, Slot>,
}

impl Server {
    /// Whether it is a standby.
    pub fn recovers(&self) -> bool {
        self.recovery == "yes"
    }

    /// This standby of it, where it streams.
    pub fn streaming(&self, standby: &str) -> Option<&Standby> {
        let standby = self.standbys.get(standby)?;
        (standby.state == "streaming").then_some(standby)
    }
}

/// Who streams from a server.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
pub struct Standby {
    /// `streaming`, `catchup`, ...
    pub state: String,
    /// Whether commits wait for it: `sync`, `async`, ...
    #[serde(default)]
    pub sync: String,
    /// How far its log is on its disk; `None` before it said so.
    #[serde(default)]
    pub at: Option<Lsn>,
}

/// A replication slot.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub struct Slot {
    /// Whether the log is kept that it needs: `reserved`, `extended`, `unreserved`, `lost`.
    pub wal: String,
}

/// What the pgpool host remembers (templates/pgpool/pool-says.j2).
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Pool {
    /// The last primary, and the standby for which commits waited, each by name or `nobody`.
    pub record: String,
    /// A planned switchover that is not through.
    pub planned: String,
    /// Who was promoted into each timeline.
    #[serde(default)]
    pub line: BTreeMap<Timeline, String>,
    /// The timelines into which somebody was promoted by hand, losses accepted.
    #[serde(default)]
    pub forced: String,
}

impl Pool {
    /// The last primary, and who has every acknowledged commit.
    pub fn last(&self) -> (&str, Option<&str>) {
        let mut words = self.record.split_whitespace();
        let primary = words.next().unwrap_or("nobody");
        (primary, words.next().filter(|name| *name != "nobody"))
    }

    /// Whether the promotion into this timeline was by hand.
    pub fn forced(&self, timeline: Timeline) -> bool {
        let number = timeline.to_string();
        self.forced
            .split_whitespace()
            .any(|forced| forced == number)
    }
}

/// What a word says; `None` where there is none, or it is empty.
pub(super) fn unless_empty<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    let read = text.map(|text| text.parse());
    read.transpose().map_err(serde::de::Error::custom)
}
