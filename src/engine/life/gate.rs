//! What a task of a gate may do, and when it does not hold.

use super::{Change, Entry, Extent, Life, One, Stop};

impl Life {
    /// A gate only asks, in a dry run too: a command runs, since its author says that it only
    /// reads by putting it there; what converges never acts.
    pub(super) fn extent_in_gate(&self, module: &Entry) -> Extent {
        if module.may_ask {
            Extent::Act
        } else if self.run.is_plan() {
            Extent::Ask
        } else {
            Extent::Wait
        }
    }

    /// A dry run tells what a gate says now instead of waiting for what changes by itself.
    pub(super) fn asks_once(&self) -> bool {
        self.task.keywords.gate.is_some() && self.run.is_plan()
    }

    /// In a gate what differs does not hold, and what can't be known only passes where a pending
    /// change of this dry run may decide it.
    pub(super) fn gated(&self, module: &Entry, one: &mut One) {
        if self.task.keywords.gate.is_none() {
            return;
        }
        if module.may_ask && self.task.keywords.changed_when.is_empty() {
            one.verdict.changed = false;
            one.verdict
                .registered
                .insert("changed".into(), false.into());
        }
        let why = match (&one.unknown, &one.verdict.failed) {
            (Some(why), _) | (None, Some(why)) => why.clone(),
            (None, None) if one.verdict.changed => not_so(&one.changes),
            (None, None) => return,
        };
        match self.pending() {
            Some(until) => *one = One::unknown(one.until.take().unwrap_or(until), &why),
            None => {
                (one.unknown, one.until) = (None, None);
                one.verdict.fail(why);
            }
        }
    }

    /// What must be known in a gate and is not, in an apply.
    pub(super) fn surely(&self, stop: Stop) -> Stop {
        match stop {
            Stop::Unknown(until, _) if self.task.keywords.gate.is_some() && !self.run.is_plan() => {
                let message = format!("it rests on `{until}`, which only looked");
                Stop::Bad(vec![
                    crate::diag::Diag::error(message)
                        .help("a gate needs to know: take `check_mode` off that task"),
                ])
            }
            other => other,
        }
    }

    /// In a dry run: a task that left something pending on any machine.
    fn pending(&self) -> Option<String> {
        self.run
            .is_plan()
            .then(|| self.run.hosts.pending())
            .flatten()
    }
}

fn not_so(changes: &[Change]) -> String {
    let mut what: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
    what.dedup();
    if what.is_empty() {
        return "it reports a change, and a gate changes nothing".to_owned();
    }
    format!(
        "not as declared: {}; a gate changes nothing",
        what.join(", ")
    )
}
