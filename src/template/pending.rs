//! The registered result of a task that a dry run left pending, as templates see it.

use super::error::Fault;
use super::trace;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ValueKind};
use std::fmt;
use std::sync::Arc;

/// What is known of it can be used; whatever else is asked of it is a use of something unknown.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) known: Value,
    pub(super) until: String,
    pub(super) runs: bool,
}

/// What a result has only when its task did not run.
const OF_NO_RUN: [&str; 4] = ["skipped", "skip_reason", "false_condition", "unreachable"];

/// Such a result that stands in another value, as that of a loop's item does.
pub fn pending(known: Value, until: String, runs: bool) -> Value {
    Value::from_object(Pending { known, until, runs })
}

/// Stands for a value of which nothing is known. Whatever is made of it is unknown: as an object it
/// would be unequal to whatever it is compared with.
pub(super) fn unknown(until: &str) -> Value {
    trace::note_unknown(until);
    Value::from(minijinja::Error::from(Fault::Unknown {
        until: until.to_owned(),
    }))
}

impl Object for Pending {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.known.get_item(key) {
            // What is not known of it may stand anywhere in it.
            Ok(value)
                if value.kind() == ValueKind::Map
                    && value.downcast_object_ref::<Self>().is_none() =>
            {
                Some(pending(value, self.until.clone(), true))
            }
            Ok(value) if !value.is_undefined() => Some(value),
            _ if self.runs && key.as_str().is_some_and(|key| OF_NO_RUN.contains(&key)) => None,
            _ => Some(unknown(&self.until)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // Whatever comes of it: the text ends as unknown.
        trace::note_unknown(&self.until);
        Enumerator::Empty
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        trace::note_unknown(&self.until);
        None
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        trace::note_unknown(&self.until);
        write!(f, "unknown until {}", self.until)
    }
}
