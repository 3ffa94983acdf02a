//! A comparison as people read it: a table of the classes, and under it what is not as it should be.

use super::{CLASSES, Class, Pair, Part, Truth};
use crate::engine::Outcome;
use crate::report::change;
use crate::report::line::Line;
use crate::report::style::{BOLD, DIM, GREEN, MAGENTA, RED, paint};
use crate::report::visible::visible;
use indexmap::IndexMap;

/// How much of a diff is shown: what it is about has to be seen, not all of it.
const LINES: usize = 8;

impl Class {
    /// The words for people.
    fn words(self) -> &'static str {
        match self {
            Self::Equal => "told word for word",
            Self::Otherwise => "told otherwise",
            Self::Unknown => "unknown",
            Self::NotMade => "told and not made",
            Self::NotTold => "made and not told",
            Self::AsDeclared => "as declared",
            Self::Failed => "failed",
            Self::NotReached => "not reached",
            Self::Skipped => "skipped",
        }
    }
}

impl Truth {
    /// The table, and the tasks that are not as they should be.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", paint(BOLD, "Pairs of a task and a host"));
        for class in CLASSES {
            let count = self.count(class);
            let share = match class {
                Class::Skipped => String::new(),
                _ => format!("{:>8}", share(count, self.compared())),
            };
            let line = format!("  {:<18} {count:>5}{share}", class.words());
            text += &match (class.is_wrong(), count) {
                (_, 0) => paint(DIM, line),
                (true, _) => paint(RED, line),
                (false, _) => line,
            };
            text.push('\n');
        }
        text += &match self.changes_told() {
            0 => "No change was told.\n".to_owned(),
            told => {
                let equal = share(self.count(Class::Equal), told);
                format!("Of what was told {equal} came word for word.\n")
            }
        };
        for class in CLASSES.into_iter().filter(|class| class.is_offence()) {
            text += &self.offenders(class);
        }
        text.pop();
        text
    }

    /// The tasks of a class, hosts and items of which the same is to be said together.
    fn offenders(&self, class: Class) -> String {
        let mut tasks: IndexMap<(&str, &str), IndexMap<String, Vec<String>>> = IndexMap::new();
        for pair in self.pairs.iter().filter(|pair| pair.class == class) {
            let said = tasks.entry((&pair.name, &pair.key.place)).or_default();
            for part in pair.parts.iter().filter(|part| part.class.is_offence()) {
                let whom = whom(pair, part);
                said.entry(both(part)).or_default().push(whom);
            }
        }
        if tasks.is_empty() {
            return String::new();
        }
        let heading = format!("{} ({})", class.words(), self.count(class));
        let mut text = format!("\n{}\n", paint(BOLD, heading));
        for ((name, place), said) in tasks {
            text += &format!("  {}  {}\n", visible(name), paint(DIM, visible(place)));
            for (both, whom) in said {
                text += &format!("    {}\n{both}", visible(&whom.join(", ")));
            }
        }
        text
    }
}

/// `pg-a`, or `pg-a => (item=x)`.
fn whom(pair: &Pair, part: &Part) -> String {
    match &part.item {
        Some(item) => format!("{} (item={item})", pair.key.host),
        None => pair.key.host.clone(),
    }
}

/// What was told, and what came, without what is the same in both.
fn both(part: &Part) -> String {
    let side = |outcome: &Option<Outcome>, other: &Option<Outcome>| match (outcome, other) {
        (Some(Outcome::Changed(own)), Some(Outcome::Changed(others))) => {
            let rest: Vec<_> = own
                .iter()
                .filter(|change| !others.contains(change))
                .cloned()
                .collect();
            lines(&change::render(&rest))
        }
        (outcome, _) => words(outcome.as_ref()),
    };
    let mut text = String::new();
    for (label, side) in [
        ("told", side(&part.told, &part.made)),
        ("made", side(&part.made, &part.told)),
    ] {
        let mut lines = side.lines();
        let first = lines.next().unwrap_or("nothing more");
        text += &format!("      {label}  {first}\n");
        for line in lines.by_ref().take(LINES) {
            text += &format!("            {line}\n");
        }
        match lines.count() {
            0 => {}
            more => text += &format!("            {}\n", paint(DIM, format!("... {more} more"))),
        }
    }
    text
}

fn words(outcome: Option<&Outcome>) -> String {
    match outcome {
        None => "nothing".to_owned(),
        Some(Outcome::Ok | Outcome::Waits { .. }) => paint(GREEN, "as declared"),
        Some(Outcome::Changed(changes)) => lines(&change::render(changes)),
        Some(Outcome::Unknown { until, why }) => {
            paint(MAGENTA, visible(&format!("unknown until {until}: {why}")))
        }
        Some(Outcome::Skipped(reason)) => visible(&format!("skipped: {reason}")),
        Some(Outcome::Failed { message, .. } | Outcome::Unreachable { message, .. }) => {
            paint(RED, visible(&format!("failed: {message}")))
        }
    }
}

fn lines(lines: &[Line]) -> String {
    let lines: Vec<_> = lines.iter().map(Line::alone).collect();
    lines.join("\n")
}

/// `42.9 %`, rounded so that only all are 100 % and only none are 0 %.
pub(super) fn share(part: usize, whole: usize) -> String {
    match tenths(part, whole) {
        None => "-".to_owned(),
        Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// The same in tenths of a percent; `None` of nothing.
pub(super) fn tenths(part: usize, whole: usize) -> Option<usize> {
    let rounded = (2000 * part + whole).checked_div(2 * whole)?;
    Some(match rounded {
        0 if part > 0 => 1,
        1000 if part < whole => 999,
        tenths => tenths,
    })
}
