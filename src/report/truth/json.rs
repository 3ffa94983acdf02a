//! A comparison for programs; docs/truth.md says what stands in it.

use super::{CLASSES, Class, Part, Truth, table};
use crate::engine::Outcome;
use crate::report::json::outcome_fields;
use serde_json::{Map, Value, json};

/// The version of the document: it grows when a field changes its meaning or goes away.
const VERSION: u32 = 1;

impl Class {
    /// The word for programs.
    fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Otherwise => "otherwise",
            Self::Unknown => "unknown",
            Self::NotMade => "not_made",
            Self::NotTold => "not_told",
            Self::AsDeclared => "as_declared",
            Self::Failed => "failed",
            Self::NotReached => "not_reached",
            Self::Skipped => "skipped",
        }
    }
}

impl Truth {
    /// The document.
    pub fn json(&self) -> Value {
        let counts: Map<String, Value> = CLASSES
            .into_iter()
            .map(|class| (class.word().to_owned(), self.count(class).into()))
            .collect();
        let offenders: Vec<Value> = self
            .pairs
            .iter()
            .filter(|pair| pair.class.is_offence())
            .map(|pair| {
                let parts = pair.parts.iter().filter(|part| part.class.is_offence());
                json!({
                    "class": pair.class.word(),
                    "task": pair.name,
                    "play": pair.key.play,
                    "place": pair.key.place,
                    "host": pair.key.host,
                    "parts": parts.map(part).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "v": VERSION,
            "holds": self.holds(),
            "pairs": self.compared(),
            "told": self.changes_told(),
            "counts": counts,
            "percent_of_told_equal": percent(self.count(Class::Equal), self.changes_told()),
            "percent_unknown": percent(self.count(Class::Unknown), self.compared()),
            "offenders": offenders,
        })
    }
}

fn part(part: &Part) -> Value {
    let side = |outcome: &Option<Outcome>| outcome.as_ref().map(outcome_fields);
    json!({
        "class": part.class.word(),
        "item": part.item,
        "told": side(&part.told),
        "made": side(&part.made),
    })
}

/// With one digit behind the point; null of nothing.
fn percent(part: usize, whole: usize) -> Option<f64> {
    let tenths = u32::try_from(table::tenths(part, whole)?).ok()?;
    Some(f64::from(tenths) / 10.0)
}
