//! What was promised, held against what is so now: the one comparison, for the fresh plan before
//! anything is acted on, and for each task just before its steps.

use super::{Act, Held, Key, Past, Promise, Status, Told};
use crate::modules::{Change, Detail, Sign, as_told};
use indexmap::IndexSet;

/// Something that is not as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The task that it touches.
    pub task: String,
    /// Where that stands: `file:line:column`.
    pub place: String,
    /// The host.
    pub host: String,
    /// The item of the task's loop.
    pub label: Option<String>,
    /// What was seen then.
    pub then: String,
    /// What is so now.
    pub now: String,
}

/// How far an item of a plan was carried out before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Not at all.
    Fresh,
    /// Some of it may be done.
    Part,
    /// It is done.
    Done,
}

impl Stand {
    pub(super) fn of(past: Option<&Past>) -> Self {
        match past {
            None => Self::Fresh,
            Some(Past::Begun | Past::Failed) => Self::Part,
            Some(Past::Done { .. }) => Self::Done,
        }
    }
}

/// Whether a plan said of an item that it can't be known.
pub(super) fn is_unknown(told: &Told, key: &Key, item: usize) -> bool {
    let Some(promise) = told.get(key) else {
        return false;
    };
    match promise.act(item) {
        Some(act) => act.unknown.is_some(),
        // Where not even the items are known nothing is said of one.
        None => {
            promise.status == Status::Unknown
                && promise.acts.iter().all(|act| act.unknown.is_none())
        }
    }
}

/// Whether a plan could not know what would be included on the host.
pub(super) fn may_be_included(told: &Told, key: &Key) -> bool {
    told.iter().any(|(other, promise)| {
        other.play == key.play
            && other.host == key.host
            && promise.includes
            && promise.status == Status::Unknown
    })
}

/// Whether a plan could not know that the host takes part in the play: nothing was said of it there, and
/// a task of an earlier play may have brought it.
pub(super) fn may_join(told: &Told, key: &Key) -> bool {
    let there = told
        .keys()
        .any(|other| other.play == key.play && other.host == key.host);
    !there
        && told.iter().any(|(other, promise)| {
            other.play < key.play && promise.joins && promise.status == Status::Unknown
        })
}

/// What was promised of an item and what is to be done now, in words, where that is not the same.
pub(super) fn act(
    then: Option<&Promise>,
    item: usize,
    now: &[Change],
    stand: Stand,
) -> Option<(String, String)> {
    let Some(promise) = then else {
        return Some(("nothing was told of it".to_owned(), words(now)));
    };
    let Some(act) = promise.act(item) else {
        return Some((standing(promise), words(now)));
    };
    match stand {
        Stand::Done => return Some(("it was done by this plan".to_owned(), words(now))),
        Stand::Part if now.iter().all(|change| act.changes.contains(change)) => return None,
        Stand::Part | Stand::Fresh => {}
    }
    (!as_told(&act.changes, now)).then(|| pair(&act.changes, now))
}

/// All that moved between a plan and a fresh one, in the order of the playbook.
pub(super) fn moved(held: &Held, fresh: &Told) -> Vec<Moved> {
    let keys: IndexSet<&Key> = fresh.keys().chain(held.told.keys()).collect();
    let mut moved = Vec::new();
    for key in keys {
        let (then, now) = (held.told.get(key), fresh.get(key));
        let Some(task) = now.or(then).map(|promise| promise.task.clone()) else {
            continue;
        };
        let mut say = |label: Option<&String>, (then, now): (String, String)| {
            moved.push(Moved {
                task: task.clone(),
                place: key.place.clone(),
                host: key.host.clone(),
                label: label.cloned(),
                then,
                now,
            });
        };
        let before = || then.map_or_else(|| "nothing was told of it".to_owned(), standing);
        match now {
            Some(now) if now.status == Status::Failed => say(None, (before(), standing(now))),
            _ if then.is_none()
                && (may_be_included(&held.told, key) || may_join(&held.told, key)) => {}
            _ => {
                for item in items(then, now) {
                    let label = [now, then].into_iter().flatten();
                    let label = label.filter_map(|promise| promise.act(item)?.label.as_ref());
                    if let Some(words) = moved_item(held, key, item, then, now) {
                        say(label.into_iter().next(), words);
                    }
                }
            }
        }
    }
    moved
}

/// The items on which something would be done; of a task on which nothing is, it as a whole.
fn items(then: Option<&Promise>, now: Option<&Promise>) -> IndexSet<usize> {
    let all = [then, now].into_iter().flatten();
    let acts = all.flat_map(|promise| &promise.acts);
    let mut items: IndexSet<usize> = acts.map(|act| act.item).collect();
    if items.is_empty() {
        items.insert(0);
    }
    items
}

