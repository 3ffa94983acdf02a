//! What a check leaves to the run: modules that are not there, and includes that it can't follow.

use crate::diag::{Diag, Span};

/// A module that is not there, and tasks with it that need not be reached.
#[derive(Clone, Debug)]
pub struct Lacking {
    /// The name as it is written.
    pub module: String,
    /// Where it stands.
    pub places: Vec<Span>,
}

impl Lacking {
    /// Notes one more place, unless it is known: what is included twice is written once.
    pub(super) fn note(all: &mut Vec<Self>, module: &str, place: &Span) {
        let at = all.iter().position(|known| known.module == module);
        let places = match at {
            Some(at) => &mut all[at].places,
            None => {
                all.push(Self {
                    module: module.to_owned(),
                    places: Vec::new(),
                });
                // One was pushed just now.
                let last = all.len() - 1;
                &mut all[last].places
            }
        };
        if !places.contains(place) {
            places.push(place.clone());
        }
    }

    /// It as a warning in one line.
    pub fn warning(&self) -> Diag {
        let tasks = match self.places.as_slice() {
            [one] => format!("the task at {one} fails if it is"),
            [first, ..] => format!(
                "{} tasks fail if they are, the first at {first}",
                self.places.len()
            ),
            [] => String::new(),
        };
        Diag::warning(format!(
            "there is no module `{}`, which need not be reached: {tasks}",
            self.module
        ))
        .of_names()
    }
}

/// All that a check found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// All that is wrong, and what looks wrong (warnings).
    pub findings: Vec<Diag>,
    /// Modules that are not there, in tasks that need not be reached.
    pub lacking: Vec<Lacking>,
    /// The includes whose names only the run knows: what they bring was not looked at, and what they
    /// may define was not searched for.
    pub unseen: Vec<Span>,
}
