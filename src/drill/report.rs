//! What a drill found, as data: the JSON of `trueup drill --report` and what its page is drawn from.
//!
//! All times are seconds since the drill began, all lengths of time are seconds.

use crate::history::Judgement;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the JSON form; it grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// All that a drill found.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// The scenario's name, as `trueup drill --list` tells it.
    pub scenario: String,
    /// What it does, in a sentence.
    pub explained: String,
    /// `pgpool`, `patroni-etcd` or `patroni-zookeeper`.
    pub topology: String,
    /// The inventory, as it was named.
    pub inventory: String,
    /// What was chosen by chance follows from it.
    pub seed: u64,
    /// The load.
    pub load: Load,
    /// What ran: `PostgreSQL` to `17.6` and so on.
    pub versions: BTreeMap<String, String>,
    /// When it began (Unix time).
    pub began: f64,
    /// How long it took.
    pub seconds: f64,
    /// The database nodes in the order of the inventory.
    pub nodes: Vec<String>,
    /// What holds, and what does not.
    pub verdict: Verdict,
    /// The phases in their order.
    pub phases: Vec<Phase>,
    /// What the clients saw, slice by slice.
    pub slices: Vec<Slice>,
    /// When nobody's writes were acknowledged.
    pub write_gaps: Vec<Gap>,
    /// When nobody's reads were answered.
    pub read_gaps: Vec<Gap>,
    /// What each node was, and when.
    pub roles: Vec<Band>,
    /// When each node acknowledged synchronous commits.
    pub writable: Vec<Span>,
    /// When a node was not asked whether it was writable: it was off, or the probe did not run.
    #[serde(default)]
    pub unwatched: Vec<Span>,
    /// Two nodes that were writable at once, in words; empty in every good run.
    pub two_primaries: Vec<String>,
    /// What became of the rows.
    pub ledger: Ledger,
    /// What was found in the histories of shared keys; only with `--histories`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histories: Option<Judgement>,
    /// Who was primary on which timeline, in the order in which they were.
    pub timelines: Vec<Timeline>,
    /// What was done to the hosts, and what happened there.
    pub events: Vec<Event>,
    /// The lines of the servers' logs that matter.
    pub log: Vec<LogLine>,
    /// The commands that were run, with what they printed.
    pub commands: Vec<Command>,
    /// Whether the cluster at the end is the one of the beginning.
    pub fingerprint: Fingerprint,
    /// What came over the cluster, where it was a storm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storm: Vec<Blown>,
}

/// A gust as a report tells it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Blown {
    /// Its number; `--only` names it so.
    pub number: u32,
    /// What came, in a few words.
    pub what: String,
    /// When it began and when it ended, in seconds since the drill began.
    pub from: f64,
    /// See `from`; none where it was mended with all the rest after the storm.
    pub to: Option<f64>,
    /// Why it did not come, where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
}

/// Who wrote and read.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Load {
    /// `own` or `pgbench`.
    pub kind: String,
    /// How many sessions at once.
    pub clients: usize,
    /// pgbench's scale.
    pub scale: Option<u32>,
}

/// What holds, and what does not.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Verdict {
    /// Nothing was lost, there were never two primaries, and the layout is the declared one again.
    pub passed: bool,
    /// What does not hold, each in a sentence.
    pub failures: Vec<String>,
}

impl Verdict {
    /// It in a sentence; what does not hold follows it.
    pub fn sentence(&self) -> &'static str {
        if self.passed {
            "Nothing was lost, there were never two primaries, and the declared layout stands again."
        } else if self.failures.is_empty() {
            "The drill did not come to its end."
        } else {
            "This does not hold:"
        }
    }
}

/// A part of the drill.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Phase {
    /// `before`, `fault`, `failover`, `restore-replica`, `restore-primary`, `after`, ...
    pub name: String,
    /// The same in a few words.
    pub title: String,
    /// When it began.
    pub from: f64,
    /// When it ended.
    pub to: f64,
    /// What the clients had meanwhile.
    pub load: PhaseLoad,
}

/// What the clients had over a phase.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct PhaseLoad {
    /// Acknowledged transactions a second.
    pub writes_per_second: f64,
    /// Answered reads a second.
    pub reads_per_second: f64,
    /// The latency of acknowledged transactions, if there were any.
    pub write_latency: Option<Latency>,
    /// The latency of answered reads, if there were any.
    pub read_latency: Option<Latency>,
}