fn moved_item(
    held: &Held,
    key: &Key,
    item: usize,
    then: Option<&Promise>,
    now: Option<&Promise>,
) -> Option<(String, String)> {
    if is_unknown(&held.told, key, item) {
        return None;
    }
    let applied = held.journal.applied().is_some();
    let past = held.journal.past(key, item);
    let stand = if applied {
        Stand::Done
    } else {
        Stand::of(past.as_ref())
    };
    let before = |told: Option<&Act>| match (told, then) {
        (Some(act), _) => words(&act.changes),
        (None, Some(promise)) => standing(promise),
        (None, None) => "nothing was told of it".to_owned(),
    };
    let told = then.and_then(|promise| promise.act(item));
    match now.and_then(|promise| promise.act(item)) {
        // That it can be known no longer is what its being done left.
        Some(Act {
            unknown: Some(why), ..
        }) => (stand != Stand::Done).then(|| (before(told), why.clone())),
        Some(act) if runs(&act.changes) && applied => None,
        Some(act) if runs(&act.changes) && matches!(past, Some(Past::Begun)) => {
            let words =
                "it had begun when this plan was applied before, and whether it ended is not known";
            Some((words.to_owned(), words_or_nothing(&act.changes)))
        }
        Some(act) => self::act(then, item, &act.changes, stand),
        None if stand == Stand::Done => None,
        None => match (told, now) {
            // It is so already.
            (_, Some(now)) if matches!(now.status, Status::Ok | Status::Changed) => None,
            (None, Some(now)) if now.status != Status::Unknown => None,
            (None, None) => None,
            (told, Some(now)) => Some((before(told), standing(now))),
            (Some(_), None) => Some((before(told), "it is not come to".to_owned())),
        },
    }
}

/// Whether changes are told as something that runs, which leaves no state to be seen.
fn runs(changes: &[Change]) -> bool {
    changes.iter().all(|change| change.sign == Sign::Run)
}

/// How a task would end, where nothing would be done.
fn standing(promise: &Promise) -> String {
    let why = promise.why.as_deref().unwrap_or_default();
    match promise.status {
        Status::Ok => "as declared".to_owned(),
        Status::Changed => {
            let all: Vec<Change> = promise
                .acts
                .iter()
                .flat_map(|act| act.changes.clone())
                .collect();
            words_or_nothing(&all)
        }
        Status::Unknown => why.to_owned(),
        Status::Skipped => format!("skipped: {why}"),
        Status::Ignored => format!("fails, which is ignored: {why}"),
        Status::Failed => format!("fails: {why}"),
    }
}

fn words_or_nothing(changes: &[Change]) -> String {
    if changes.is_empty() {
        "as declared".to_owned()
    } else {
        words(changes)
    }
}

/// Changes in one line.
fn words(changes: &[Change]) -> String {
    let told = changes
        .iter()
        .filter(|change| !change.detail.stands_beside());
    told.map(one).collect::<Vec<_>>().join("; ")
}

fn one(change: &Change) -> String {
    let sign = match change.sign {
        Sign::Add => '+',
        Sign::Modify => '~',
        Sign::Remove => '-',
        Sign::Run => '>',
    };
    let what = format!("{sign} {}", change.what);
    match &change.detail {
        Detail::None | Detail::Note(_) | Detail::Since { .. } => what,
        Detail::Attribute { name, from, to } => {
            let value = |value: &Option<String>| match value {
                Some(value) => short(value),
                None => "(none)".to_owned(),
            };
            format!("{what}  {name}: {} -> {}", value(from), value(to))
        }
        Detail::Text { before, after } => match (before, after) {
            (Some(before), Some(after)) => match parting(before, after) {
                Some((line, from, to)) => format!("{what}  line {line}: {from} -> {to}"),
                None => what,
            },
            _ => what,
        },
    }
}

/// Both in words, and where these are the same, where their texts part.
fn pair(then: &[Change], now: &[Change]) -> (String, String) {
    let (before, after) = (words(then), words(now));
    if before != after {
        return (before, after);
    }
    let texts = |change: &Change| match &change.detail {
        Detail::Text { before, after } => [before.clone(), after.clone()],
        _ => [None, None],
    };
    let apart = then
        .iter()
        .zip(now)
        .flat_map(|(then, now)| texts(then).into_iter().zip(texts(now)))
        .find_map(|(then, now)| parting(&then.unwrap_or_default(), &now.unwrap_or_default()));
    match apart {
        Some((line, was, is)) => (
            format!("{before}  (line {line} of a text: {was})"),
            format!("{after}  (line {line} of a text: {is})"),
        ),
        None => (before, format!("{after}  (told otherwise)")),
    }
}

/// The first line in which two texts differ.
fn parting(one: &str, other: &str) -> Option<(usize, String, String)> {
    if one == other {
        return None;
    }
    let (mut one, mut other) = (one.split('\n'), other.split('\n'));
    for line in 1.. {
        match (one.next(), other.next()) {
            (None, None) => break,
            (left, right) if left != right => {
                let said = |text: Option<&str>| match text {
                    Some(text) => format!("`{}`", short(text)),
                    None => "(none)".to_owned(),
                };
                return Some((line, said(left), said(right)));
            }
            _ => {}
        }
    }
    None
}

/// How many characters of a value are told.
const LENGTH: usize = 60;

fn short(text: &str) -> String {
    let text = text.replace('\n', " ");
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "compare/tests.rs"]
mod tests;
