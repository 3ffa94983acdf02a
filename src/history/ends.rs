//! What is there at the end: everything that was acknowledged and everything that was read, and of each
//! transaction all or nothing.

use super::finding::{Class, Judged};
use super::judge::Judge;
use super::record::{Act, Outcome};
use super::rules::Rules;
use super::view::{Key, Kind, Txn, View};
use std::collections::{BTreeSet, HashSet};

/// What is known of the end.
struct End {
    there: HashSet<(Key, u64)>,
}

/// Judges the end against all that came before.
pub fn judge(judge: &mut Judge) {
    let view = judge.view;
    let mut end = End {
        there: HashSet::new(),
    };
    for (key, last) in &view.last {
        if let Act::List { values, .. } | Act::Set { values, .. } = last.act {
            end.there.extend(values.iter().map(|value| (*key, *value)));
        }
    }
    for txn in view.all() {
        // Of one of which nobody knows all is there or nothing.
        if view.transaction(txn).outcome != Outcome::Aborted {
            written(judge, &end, txn);
        }
    }
    for txn in view.readers() {
        read(judge, &end, txn);
    }
}

/// Whether a value is there at the end, where that is known.
fn there(judge: &Judge, end: &End, key: Key, value: u64) -> Option<bool> {
    let last = judge.view.last.get(&key)?;
    if judge.view.keys[key as usize].0 != Kind::Register {
        return Some(end.there.contains(&(key, value)));
    }
    let Act::Register { value: last, .. } = last.act else {
        return None;
    };
    let Some(last) = last else {
        return Some(false);
    };
    let last = judge.orders.place(key, Some(*last))?;
    match judge.orders.place(key, Some(value)) {
        Some(place) if place.chain == last.chain => Some(place.seen <= last.seen),
        // All that ever was written lies on a chain without a gap from the beginning on.
        _ => (judge.orders.chain(last).whole).then_some(false),
    }
}

fn written(judge: &mut Judge, end: &End, txn: Txn) {
    let view = judge.view;
    let (mut some, mut gone) = (None, None);
    for (key, act) in view.acts(txn) {
        let (Act::Append { value, .. } | Act::Write { value, .. } | Act::Insert { value, .. }) =
            act
        else {
            continue;
        };
        match there(judge, end, *key, *value) {
            Some(true) => some = Some((*key, *value)),
            Some(false) => {
                let last = view.last[key].txn;
                if view.acknowledged_before(txn, last) {
                    let about = |view: &View| {
                        format!(
                            "{} put {value} into {}, and at the end it is not there",
                            view.called(txn),
                            view.thing(*key)
                        )
                    };
                    judge.once(
                        (Class::LostWrite, Judged::Fault),
                        (*key, *value),
                        about,
                        &[txn, last],
                    );
                }
                gone = Some((*key, *value));
            }
            None => {}
        }
    }
    if let (Some(some), Some(gone)) = (some, gone) {
        torn(judge, txn, some, gone);
    }
}

fn torn(judge: &mut Judge, txn: Txn, some: (Key, u64), gone: (Key, u64)) {
    let view = judge.view;
    let last = [view.last[&some.0].txn, view.last[&gone.0].txn];
    // One of which nobody knows may have happened between two looks.
    let once = last[0] == last[1] && Rules::one_snapshot(view.node(last[0]));
    if !once && !last.iter().all(|last| view.acknowledged_before(txn, *last)) {
        return;
    }
    let about = |view: &View| {
        format!(
            "of {}, {} is in {} at the end and {} is not in {}",
            view.called(txn),
            some.1,
            view.thing(some.0),
            gone.1,
            view.thing(gone.0)
        )
    };
    judge.tell(
        (Class::TornTransaction, Judged::Fault),
        about,
        (&[txn, last[0], last[1]], &[some.0, gone.0]),
    );
}

/// What was read stays, if it was no value of an undone transaction, which is told by itself.
fn read(judge: &mut Judge, end: &End, txn: Txn) {
    let view = judge.view;
    let seen: BTreeSet<(Key, u64)> = values(view, txn).collect();
    for (key, value) in seen {
        if there(judge, end, key, value) != Some(false) {
            continue;
        }
        let last = view.last[&key].txn;
        let before = view
            .transaction(txn)
            .ended
            .is_some_and(|ended| ended < view.transaction(last).begun);
        let Some(writer) = view.writer(key, value) else {
            continue;
        };
        let outcome = view.transaction(writer).outcome;
        if !before || writer == txn || outcome == Outcome::Aborted {
            continue;
        }
        let early = view.node(txn).standby && !view.acknowledged_before(writer, last);
        let known = early && !judge.rules.strict;
        let judged = if known {
            Judged::Allowed
        } else {
            Judged::Fault
        };
        let about = |view: &View| {
            let (reader, writer, thing) = (view.called(txn), view.called(writer), view.thing(key));
            format!(
                "{reader} read {value} in {thing}, which {writer} wrote, and at the end it is not there"
            )
        };
        let who = [writer, txn, last];
        judge.once((Class::SeenThenGone, judged), (key, value), about, &who);
    }
}

/// All values that a transaction has read.
fn values<'a>(view: &'a View, txn: Txn) -> impl Iterator<Item = (Key, u64)> + 'a {
    view.acts(txn).iter().flat_map(|(key, act)| {
        let values = match act {
            Act::List { values, .. } | Act::Set { values, .. } => &values[..],
            Act::Register {
                value: Some(value), ..
            } => std::slice::from_ref(value),
            _ => &[],
        };
        values.iter().map(|value| (*key, *value))
    })
}
