//! What is known of a history while it is judged, and what every value that was read must be.

use super::finding::{Class, Findings, Judged, Staleness};
use super::graph::Edges;
use super::order::{Orders, Read};
use super::record::Outcome;
use super::rules::Rules;
use super::view::{Key, Txn, View};
use std::collections::HashSet;

/// A history that is being judged.
pub struct Judge<'a> {
    /// The history.
    pub view: &'a View<'a>,
    /// By what.
    pub rules: Rules,
    /// What was found.
    pub findings: Findings,
    /// What comes before what.
    pub edges: Edges<'a>,
    /// The orders of lists and registers.
    pub orders: Orders,
    /// The reads of lists and registers that show what others wrote.
    pub reads: Vec<Read>,
    /// What the read door gave.
    pub read_door: Staleness,
    told: HashSet<(Class, Judged, Key, u64)>,
}

impl<'a> Judge<'a> {
    /// Nothing is found yet.
    pub fn of(view: &'a View<'a>, rules: Rules) -> Self {
        Self {
            view,
            rules,
            findings: Findings::default(),
            edges: Edges::of(view),
            orders: Orders::default(),
            reads: Vec::new(),
            read_door: Staleness::default(),
            told: HashSet::new(),
        }
    }

    /// Tells it once of a value, however many have read that.
    pub fn once(
        &mut self,
        (class, judged): (Class, Judged),
        (key, value): (Key, u64),
        about: impl FnOnce(&View) -> String,
        who: &[Txn],
    ) {
        if self.told.insert((class, judged, key, value)) {
            self.tell((class, judged), about, (who, &[key]));
        }
    }

    /// Tells it, with the transactions that prove it, and the keys about which it is.
    pub fn tell(
        &mut self,
        (class, judged): (Class, Judged),
        about: impl FnOnce(&View) -> String,
        (who, keys): (&[Txn], &[Key]),
    ) {
        let view = self.view;
        self.findings.add(class, judged, || {
            let mut proof: Vec<String> = Vec::new();
            for line in who.iter().map(|txn| view.told(*txn, keys)) {
                if !proof.contains(&line) {
                    proof.push(line);
                }
            }
            (about(view), proof)
        });
    }

    /// Holds a value that was read against what its writer did.
    pub fn value(&mut self, reader: Txn, key: Key, value: u64) {
        let view = self.view;
        let fault = |class| (class, Judged::Fault);
        let Some(writer) = view.writer(key, value) else {
            let about = |view: &View| {
                format!(
                    "{} read {value} in {}, and nobody wrote it",
                    view.called(reader),
                    view.thing(key)
                )
            };
            self.once(fault(Class::FromNowhere), (key, value), about, &[reader]);
            return;
        };
        if writer == reader {
            return;
        }
        let who = [writer, reader];
        let (write, read) = (view.transaction(writer), view.transaction(reader));
        let over = read.ended.unwrap_or(f64::INFINITY);
        let (class, why) = if write.outcome == Outcome::Aborted {
            (Class::AbortedRead, "which did not happen")
        } else if write.begun > over {
            (Class::FromNowhere, "which had not even begun")
        } else if write.asked.is_some_and(|asked| asked > over) {
            (Class::DirtyRead, "before its commit was asked for")
        } else {
            return;
        };
        let about = |view: &View| {
            let (reader, writer, thing) =
                (view.called(reader), view.called(writer), view.thing(key));
            format!("{reader} read {value} in {thing}, a value of {writer}, {why}")
        };
        self.once(fault(class), (key, value), about, &who);
    }
}
