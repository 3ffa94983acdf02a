//! Lists: a read tells the order of all writes before it. So the reads of a list are beginnings of one
//! another, and the longest one is the order (Kingsbury and Alvaro, *Elle*, VLDB 2020).

use super::finding::{Class, Judged};
use super::graph::{Dependency, Edge};
use super::judge::Judge;
use super::order::{Chain, Place, Read};
use super::record::Act;
use super::view::{Key, Txn, View};
use super::words::shown;
use std::collections::{BTreeMap, HashSet};

/// A read of a list.
#[derive(Clone, Copy)]
struct Seen<'a> {
    txn: Txn,
    values: &'a [u64],
    /// How many of its last values the reader put there itself.
    own: usize,
}

/// Judges all lists.
pub fn judge(judge: &mut Judge) {
    for (key, reads) in gather(judge) {
        let order = order(judge, key, &reads);
        let versions: Vec<(u64, Txn)> = order
            .iter()
            .map_while(|value| Some((*value, judge.view.writer(key, *value)?)))
            .collect();
        for pair in versions.windows(2) {
            if let [(before, from), (value, to)] = *pair {
                judge.edges.add(Edge {
                    from,
                    to,
                    why: Dependency::Overwrites,
                    key,
                    before: Some(before),
                    value,
                });
            }
        }
        judge.orders.add(
            key,
            Chain {
                versions,
                whole: true,
            },
        );
        for read in reads.iter().filter(|read| read.own == 0) {
            place(judge, key, *read);
        }
    }
}

/// All reads of committed transactions, by list; what can't be a state of a list is told and left out.
fn gather<'a>(judge: &mut Judge<'a>) -> BTreeMap<Key, Vec<Seen<'a>>> {
    let view: &'a View<'a> = judge.view;
    let mut all: BTreeMap<Key, Vec<Seen>> = BTreeMap::new();
    for txn in view.readers() {
        let mut appended: Vec<(Key, u64)> = Vec::new();
        for (key, act) in view.acts(txn) {
            let key = *key;
            match act {
                Act::Append { value, .. } => appended.push((key, *value)),
                Act::List { values, .. } => {
                    let own: Vec<u64> = appended
                        .iter()
                        .filter(|(of, _)| *of == key)
                        .map(|(_, value)| *value)
                        .collect();
                    if let Some(value) = twice(values) {
                        let about = |view: &View| {
                            format!("{} has {value} twice: {}", view.thing(key), shown(values))
                        };
                        let class = (Class::DuplicatedWrite, Judged::Fault);
                        judge.once(class, (key, value), about, &[txn]);
                    } else if !values.ends_with(&own) {
                        let about = |view: &View| {
                            let (reader, thing) = (view.called(txn), view.thing(key));
                            format!(
                                "{reader} put {} into {thing} and then read {}",
                                shown(&own),
                                shown(values)
                            )
                        };
                        judge.tell(
                            (Class::OwnWriteUnseen, Judged::Fault),
                            about,
                            (&[txn], &[key]),
                        );
                    } else {
                        for value in values {
                            judge.value(txn, key, *value);
                        }
                        all.entry(key).or_default().push(Seen {
                            txn,
                            values,
                            own: own.len(),
                        });
                    }
                }
                _ => {}
            }
        }
    }
    all
}

/// A value that is there twice.
pub fn twice(values: &[u64]) -> Option<u64> {
    let mut seen = HashSet::with_capacity(values.len());
    values.iter().copied().find(|value| !seen.insert(*value))
}

/// The longest read; where another is no beginning of it, what all have in common.
fn order<'a>(judge: &mut Judge, key: Key, reads: &[Seen<'a>]) -> &'a [u64] {
    let Some(longest) = reads.iter().max_by_key(|read| read.values.len()) else {
        return &[];
    };
    let mut common = longest.values.len();
    for read in reads {
        let same = read.values.iter().zip(longest.values);
        let same = same.take_while(|(one, other)| one == other).count();
        if same == read.values.len() {
            continue;
        }
        common = common.min(same);
        let value = read.values[same];
        let about = |view: &View| {
            let (one, other) = (view.called(read.txn), view.called(longest.txn));
            format!(
                "{one} read {} as {}, {other} read {}: none is a beginning of the other",
                view.thing(key),
                shown(read.values),
                shown(longest.values)
            )
        };
        let who = [read.txn, longest.txn];
        judge.once(
            (Class::IncompatibleOrders, Judged::Fault),
            (key, value),
            about,
            &who,
        );
    }
    &longest.values[..common]
}

/// What a read of others' values says.
fn place(judge: &mut Judge, key: Key, read: Seen) {
    let reader = read.txn;
    let place = judge.orders.place(key, read.values.last().copied());
    // What is no beginning of the order has no place in it.
    let place = place.filter(|place| place.seen == read.values.len());
    judge.reads.push(Read {
        txn: reader,
        key,
        place,
    });
    let last = read.values.last().copied();
    let writer = last.and_then(|value| judge.view.writer(key, value));
    if let (Some(value), Some(from)) = (last, writer) {
        judge.edges.add(Edge {
            from,
            to: reader,
            why: Dependency::Reads,
            key,
            before: None,
            value,
        });
    }
    if let Some(place) = place {
        next(judge, key, (reader, place), last.zip(writer));
    }
}

/// What comes after that which a read has seen: another's value, which it missed; or one of the same
/// transaction, of which nobody may see a part.
fn next(judge: &mut Judge, key: Key, (reader, place): (Txn, Place), last: Option<(u64, Txn)>) {
    let Some((value, to)) = judge.orders.missed(place).first().copied() else {
        return;
    };
    match last {
        Some((part, writer)) if writer == to && writer != reader => {
            let about = |view: &View| {
                let (reader, writer, thing) =
                    (view.called(reader), view.called(writer), view.thing(key));
                format!("{reader} read {thing} with {part}, over which {writer} itself put {value}")
            };
            let class = (Class::IntermediateRead, Judged::Fault);
            judge.once(class, (key, part), about, &[writer, reader]);
        }
        _ => judge.edges.add(Edge {
            from: reader,
            to,
            why: Dependency::Misses,
            key,
            before: last.map(|(value, _)| value),
            value,
        }),
    }
}
