//! A machine as what is pending in a dry run will leave it: effects that lie over its real answers.
//!
//! Nothing here asks. A [`Question`](super::Question) lays what is pending over what the host says
//! now: it is answered as the host does, or with what will be so, or it says which task decides it.

mod accounts;
mod http;
mod over;
mod packages;
mod path;
mod place;
mod postgres;
mod rpms;
mod unit_file;
mod units;

use super::ProbeError;
use crate::step::{Effect, Place};
use std::sync::Arc;

/// What is pending on a machine, in the order in which it will be done.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    pending: Arc<Vec<Pending>>,
    /// The user who asks; empty where that is not known.
    asker: Arc<str>,
}

/// An effect of a task that has not run.
#[derive(Clone, Debug)]
struct Pending {
    effect: Effect,
    /// The task's title.
    until: Arc<str>,
    /// The user whom the step runs as.
    by: Arc<str>,
}

impl Pending {
    fn unknown(&self, why: &str) -> ProbeError {
        ProbeError::Unknown {
            until: self.until.to_string(),
            why: why.to_owned(),
        }
    }
}

impl Foreseen {
    /// A task that would run as the user `by` would make these true.
    pub fn add(&mut self, until: &str, by: &str, effects: impl IntoIterator<Item = Effect>) {
        let (until, by): (Arc<str>, Arc<str>) = (until.into(), by.into());
        for effect in effects {
            // By the name that it has where links are pending on the way to it.
            let effect = match effect {
                Effect::Path(path, place) => Effect::Path(self.name(&path, &place), place),
                other => other,
            };
            Arc::make_mut(&mut self.pending).push(Pending {
                effect,
                until: Arc::clone(&until),
                by: Arc::clone(&by),
            });
        }
    }

    /// The same as the user `asker` sees it.
    #[must_use]
    pub fn seen_by(mut self, asker: &str) -> Self {
        self.asker = asker.into();
        self
    }

    /// The value that a kernel setting will have, where it is set.
    pub fn kernel(&self, name: &str) -> Option<&str> {
        self.pending
            .iter()
            .rev()
            .find_map(|pending| match &pending.effect {
                Effect::Kernel(set, value) if set == name => Some(value.as_str()),
                _ => None,
            })
    }

    /// The name that the host will have, where it gets one.
    pub fn host_name(&self) -> Option<&str> {
        self.pending
            .iter()
            .rev()
            .find_map(|pending| match &pending.effect {
                Effect::HostName(name) => Some(name.as_str()),
                _ => None,
            })
    }

    /// What becomes of paths.
    fn paths(&self) -> impl DoubleEndedIterator<Item = (&Pending, &String, &Place)> {
        self.pending
            .iter()
            .filter_map(|pending| match &pending.effect {
                Effect::Path(path, place) => Some((pending, path, place)),
                _ => None,
            })
    }

    /// How much is pending: what was answered when it was less may not hold any more.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}
