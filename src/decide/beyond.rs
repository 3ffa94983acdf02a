//! The transactions that only one node has.

use super::{Lsn, Timeline};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a node's log holds beyond a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The first of them.
    pub transactions: Vec<Transaction>,
    /// How many there are.
    pub count: u64,
    /// How many of them committed there.
    pub committed: u64,
    /// Whether the log is all there from the fork on.
    pub complete: bool,
    /// Why not.
    pub why: String,
    /// Where the log became too long to read more than how the transactions ended.
    pub written_until: Option<Lsn>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The timeline that it was written on.
    pub timeline: Timeline,
    /// Where its end stands in the log, or the first of it.
    pub lsn: Lsn,
    /// Its number.
    pub xid: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The files that it wrote: `SPACE/DATABASE/FILE`.
    pub tables: Vec<String>,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may have been acknowledged.
    Committed,
    /// It never was.
    Aborted,
    /// The log ends before it did: it never was acknowledged.
    Open,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Open => "open",
        })
    }
}

/// What only one node has, for people.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Beyond {
    /// How many transactions wrote something.
    pub count: u64,
    /// How many of them committed.
    pub committed: u64,
    /// Whether these are all.
    pub complete: bool,
    /// Why not.
    pub why: String,
    /// A line each.
    pub lines: Vec<String>,
    /// The files that they wrote: `SPACE/DATABASE/FILE`.
    #[serde(default)]
    pub files: Vec<String>,
}

impl Beyond {
    /// Nothing: the node's log left no line.
    pub fn nothing() -> Self {
        Self {
            complete: true,
            ..Self::default()
        }
    }

    /// Nothing is known: the log could not be read.
    pub fn unread() -> Self {
        Self {
            why: "pg_waldump said nothing".to_owned(),
            ..Self::default()
        }
    }

    /// There is something, which can't be told from what the primary has.
    pub fn unlisted(why: String) -> Self {
        Self {
            why,
            ..Self::default()
        }
    }

    /// Whether it is known that there is none.
    pub fn is_nothing(&self) -> bool {
        self.count == 0 && self.complete
    }

    /// What was listed, its files under the names of their tables: lines `SPACE/DATABASE/FILE NAME`.
    pub fn of(listed: &Listed, names: &[String]) -> Self {
        let names: BTreeMap<&str, &str> = names
            .iter()
            .filter_map(|line| line.split_once(' '))
            .collect();
        let mut lines: Vec<String> = listed
            .transactions
            .iter()
            .map(|one| one.line(&names))
            .collect();
        let more = listed.count.saturating_sub(lines.len() as u64);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        if let Some(until) = listed.written_until {
            lines.push(format!(
                "no table is named of what was written after {until}: the log is too long"
            ));
        }
        let files: BTreeSet<&String> = listed
            .transactions
            .iter()
            .flat_map(|one| &one.tables)
            .collect();
        Self {
            count: listed.count,
            committed: listed.committed,
            complete: listed.complete,
            why: listed.why.clone(),
            lines,
            files: files.into_iter().cloned().collect(),
        }
    }
}

impl Transaction {
    fn line(&self, names: &BTreeMap<&str, &str>) -> String {
        let mut tables: Vec<String> = Vec::new();
        for file in &self.tables {
            let name = names.get(&**file).map(|name| (*name).to_owned());
            let name = name.unwrap_or_else(|| format!("file {file}"));
            if !tables.contains(&name) {
                tables.push(name);
            }
        }
        let tables = if tables.is_empty() {
            "no table".to_owned()
        } else {
            tables.join(", ")
        };
        let Self {
            timeline,
            lsn,
            xid,
            outcome,
            ..
        } = self;
        format!("timeline {timeline}, LSN {lsn}, xid {xid}, {outcome}: {tables}")
    }
}
