//! Counters and accounts: which values they can have, and whether the accounts sum up.

use super::finding::{Class, Judged};
use super::judge::Judge;
use super::record::{Act, Door, Outcome};
use super::view::{Txn, View};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What adds up to the value of a counter or of an account.
#[derive(Default)]
struct Tally {
    start: i64,
    /// What was acknowledged, by that time.
    sure: Vec<(f64, i64)>,
    /// What may have happened, by the time at which it began.
    possible: Vec<(f64, i64)>,
}

/// A sum up to some time: of what takes away and of what gives.
#[derive(Clone, Copy, Default)]
struct Sum {
    less: i64,
    more: i64,
}

/// A read of a counter or of an account.
struct Read<'a> {
    txn: Txn,
    name: (bool, &'a str),
    value: i64,
    /// What its own transaction had added before.
    own: i64,
}

/// Judges all counters and accounts.
pub fn judge(judge: &mut Judge) {
    let view = judge.view;
    let mut tallies: BTreeMap<(bool, &str), Tally> = BTreeMap::new();
    let accounts = &view.history.opening.accounts;
    for (name, amount) in accounts {
        tallies.entry((true, name)).or_default().start = *amount;
    }
    let mut reads = Vec::new();
    for (txn, transaction) in view.all().zip(&view.history.transactions) {
        if transaction.outcome == Outcome::Aborted {
            continue;
        }
        let mut own: HashMap<(bool, &str), i64> = HashMap::new();
        for operation in &transaction.operations {
            match &operation.act {
                Act::Add { key, by } => *own.entry((false, key)).or_default() += by,
                Act::Move { from, to, amount } => {
                    *own.entry((true, from)).or_default() -= amount;
                    *own.entry((true, to)).or_default() += amount;
                }
                Act::Counter { key, value } => reads.push(Read {
                    txn,
                    name: (false, key),
                    value: *value,
                    own: own.get(&(false, key.as_str())).copied().unwrap_or_default(),
                }),
                Act::Balances { accounts: seen } => {
                    reads.extend(seen.iter().map(|(name, value)| Read {
                        txn,
                        name: (true, name),
                        value: *value,
                        own: own.get(&(true, name.as_str())).copied().unwrap_or_default(),
                    }));
                    if view.acknowledged(txn).is_some() && !accounts.is_empty() {
                        whole(judge, txn, seen);
                    }
                }
                _ => {}
            }
        }
        for (name, by) in own {
            let tally = tallies.entry(name).or_default();
            tally.possible.push((transaction.begun, by));
            if let Some(ended) = view.acknowledged(txn) {
                tally.sure.push((ended, by));
            }
        }
    }
    let sums: BTreeMap<_, _> = tallies
        .into_iter()
        .map(|(name, tally)| {
            (
                name,
                (tally.start, running(tally.sure), running(tally.possible)),
            )
        })
        .collect();
    let mut told = BTreeSet::new();
    for read in reads
        .iter()
        .filter(|read| view.acknowledged(read.txn).is_some())
    {
        let transaction = view.transaction(read.txn);
        let (start, sure, possible) = match sums.get(&read.name) {
            Some((start, sure, possible)) => (*start, &sure[..], &possible[..]),
            None => (0, &[][..], &[][..]),
        };
        // A standby need not have what was acknowledged.
        let newest = transaction.door != Door::Read && !view.node(read.txn).standby;
        let sure = if newest {
            until(sure, |time| time < transaction.begun)
        } else {
            Sum::default()
        };
        let over = transaction.ended.unwrap_or(f64::INFINITY);
        let possible = until(possible, |time| time <= over);
        // Of its own transaction it is known what was added by then, and what was not.
        let whole = added(transaction, read.name);
        let base = start + read.own;
        let least = base + sure.more + possible.less - whole.min(0);
        let most = base + possible.more + sure.less - whole.max(0);
        let way = if read.value < least { "less" } else { "more" };
        if (least..=most).contains(&read.value) || !told.insert((read.name, way)) {
            continue;
        }
        let about = |view: &View| {
            let kind = if read.name.0 { "account" } else { "counter" };
            format!(
                "{} read {} in {kind} {}: {way} than what was acknowledged and what is unknown can make of it, {least} to {most}",
                view.called(read.txn),
                read.value,
                read.name.1
            )
        };
        judge.tell(
            (Class::ImpossibleSum, Judged::Fault),
            about,
            (&[read.txn], &[]),
        );
    }
}

/// What a transaction adds in all.
fn added(transaction: &super::record::Transaction, (account, name): (bool, &str)) -> i64 {
    let by = transaction
        .operations
        .iter()
        .map(|operation| match &operation.act {
            Act::Add { key, by } if !account && key == name => *by,
            Act::Move { from, to, amount } if account => {
                let taken = if from == name { *amount } else { 0 };
                let given = if to == name { *amount } else { 0 };
                given - taken
            }
            _ => 0,
        });
    by.sum()
}

/// One statement sees whole transactions, on a standby too; and each moves as much as it takes.
fn whole(judge: &mut Judge, txn: Txn, seen: &BTreeMap<String, i64>) {
    let sum: i64 = seen.values().sum();
    let start: i64 = judge.view.history.opening.accounts.values().sum();
    if sum != start {
        let about = |view: &View| {
            format!(
                "{} read accounts that hold {sum} in all, and it was {start} at the beginning",
                view.called(txn)
            )
        };
        judge.tell((Class::TornSum, Judged::Fault), about, (&[txn], &[]));
    }
}

/// The sums by time.
fn running(mut parts: Vec<(f64, i64)>) -> Vec<(f64, Sum)> {
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut sum = Sum::default();
    let sums = parts.into_iter().map(|(time, by)| {
        sum.less += by.min(0);
        sum.more += by.max(0);
        (time, sum)
    });
    sums.collect()
}

fn until(sums: &[(f64, Sum)], counts: impl Fn(f64) -> bool) -> Sum {
    let many = sums.partition_point(|(time, _)| counts(*time));
    let last = many.checked_sub(1).and_then(|last| sums.get(last));
    last.map_or(Sum::default(), |(_, sum)| *sum)
}
