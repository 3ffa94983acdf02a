//! What `pg_waldump` prints of a log, as templates/restore/log-beyond hands it out: PostgreSQL 13 to 18.
//!
//! Names that users choose (of a prepared transaction, of a message) stand in it as they are, line ends
//! too, and may look like records. So a transaction that is committed somewhere stays so, whatever else
//! is said of it, and is never another's part.

mod record;
#[cfg(test)]
mod recorded;

use super::{Listed, Lsn, Outcome, Timeline, Transaction};
use record::{Ending, Record};
use std::collections::{BTreeMap, BTreeSet};

/// How many transactions are told one by one, and of each how many files.
const TOLD: usize = 50;
const FILES: usize = 20;

/// The transactions in such a text.
pub fn listed(text: &str) -> Listed {
    let mut log = Log::default();
    for line in text.lines() {
        log.line(line);
    }
    log.listed()
}

/// What was read so far.
#[derive(Default)]
struct Log {
    checkpoint: Option<Lsn>,
    parts: Vec<Part>,
    ends_are_cut: bool,
    /// Where the last record stands before more was written than is told.
    writes_until: Option<Lsn>,
    last_write: Option<Lsn>,
    /// The transactions in the order of their first records.
    order: Vec<u64>,
    seen: BTreeMap<u64, Seen>,
    parents: BTreeMap<u64, u64>,
}

/// A part of the log that was read.
struct Part {
    timeline: Timeline,
    /// How far it was read.
    reached: Lsn,
    /// Whether it was to end before the log does.
    bounded: bool,
    /// How it ended, where it did by itself.
    ended: String,
}

/// What was seen of a transaction.
struct Seen {
    timeline: Timeline,
    lsn: Lsn,
    outcome: Outcome,
    files: Vec<String>,
}

impl Log {
    fn line(&mut self, line: &str) {
        if let Some(printed) = line.strip_prefix("| ") {
            if let Some(record) = Record::read(printed) {
                self.record(&record);
            }
            return;
        }
        match line.split_once(' ') {
            Some(("checkpoint", lsn)) => self.checkpoint = lsn.trim().parse().ok(),
            Some(("part", words)) => self.parts.extend(Part::read(words)),
            Some(("ended", words)) => {
                if let Some(part) = self.parts.last_mut() {
                    words.clone_into(&mut part.ended);
                }
            }
            Some(("cut", "ends")) => self.ends_are_cut = true,
            Some(("cut", "writes")) => self.writes_until = self.last_write,
            _ => {}
        }
    }

    fn record(&mut self, record: &Record) {
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        part.reached = part.reached.max(record.lsn);
        let timeline = part.timeline;
        if record.xid == 0 {
            return;
        }
        let seen = self.seen.entry(record.xid).or_insert_with(|| {
            self.order.push(record.xid);
            Seen {
                timeline,
                lsn: record.lsn,
                outcome: Outcome::Open,
                files: Vec::new(),
            }
        });
        add(&mut seen.files, record.files());
        match record.ending() {
            Some(Ending::Committed) => {
                (seen.timeline, seen.lsn) = (timeline, record.lsn);
                seen.outcome = Outcome::Committed;
            }
            Some(Ending::Aborted) if seen.outcome == Outcome::Open => {
                (seen.timeline, seen.lsn) = (timeline, record.lsn);
                seen.outcome = Outcome::Aborted;
            }
            Some(Ending::Aborted) => {}
            // The cut behind which no more is told is one of these.
            None => self.last_write = Some(record.lsn),
        }
        for part in record.parts() {
            self.parents.insert(part, record.parent());
        }
    }

    /// The transaction that this is a part of.
    fn top(&self, xid: u64) -> u64 {
        let mut at = xid;
        // A part of a part that was given up is the longest chain that there is.
        for _ in 0..4 {
            let committed = self
                .seen
                .get(&at)
                .is_some_and(|seen| seen.outcome == Outcome::Committed);
            match self.parents.get(&at) {
                Some(parent) if !committed => at = *parent,
                _ => return at,
            }
        }
        xid
    }

    fn listed(mut self) -> Listed {
        let tops: Vec<(u64, u64)> = self
            .order
            .iter()
            .map(|xid| (*xid, self.top(*xid)))
            .collect();
        for &(xid, top) in tops.iter().filter(|(xid, top)| xid != top) {
            let files = self.seen.get(&xid).map(|seen| seen.files.clone());
            if let (Some(files), Some(owner)) = (files, self.seen.get_mut(&top)) {
                add(&mut owner.files, files);
            }
        }
        // A part whose whole was never seen stands for itself.
        let seen: BTreeSet<u64> = self.order.iter().copied().collect();
        let whole = |(xid, top): &&(u64, u64)| xid == top || !seen.contains(top);
        let whole = tops.iter().filter(whole).map(|(xid, _)| *xid);
        let all: Vec<Transaction> = whole
            .filter_map(|xid| {
                let seen = self.seen.get(&xid)?;
                Some(Transaction {
                    timeline: seen.timeline,
                    lsn: seen.lsn,
                    xid,
                    outcome: seen.outcome,
                    tables: seen.files.clone(),
                })
            })
            .collect();
        let committed = all.iter().filter(|one| one.outcome == Outcome::Committed);
        let why = self.why_not_whole();
        Listed {
            count: all.len() as u64,
            committed: committed.count() as u64,
            complete: why.is_none(),
            why: why.unwrap_or_default(),
            written_until: self.writes_until,
            transactions: all.into_iter().take(TOLD).collect(),
        }
    }

    /// Why this may not be all that the log held.
    fn why_not_whole(&self) -> Option<String> {
        if self.parts.is_empty() {
            return Some("pg_waldump said nothing".to_owned());
        }
        if self.ends_are_cut {
            return Some("it is longer than what is read of it".to_owned());
        }
        let (last, before) = self.parts.split_last()?;
        let mut parts = before.iter();
        let broken = parts.find(|part| !part.bounded || !part.ended.is_empty());
        let broken = broken.or_else(|| (!last.whole(self.checkpoint)).then_some(last))?;
        Some(if broken.ended.is_empty() {
            "pg_waldump did not come to its end".to_owned()
        } else {
            broken.ended.clone()
        })
    }
}

impl Part {
    fn read(words: &str) -> Option<Self> {
        let mut words = words.split_whitespace();
        Some(Self {
            timeline: Timeline(words.next()?.parse().ok()?),
            reached: words.next()?.parse().ok()?,
            bounded: words.next().is_some(),
            ended: String::new(),
        })
    }

    /// Whether the last part is all there. A log ends with a record that is none, and, where it filled its
    /// last file, with a file that is not there. It was longer once where the control file knows of more.
    fn whole(&self, checkpoint: Option<Lsn>) -> bool {
        let ordinary = ["error in WAL record at", "could not find"];
        ordinary.iter().any(|words| self.ended.contains(words))
            && checkpoint.is_some_and(|known| self.reached >= known)
    }
}

/// Adds the files that are new, up to as many as are told.
fn add(files: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for file in more {
        if files.len() < FILES && !files.contains(&file) {
            files.push(file);
        }
    }
}
