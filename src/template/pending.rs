//! The registered result of a task that a dry run left pending, as templates see it.

use super::error::Fault;
use super::trace;
use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use std::fmt;
use std::sync::Arc;

/// What is known of it can be used; whatever else is asked of it is a use of something unknown.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) known: Value,
    pub(super) until: String,
}

impl Pending {
    fn unknown(&self) -> Value {
        trace::note_unknown(&self.until);
        Value::from(minijinja::Error::from(Fault::Unknown {
            until: self.until.clone(),
        }))
    }
}

impl Object for Pending {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.known.get_item(key) {
            Ok(value) if !value.is_undefined() => Some(value),
            _ => Some(self.unknown()),
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
