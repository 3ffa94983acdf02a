//! Whether a plan was true: what it told, held against what the apply after it did.
//!
//! Both are read from their JSON lines (docs/events.md), so that anyone's plan can be held to
//! account, an old one too. A pair is a task on a host; of a loop each item is compared, and the
//! pair is as good as its worst item.

mod json;
mod table;
mod told;

pub use told::{Told, Unreadable};

use crate::engine::{Mode, Outcome};
use crate::modules::as_told;
use indexmap::IndexMap;
use std::path::Path;
use told::{Ended, Key};

/// What became of what a plan told; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Neither did it apply, nor was it told to.
    Skipped,
    /// Told as declared, and nothing was changed.
    AsDeclared,
    /// Told word for word as it came.
    Equal,
    /// The apply did not come to it: its host failed before.
    NotReached,
    /// The plan said that it can't know.
    Unknown,
    /// Told, but otherwise than it came.
    Otherwise,
    /// Told, and not made.
    NotMade,
    /// Made, and not told.
    NotTold,
    /// It failed, in the plan or in the apply.
    Failed,
}

/// The classes in the order in which they are told.
pub const CLASSES: [Class; 9] = [
    Class::Equal,
    Class::Otherwise,
    Class::Unknown,
    Class::NotMade,
    Class::NotTold,
    Class::AsDeclared,
    Class::Failed,
    Class::NotReached,
    Class::Skipped,
];

/// A plan and an apply, pair by pair.
#[derive(Debug)]
pub struct Truth {
    pairs: Vec<Pair>,
}

/// A task on a host, in the plan and in the apply.
#[derive(Debug)]
struct Pair {
    name: String,
    key: Key,
    class: Class,
    /// The whole task, or the items of its loop.
    parts: Vec<Part>,
}

/// What was told of one thing, and what became of it.
#[derive(Debug)]
struct Part {
    item: Option<String>,
    class: Class,
    told: Option<Outcome>,
    made: Option<Outcome>,
}

impl Truth {
    /// Reads two streams and compares them.
    pub fn read(plan: &Path, apply: &Path) -> Result<Self, Unreadable> {
        let told = Told::read(plan, Mode::Plan)?;
        let made = Told::read(apply, Mode::Apply)?;
        Ok(Self::of(&told, &made))
    }

    /// Compares a plan with the apply after it.
    pub fn of(plan: &Told, apply: &Told) -> Self {
        let keys: IndexMap<&Key, ()> = plan
            .tasks
            .keys()
            .chain(apply.tasks.keys())
            .map(|key| (key, ()))
            .collect();
        let pairs = keys
            .into_keys()
            .filter_map(|key| {
                let (told, made) = (plan.tasks.get(key), apply.tasks.get(key));
                let name = told.or(made)?.name.clone();
                let parts = parts(told, made, apply.stopped.contains(&key.host));
                let class = parts.iter().map(|part| part.class).max()?;
                Some(Pair {
                    name,
                    key: key.clone(),
                    class,
                    parts,
                })
            })
            .collect();
        Self { pairs }
    }

    /// How many pairs are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.pairs.iter().filter(|pair| pair.class == class).count()
    }

    /// How many pairs there are but for those that were skipped.
    pub fn compared(&self) -> usize {
        self.pairs.len() - self.count(Class::Skipped)
    }

    /// How many changes were told, in words that can be held against what came.
    pub fn changes_told(&self) -> usize {
        self.count(Class::Equal) + self.count(Class::Otherwise) + self.count(Class::NotMade)
    }

    /// Whether what was told came, as told, and nothing else; what the plan did not know is no lie.
    pub fn holds(&self) -> bool {
        self.pairs.iter().all(|pair| !pair.class.is_wrong())
    }
}

impl Class {
    /// Whether a plan that is true has none of these.
    fn is_wrong(self) -> bool {
        self >= Self::NotReached && self != Self::Unknown
    }

    /// Whether it is named in the list under the table.
    fn is_offence(self) -> bool {
        self >= Self::NotReached
    }
}

/// The whole, or each item of the loop.
fn parts(told: Option<&Ended>, made: Option<&Ended>, stopped: bool) -> Vec<Part> {
    let of = |item: Option<String>, told: Option<&Outcome>, made: Option<&Outcome>| Part {
        item,
        class: class(told, made, stopped),
        told: told.cloned(),
        made: made.cloned(),
    };
    let whole = of(
        None,
        told.map(|ended| &ended.outcome),
        made.map(|ended| &ended.outcome),
    );
    let items: IndexMap<_, ()> = [told, made]
        .into_iter()
        .flatten()
        .flat_map(|ended| ended.items.keys())
        .map(|item| (item, ()))
        .collect();
    // A loop that can't be known in the plan, or that did not come to its end, has no items to hold
    // against those of the other side.
    let told_whole = told.is_none_or(|ended| {
        ended.items.is_empty() && matches!(ended.outcome, Outcome::Unknown { .. })
    });
    if items.is_empty() || told_whole || matches!(whole.class, Class::Failed | Class::NotReached) {
        return vec![whole];
    }
    items
        .into_keys()
        .map(|item| {
            let outcome =
                |ended: Option<&'_ Ended>| ended.and_then(|it| it.items.get(item)).cloned();
            of(
                Some(item.label.clone()),
                outcome(told).as_ref(),
                outcome(made).as_ref(),
            )
        })
        .collect()
}

fn class(told: Option<&Outcome>, made: Option<&Outcome>, stopped: bool) -> Class {
    use Outcome::{Changed, Failed, Skipped, Unknown, Unreachable};
    match (told, made) {
        (Some(Failed { ignored: false, .. } | Unreachable { ignored: false, .. }), _)
        | (_, Some(Failed { ignored: false, .. } | Unreachable { ignored: false, .. })) => {
            Class::Failed
        }
        (Some(Skipped(_)) | None, Some(Skipped(_)) | None) => Class::Skipped,
        (_, None) if stopped => Class::NotReached,
        (Some(Unknown { .. }), _) => Class::Unknown,
        (Some(Changed(told)), Some(Changed(made))) if as_told(told, made) => Class::Equal,
        // What the steps of an ignored failure did is not told.
        (Some(Changed(_)), Some(Changed(_) | Failed { .. } | Unreachable { .. })) => {
            Class::Otherwise
        }
        (Some(Changed(_)), _) => Class::NotMade,
        (_, Some(Changed(_))) => Class::NotTold,
        _ => Class::AsDeclared,
    }
}

#[cfg(test)]
mod tests;
