//! Sets: a read shows whose inserts it saw and whose it did not, in no order.

use super::finding::{Class, Judged};
use super::fresh::{Missed, backwards, missed};
use super::graph::{Dependency, Edge};
use super::judge::Judge;
use super::lists::twice;
use super::record::{Act, Door};
use super::view::{Key, Txn, View};
use std::collections::{HashMap, HashSet};

/// Judges all sets.
pub fn judge(judge: &mut Judge) {
    let view = judge.view;
    let mut inserts: HashMap<Key, Vec<(u64, Txn)>> = HashMap::new();
    for txn in view.all().filter(|txn| view.node(*txn).happened) {
        for (key, act) in view.acts(txn) {
            if let Act::Insert { value, .. } = act {
                inserts.entry(*key).or_default().push((*value, txn));
            }
        }
    }
    let mut before: HashMap<(u32, Door, Key), (Txn, &[u64])> = HashMap::new();
    let mut readers: Vec<Txn> = view.readers().collect();
    let begun = |txn: &Txn| view.transaction(*txn).begun;
    readers.sort_by(|a, b| begun(a).total_cmp(&begun(b)));
    for txn in readers {
        let mut own: Vec<(Key, u64)> = Vec::new();
        for (key, act) in view.acts(txn) {
            let key = *key;
            match act {
                Act::Insert { value, .. } => own.push((key, *value)),
                Act::Set { values, .. } => {
                    let there: HashSet<u64> = values.iter().copied().collect();
                    let inserts = inserts.get(&key).map_or(&[][..], Vec::as_slice);
                    read(judge, (txn, key), values, &there, inserts);
                    for (_, value) in own
                        .iter()
                        .filter(|(of, value)| *of == key && !there.contains(value))
                    {
                        let about = |view: &View| {
                            let (reader, thing) = (view.called(txn), view.thing(key));
                            format!(
                                "{reader} inserted {value} into {thing} and then did not see it"
                            )
                        };
                        judge.tell(
                            (Class::OwnWriteUnseen, Judged::Fault),
                            about,
                            (&[txn], &[key]),
                        );
                    }
                    let transaction = view.transaction(txn);
                    let session = (transaction.session, transaction.door, key);
                    if let Some((earlier, had)) = before.insert(session, (txn, values))
                        && had.iter().any(|value| !there.contains(value))
                    {
                        backwards(judge, (earlier, txn), key);
                    }
                }
                _ => {}
            }
        }
    }
}

fn read(
    judge: &mut Judge,
    (txn, key): (Txn, Key),
    values: &[u64],
    there: &HashSet<u64>,
    inserts: &[(u64, Txn)],
) {
    if let Some(value) = twice(values) {
        let about = |view: &View| format!("{} has {value} twice", view.thing(key));
        judge.once(
            (Class::DuplicatedWrite, Judged::Fault),
            (key, value),
            about,
            &[txn],
        );
    }
    for value in there {
        judge.value(txn, key, *value);
        if let Some(from) = judge.view.writer(key, *value) {
            judge.edges.add(Edge {
                from,
                to: txn,
                why: Dependency::Reads,
                key,
                before: None,
                value: *value,
            });
        }
    }
    let over = judge.view.transaction(txn).ended.unwrap_or(f64::INFINITY);
    let mut unseen = Vec::new();
    for (value, writer) in inserts {
        if there.contains(value) || *writer == txn {
            continue;
        }
        unseen.push((*value, *writer));
        // Who began when this read was over comes after it in any case.
        if judge.view.transaction(*writer).begun <= over {
            judge.edges.add(Edge {
                from: txn,
                to: *writer,
                why: Dependency::Misses,
                key,
                before: None,
                value: *value,
            });
        }
    }
    missed(
        judge,
        &Missed {
            txn,
            key,
            unseen: &unseen,
        },
    );
}
