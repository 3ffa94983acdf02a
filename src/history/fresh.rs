//! Whether reads are as new as they must be. Where a standby may answer, it is measured how old they are.

use super::finding::{Class, Judged};
use super::judge::Judge;
use super::order::{Place, Read};
use super::record::Door;
use super::rules::Rules;
use super::view::{Key, Txn, View};
use std::collections::HashMap;

/// A read, and what it did not see.
pub struct Missed<'a> {
    /// Who has read.
    pub txn: Txn,
    /// What.
    pub key: Key,
    /// The values that were not there, and who wrote each.
    pub unseen: &'a [(u64, Txn)],
}

/// Judges all reads of lists and registers; those of sets come here by themselves.
pub fn judge(judge: &mut Judge) {
    let mut reads = std::mem::take(&mut judge.reads);
    let view = judge.view;
    let begun = |read: &Read| view.transaction(read.txn).begun;
    reads.sort_by(|a, b| begun(a).total_cmp(&begun(b)));
    let earliest = earliest(judge, &reads);
    let mut before: HashMap<(u32, Door, Key), (Txn, Place)> = HashMap::new();
    for read in &reads {
        let Some(place) = read.place else {
            continue;
        };
        let transaction = view.transaction(read.txn);
        let stale = earliest[&place.chain].get(place.seen);
        let stale = stale.is_some_and(|earliest| *earliest < transaction.begun);
        let unseen = if stale {
            judge.orders.missed(place).to_vec()
        } else {
            Vec::new()
        };
        missed(
            judge,
            &Missed {
                txn: read.txn,
                key: read.key,
                unseen: &unseen,
            },
        );
        let session = (transaction.session, transaction.door, read.key);
        if let Some((earlier, had)) = before.insert(session, (read.txn, place))
            && had.chain == place.chain
            && had.seen > place.seen
        {
            backwards(judge, (earlier, read.txn), read.key);
        }
    }
    judge.reads = reads;
}

/// For each chain and each number of versions seen: when the first of the others was acknowledged.
fn earliest(judge: &Judge, reads: &[Read]) -> HashMap<usize, Vec<f64>> {
    let mut all: HashMap<usize, Vec<f64>> = HashMap::new();
    for place in reads.iter().filter_map(|read| read.place) {
        all.entry(place.chain).or_insert_with(|| {
            let versions = &judge.orders.chain(place).versions;
            let mut first = f64::INFINITY;
            let mut times: Vec<f64> = versions
                .iter()
                .rev()
                .map(|(_, txn)| {
                    first = judge
                        .view
                        .acknowledged(*txn)
                        .map_or(first, |ended| first.min(ended));
                    first
                })
                .collect();
            times.reverse();
            times
        });
    }
    all
}

/// Counts a read, and tells of it where it is older than it may be.
pub fn missed(judge: &mut Judge, read: &Missed) {
    let Missed { txn, key, unseen } = *read;
    let view = judge.view;
    let transaction = view.transaction(txn);
    let late = unseen
        .iter()
        .filter(|(_, writer)| *writer != txn && view.acknowledged_before(*writer, txn));
    let own = late
        .clone()
        .find(|(_, writer)| view.transaction(*writer).session == transaction.session);
    let when = |(_, writer): &&(u64, Txn)| view.acknowledged(*writer).unwrap_or(f64::INFINITY);
    let first = late.min_by(|a, b| when(a).total_cmp(&when(b)));
    if transaction.door == Door::Read {
        let door = &mut judge.read_door;
        door.reads += 1;
        door.own_unseen += u64::from(own.is_some());
        if let Some(first) = first {
            door.stale += 1;
            door.longest = door.longest.max(transaction.begun - when(&first));
        }
    }
    if !Rules::newest(transaction.door) {
        return;
    }
    if let Some((value, writer)) = own {
        let about = |view: &View| {
            let (reader, writer) = (view.called(txn), view.called(*writer));
            format!(
                "{reader} read {} without {value}, which {writer} of the same session had committed",
                view.thing(key)
            )
        };
        judge.tell(
            (Class::ReadYourWrites, Judged::Fault),
            about,
            (&[*writer, txn], &[key]),
        );
    } else if let Some(first) = first {
        let (value, writer) = *first;
        let older = transaction.begun - when(&first);
        let about = |view: &View| {
            let (reader, writer) = (view.called(txn), view.called(writer));
            format!(
                "{reader} read {} without {value}, whose commit by {writer} was acknowledged {older:.3} s before {reader} began",
                view.thing(key)
            )
        };
        judge.tell(
            (Class::StaleRead, Judged::Fault),
            about,
            (&[writer, txn], &[key]),
        );
    }
}

/// Counts a read that has less than an earlier one of its session, or tells of it.
pub fn backwards(judge: &mut Judge, (earlier, txn): (Txn, Txn), key: Key) {
    match judge.view.transaction(txn).door {
        door if Rules::newest(door) => {
            let about = |view: &View| {
                let (earlier, later) = (view.called(earlier), view.called(txn));
                format!(
                    "{later} read {} older than {earlier} of the same session had read it",
                    view.thing(key)
                )
            };
            judge.tell(
                (Class::MonotonicReads, Judged::Fault),
                about,
                (&[earlier, txn], &[key]),
            );
        }
        Door::Read => judge.read_door.backwards += 1,
        _ => {}
    }
}