/// How long something took, in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Latency {
    /// Half took no longer.
    pub median: f64,
    /// 95 of 100 took no longer.
    pub p95: f64,
    /// The longest.
    pub longest: f64,
}

/// What the clients saw in a short time.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Slice {
    /// When it began.
    pub from: f64,
    /// How long it is.
    pub seconds: f64,
    /// Transactions whose commit was acknowledged.
    pub acknowledged: u64,
    /// Transactions that surely did not happen.
    pub refused: u64,
    /// Transactions that nobody knows of yet.
    pub unknown: u64,
    /// Reads that were answered.
    pub reads: u64,
    /// Reads that failed.
    pub failed_reads: u64,
    /// The median latency of acknowledged transactions in milliseconds.
    pub latency: Option<f64>,
}

/// A time without success.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Gap {
    /// The last success before it.
    pub from: f64,
    /// The first success after it.
    pub to: f64,
    /// The phase in which most of it lies, by its name.
    pub phase: String,
}

/// A stretch of time in which a node was one thing.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Band {
    /// The node.
    pub node: String,
    /// `primary`, `synchronous`, `standby`, `down` (its host answers) or `silent`.
    pub role: String,
    /// Since when.
    pub from: f64,
    /// Until when.
    pub to: f64,
}

/// A stretch of time on a node.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Span {
    /// The node.
    pub node: String,
    /// Since when.
    pub from: f64,
    /// Until when.
    pub to: f64,
}

/// What became of the rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Ledger {
    /// Transactions whose commit was acknowledged.
    pub acknowledged: u64,
    /// Transactions that surely did not happen.
    pub refused: u64,
    /// Transactions whose outcome the client never heard.
    pub unknown: u64,
    /// Of these, how many are there.
    pub unknown_there: u64,
    /// Acknowledged transactions that are not there, or not whole; 0 in every good run.
    pub lost: u64,
    /// Rows that are there and that nobody wrote; 0 in every good run.
    pub foreign: u64,
    /// Transactions of which only a part is there; 0 in every good run.
    pub torn: u64,
    /// The first of the rows behind `lost`, `foreign` and `torn`, each in words.
    pub named: Vec<String>,
}

/// A primary's time.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Timeline {
    /// Its number.
    pub timeline: u32,
    /// Who was primary on it.
    pub node: String,
    /// When it was first seen.
    pub from: f64,
}

/// Something that happened to a host, or was done to it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Event {
    /// When.
    pub at: f64,
    /// The host, where it is about one.
    pub host: Option<String>,
    /// `fault`, `heal`, `promotion`, `restore` or `note`.
    pub kind: String,
    /// What, in a sentence.
    pub words: String,
}

/// A line of a server's log that matters.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct LogLine {
    /// When, by the host's clock.
    pub at: f64,
    /// The host.
    pub host: String,
    /// `postgresql`, `patroni`, `pgpool`, `pg-failover`, `etcd`, `haproxy`, ...
    pub source: String,
    /// The line as it stands there.
    pub line: String,
    /// Why it matters.
    pub why: String,
}

/// A command that was run, as a person would type it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Command {
    /// When it began.
    pub from: f64,
    /// When it ended.
    pub to: f64,
    /// The command's words.
    pub words: String,
    /// Its exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// What it printed.
    pub output: String,
}

/// Whether the cluster at the end is the one of the beginning.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Fingerprint {
    /// What was so before the fault: a fact's name to its value.
    pub before: BTreeMap<String, String>,
    /// What is so at the end.
    pub after: BTreeMap<String, String>,
}

impl Fingerprint {
    /// The names of what differs.
    pub fn differs(&self) -> Vec<&str> {
        let names = self.before.keys().chain(self.after.keys());
        let mut names: Vec<&str> = names
            .filter(|name| self.before.get(*name) != self.after.get(*name))
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_came_or_went_or_changed_differs() {
        let facts = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let fingerprint = Fingerprint {
            before: facts(&[
                ("role of pg-a", "primary"),
                ("slot b", "active"),
                ("x", "1"),
            ]),
            after: facts(&[("role of pg-a", "standby"), ("x", "1"), ("y", "2")]),
        };
        assert_eq!(fingerprint.differs(), ["role of pg-a", "slot b", "y"]);
    }
}
