//! What an apply makes anew (a password, a certificate): a dry run makes something up in its place,
//! and tells what that stands for.

use super::acted::Acted;
use crate::modules::{Plan, Sign, State, TaskResult};
use crate::secret;
use crate::step::{Action, Effect, Package, Step};
use std::sync::atomic::{AtomicU64, Ordering};

/// A text in the place of one that a command will make, told as `(a new WHAT)`. No other is like it.
pub fn made_up_for(what: &str) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let made = format!("made-anew-{:08}", MADE.fetch_add(1, Ordering::Relaxed));
    secret::stand_in_openly(&made, &format!("a new {what}"));
    made
}

/// A plan that would be carried out, with what is known of its result; `after` is what it leaves,
/// where that is known whole.
pub fn pending(plan: &Plan, after: Option<&State>, mut known: TaskResult) -> Acted {
    let mut changes = plan.changes().to_vec();
    let mut words: Vec<String> = plan.steps().iter().flat_map(made_up).collect();
    words.sort();
    words.dedup();
    if let (Some(first), false) = (changes.first(), words.is_empty()) {
        // Behind what it belongs to, so that both are said in one line.
        let note = first.note(format!("with {}", words.join(", ")));
        changes.insert(1, note);
        // The content will be another one.
        for name in ["checksum", "md5sum", "size"] {
            known.values.shift_remove(name);
        }
    }
    let effects: Vec<Effect> = plan.steps().iter().flat_map(Step::effects).collect();
    let takes_away = effects.iter().any(Effect::takes_away)
        || changes.iter().any(|change| change.sign == Sign::Remove);
    Acted::Pending {
        changes,
        takes_away,
        packages: effects.into_iter().filter_map(brought).collect(),
        told: after.is_some(),
        whole: after.is_some() && words.is_empty() && known.unsure.is_none(),
        known,
    }
}

fn brought(effect: Effect) -> Option<(String, Option<String>)> {
    match effect {
        Effect::Package(name, Package::There { version, new, .. }) => {
            new.then_some((name, version))
        }
        _ => None,
    }
}

/// The words for what is made up in a step.
fn made_up(step: &Step) -> Vec<String> {
    let text = |bytes: &[u8]| secret::stand_ins(&String::from_utf8_lossy(bytes));
    match &step.action {
        Action::Put(upload) => text(&upload.content),
        Action::Run(script) => {
            let mut words = text(&script.stdin);
            words.extend(secret::stand_ins(&script.text));
            words
        }
        _ => Vec::new(),
    }
}
