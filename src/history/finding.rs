//! What a judgement says: what was found, how often, and the smallest history that proves it.

use super::record::Level;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What can be wrong with a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Acknowledged, and at the end not there.
    LostWrite,
    /// Read, and at the end not there.
    SeenThenGone,
    /// Of one transaction a part is there at the end and a part is not.
    TornTransaction,
    /// A value is there twice.
    DuplicatedWrite,
    /// Two reads that can't be two states of one thing.
    IncompatibleOrders,
    /// A value that nobody wrote, or wrote later.
    FromNowhere,
    /// A value of a transaction that did not happen (G1a).
    AbortedRead,
    /// A value that its own transaction wrote over (G1b).
    IntermediateRead,
    /// A value whose commit nobody had asked for yet.
    DirtyRead,
    /// A transaction does not see what it wrote itself.
    OwnWriteUnseen,
    /// Transactions that wrote over each other in a circle (G0).
    WriteCycle,
    /// Transactions that each read or wrote over the next one's writes, in a circle (G1c).
    CircularFlow,
    /// Two that wrote over what both had read.
    LostUpdate,
    /// A transaction that saw one write and not another that came before it (G-single).
    ReadSkew,
    /// Readers that saw two writes in opposite orders.
    LongFork,
    /// A circle that no two snapshots explain (G-nonadjacent).
    NoSnapshot,
    /// Two that each read what the other wrote over (G2).
    WriteSkew,
    /// A circle that no serial order explains (G2).
    NotSerial,
    /// A sum that is not possible: less than was acknowledged, or more than was ever added.
    ImpossibleSum,
    /// Accounts whose sum does not stand.
    TornSum,
    /// A session does not see what it had written.
    ReadYourWrites,
    /// A session sees less than it had seen.
    MonotonicReads,
    /// Something that was acknowledged before the read began is not in it.
    StaleRead,
}

impl Class {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LostWrite => "lost write",
            Self::SeenThenGone => "seen, then gone",
            Self::TornTransaction => "torn transaction",
            Self::DuplicatedWrite => "duplicated write",
            Self::IncompatibleOrders => "incompatible orders",
            Self::FromNowhere => "value from nowhere",
            Self::AbortedRead => "aborted read (G1a)",
            Self::IntermediateRead => "intermediate read (G1b)",
            Self::DirtyRead => "dirty read",
            Self::OwnWriteUnseen => "own write not seen",
            Self::WriteCycle => "write cycle (G0)",
            Self::CircularFlow => "circular information flow (G1c)",
            Self::LostUpdate => "lost update",
            Self::ReadSkew => "read skew (G-single)",
            Self::LongFork => "long fork",
            Self::NoSnapshot => "no snapshot explains it (G-nonadjacent)",
            Self::WriteSkew => "write skew (G2)",
            Self::NotSerial => "no serial order explains it (G2)",
            Self::ImpossibleSum => "impossible sum",
            Self::TornSum => "the accounts do not sum up",
            Self::ReadYourWrites => "own earlier write not seen",
            Self::MonotonicReads => "reads go back in time",
            Self::StaleRead => "stale read",
        }
    }
}

/// Whether it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judged {
    /// It must not be.
    Fault,
    /// The level or the door allows it.
    Allowed,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Of which kind it is.
    pub class: Class,
    /// Whether it may be.
    pub judged: Judged,
    /// What is wrong, in a sentence.
    pub about: String,
    /// Why it may not be otherwise: each transaction, and why it stands before the next.
    pub proof: Vec<String>,
}

/// How often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What.
    pub class: Class,
    /// Whether it may be.
    pub judged: Judged,
    /// How often.
    pub count: u64,
}

/// What sessions saw that were answered by a door where a standby may answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Staleness {
    /// How many reads.
    pub reads: u64,
    /// How many of them did not have something that was acknowledged before they began.
    pub stale: u64,
    /// The longest time between that acknowledgement and such a read.
    pub longest: f64,
    /// How many did not have what their own session had written.
    pub own_unseen: u64,
    /// How many had less than their session had seen by this door before.
    pub backwards: u64,
}

/// What a history comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The level that was declared.
    pub level: Level,
    /// How many transactions were committed.
    pub committed: u64,
    /// How many were aborted.
    pub aborted: u64,
    /// Of how many nobody knows.
    pub unknown: u64,
    /// Of how many of these a read proves that they happened.
    pub unknown_seen: u64,
    /// How many operations all of them had.
    pub operations: u64,
    /// Whether the last line of the record was cut off.
    pub cut: bool,
    /// Whether a final read on a primary is there; without one nothing can be told lost.
    pub final_read: bool,
    /// How old what the read door gave was.
    pub read_door: Staleness,
    /// What was found, how often: faults first.
    pub counts: Vec<Count>,
    /// The first of each.
    pub findings: Vec<Finding>,
    /// Between how many pairs no circle was looked for any more, since there were too many.
    pub left_out: u64,
}

impl Judgement {
    /// How many faults were found.
    pub fn faults(&self) -> u64 {
        let faults = self.counts.iter();
        let faults = faults.filter(|count| count.judged == Judged::Fault);
        faults.map(|count| count.count).sum()
    }

    /// How often that was found.
    pub fn count(&self, class: Class, judged: Judged) -> u64 {
        let same = |count: &&Count| (count.class, count.judged) == (class, judged);
        self.counts.iter().find(same).map_or(0, |count| count.count)
    }
}

/// How many findings of a class are kept whole.
const SHOWN: u64 = 3;

/// What is found while it is looked for.
#[derive(Default)]
pub struct Findings {
    counts: BTreeMap<(Judged, Class), u64>,
    shown: Vec<Finding>,
}

impl Findings {
    /// Counts it, and keeps the first ones whole.
    pub fn add(
        &mut self,
        class: Class,
        judged: Judged,
        whole: impl FnOnce() -> (String, Vec<String>),
    ) {
        let count = self.counts.entry((judged, class)).or_default();
        *count += 1;
        if *count <= SHOWN {
            let (about, proof) = whole();
            self.shown.push(Finding {
                class,
                judged,
                about,
                proof,
            });
        }
    }

    /// All of it, faults first.
    pub fn sorted(mut self) -> (Vec<Count>, Vec<Finding>) {
        self.shown
            .sort_by_key(|finding| (finding.judged, finding.class));
        let counts = self.counts.into_iter();
        let counts = counts.map(|((judged, class), count)| Count {
            class,
            judged,
            count,
        });
        (counts.collect(), self.shown)
    }
}
