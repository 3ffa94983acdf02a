//! Judges what clients read and wrote: a history of transactions on shared lists, registers, sets, counters
//! and accounts, held against what its isolation level and its doors promise.
//!
//! Pure. The way is that of Adya's dependency graph and of Elle: each value is written once, so whoever
//! reads it depends on who wrote it; the orders of the versions follow from the reads and from what the
//! server says that it wrote over; and a history is right if no circle of dependencies is there that its
//! level forbids. `rules` says which, and where that is written.
//!
//! Nothing is ever called a fault that a right history could show. What nobody can know is taken in the
//! better sense: a transaction of which the client heard no end may have happened, and what was read in one
//! that was undone binds nobody.

#[cfg(test)]
mod cases;
mod cycles;
mod ends;
mod file;
mod finding;
mod fresh;
mod graph;
mod judge;
mod lists;
#[cfg(test)]
mod models;
mod order;
#[cfg(test)]
mod properties;
mod record;
mod registers;
mod rules;
mod search;
mod sets;
#[cfg(test)]
mod speed;
mod sums;
mod told;
mod view;
mod words;

pub use file::{Record, RecordError, read};
pub use finding::{Class, Count, Finding, Judged, Judgement, Staleness};
pub use record::{Act, Begin, Door, End, History, Level, Opening, Operation, Outcome, Transaction};
pub use rules::Rules;
pub use told::{read_door, told, verdict};

use judge::Judge;
use view::View;

/// Judges a history.
pub fn judge(history: &History, rules: Rules) -> Judgement {
    let view = View::of(history);
    let mut judge = Judge::of(&view, rules);
    lists::judge(&mut judge);
    registers::judge(&mut judge);
    sets::judge(&mut judge);
    sums::judge(&mut judge);
    fresh::judge(&mut judge);
    ends::judge(&mut judge);
    let Judge {
        edges,
        mut findings,
        read_door,
        ..
    } = judge;
    let left_out = cycles::judge(&view, &edges.graph(), rules, &mut findings);
    let (counts, findings) = findings.sorted();
    let with = |outcome: Outcome| {
        let transactions = history.transactions.iter();
        transactions
            .filter(|transaction| transaction.outcome == outcome)
            .count() as u64
    };
    let committed = with(Outcome::Committed);
    let happened = view.nodes.iter().filter(|node| node.happened).count() as u64;
    let operations = history.transactions.iter();
    Judgement {
        level: history.opening.level,
        committed,
        aborted: with(Outcome::Aborted),
        unknown: with(Outcome::Unknown),
        unknown_seen: happened - committed,
        operations: operations
            .map(|transaction| transaction.operations.len() as u64)
            .sum(),
        cut: history.cut,
        final_read: view.final_read(),
        read_door,
        counts,
        findings,
        left_out,
    }
}
