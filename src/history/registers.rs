//! Registers: one value at a time. A write that says over what it wrote tells the order; one that
//! does not is at least behind what its own transaction had read.

use super::finding::{Class, Judged};
use super::graph::{Dependency, Edge};
use super::judge::Judge;
use super::order::{Chain, Read};
use super::record::Act;
use super::view::{Key, Txn, View};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A value of a register, or that nothing was written yet.
type At = (Key, Option<u64>);

/// A write.
#[derive(Clone, Copy)]
struct Written {
    txn: Txn,
    key: Key,
    value: u64,
    /// What it surely came after; `None`: the beginning.
    after: Option<u64>,
    /// Whether nothing was in between.
    directly: bool,
}

/// Judges all registers.
pub fn judge(judge: &mut Judge) {
    let (written, seen) = gather(judge);
    forks(judge, &written);
    let mut behind: HashMap<At, Vec<(u64, Txn)>> = HashMap::new();
    for write in &written {
        let after = write.after;
        let next = behind.entry((write.key, after)).or_default();
        next.push((write.value, write.txn));
        if let Some(from) = after.and_then(|value| judge.view.writer(write.key, value)) {
            judge.edges.add(Edge {
                from,
                to: write.txn,
                why: Dependency::Overwrites,
                key: write.key,
                before: after,
                value: write.value,
            });
        }
    }
    chains(judge, &written);
    for (txn, (key, last)) in seen {
        let place = judge.orders.place(key, last);
        judge.reads.push(Read { txn, key, place });
        let writer = last.and_then(|value| judge.view.writer(key, value));
        if let (Some(value), Some(from)) = (last, writer) {
            judge.edges.add(Edge {
                from,
                to: txn,
                why: Dependency::Reads,
                key,
                before: None,
                value,
            });
        }
        for (value, to) in behind.get(&(key, last)).into_iter().flatten() {
            follow(judge, (txn, key), last.zip(writer), (*value, *to));
        }
    }
}

/// What came right behind the value that was read.
fn follow(
    judge: &mut Judge,
    (reader, key): (Txn, Key),
    last: Option<(u64, Txn)>,
    (value, to): (u64, Txn),
) {
    if let Some((part, writer)) = last
        && writer == to
        && writer != reader
    {
        let about = |view: &View| {
            let (reader, writer, thing) =
                (view.called(reader), view.called(writer), view.thing(key));
            format!("{reader} read {part} in {thing}, over which {writer} itself wrote {value}")
        };
        let class = (Class::IntermediateRead, Judged::Fault);
        judge.once(class, (key, part), about, &[writer, reader]);
        return;
    }
    judge.edges.add(Edge {
        from: reader,
        to,
        why: Dependency::Misses,
        key,
        before: last.map(|(value, _)| value),
        value,
    });
}

/// All writes that happened, and all reads of what others wrote.
fn gather(judge: &mut Judge) -> (Vec<Written>, Vec<(Txn, At)>) {
    let view = judge.view;
    let (mut written, mut seen) = (Vec::new(), Vec::new());
    for txn in view.all().filter(|txn| view.node(*txn).happened) {
        let answered = view.acknowledged(txn).is_some();
        // The last that is known of each register, and whether it is the transaction's own.
        let mut known: HashMap<Key, (Option<u64>, bool)> = HashMap::new();
        for (key, act) in view.acts(txn) {
            let key = *key;
            match act {
                Act::Write { value, over, .. } => {
                    let before = known.insert(key, (Some(*value), true));
                    written.push(Written {
                        txn,
                        key,
                        value: *value,
                        after: over.unwrap_or_else(|| before.and_then(|(value, _)| value)),
                        directly: over.is_some() || before.is_some_and(|(_, own)| own),
                    });
                    if let Some(Some(over)) = over {
                        judge.value(txn, key, *over);
                    }
                }
                Act::Register { value, .. } if answered => {
                    if let Some((Some(own), true)) = known.get(&key).copied() {
                        if *value != Some(own) {
                            let about = |view: &View| {
                                let value =
                                    value.map_or("nothing".to_owned(), |value| value.to_string());
                                let (reader, thing) = (view.called(txn), view.thing(key));
                                format!("{reader} wrote {own} into {thing} and then read {value}")
                            };
                            judge.tell(
                                (Class::OwnWriteUnseen, Judged::Fault),
                                about,
                                (&[txn], &[key]),
                            );
                        }
                        continue;
                    }
                    known.insert(key, (*value, false));
                    if let Some(value) = value {
                        judge.value(txn, key, *value);
                    }
                    seen.push((txn, (key, *value)));
                }
                _ => {}
            }
        }
    }
    (written, seen)
}

/// Two that wrote over one and the same version: the register went two ways.
fn forks(judge: &mut Judge, written: &[Written]) {
    let mut over: HashMap<At, (u64, Txn)> = HashMap::new();
    for write in written.iter().filter(|write| write.directly) {
        let after = write.after;
        let own = (write.value, write.txn);
        let Some((value, txn)) = over.insert((write.key, after), own) else {
            continue;
        };
        let about = |view: &View| {
            let after = after.map_or("nothing".to_owned(), |value| value.to_string());
            format!(
                "{} wrote {value} and {} wrote {} into {}, both over {after}",
                view.called(txn),
                view.called(write.txn),
                write.value,
                view.thing(write.key)
            )
        };
        let class = (Class::IncompatibleOrders, Judged::Fault);
        judge.once(class, (write.key, write.value), about, &[txn, write.txn]);
    }
}

/// The chains of versions: from each value over which nobody wrote back to where they begin. What is there
/// at the end comes first, so that where a register went two ways, the way that lasted is the whole one.
fn chains(judge: &mut Judge, written: &[Written]) {
    let direct: HashMap<(Key, u64), &Written> = written
        .iter()
        .filter(|write| write.directly)
        .map(|write| ((write.key, write.value), write))
        .collect();
    let over: HashSet<(Key, u64)> = direct
        .values()
        .filter_map(|write| Some((write.key, write.after?)))
        .collect();
    let mut ends: BTreeMap<Key, Vec<u64>> = BTreeMap::new();
    for (key, last) in &judge.view.last {
        if let Act::Register { value, .. } = last.act {
            ends.entry(*key).or_default().extend(value);
        }
    }
    for write in written {
        if !over.contains(&(write.key, write.value)) {
            ends.entry(write.key).or_default().push(write.value);
        }
    }
    for (key, ends) in ends {
        let mut placed = HashSet::new();
        let mut first = true;
        for end in ends {
            let mut versions = Vec::new();
            let mut at = Some(end);
            let mut whole = false;
            while let Some(value) = at {
                let Some(writer) = judge.view.writer(key, value) else {
                    break;
                };
                if !placed.insert(value) {
                    break;
                }
                versions.push((value, writer));
                let write = direct.get(&(key, value));
                whole = write.is_some_and(|write| write.after.is_none());
                at = write.and_then(|write| write.after);
            }
            if versions.is_empty() {
                continue;
            }
            versions.reverse();
            let whole = whole && std::mem::take(&mut first);
            judge.orders.add(key, Chain { versions, whole });
        }
    }
}
