//! Arguments that may be given by place or by name, as Python's functions take them.

use super::wrong;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};
use std::collections::VecDeque;

/// What a filter was called with besides its value.
pub(super) struct Given {
    places: VecDeque<Value>,
    names: Kwargs,
}

impl Given {
    pub(super) fn new(places: Rest<Value>, names: Kwargs) -> Self {
        Self {
            places: places.iter().cloned().collect(),
            names,
        }
    }

    /// The next argument by place, else the one called `name`. What is none was not given.
    pub(super) fn value(&mut self, name: &str) -> Result<Option<Value>, Error> {
        let found = match self.places.pop_front() {
            Some(value) => Some(value),
            None => self.names.get::<Option<Value>>(name)?,
        };
        Ok(found.filter(|value| !value.is_none()))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.value(name)?.map(|value| value.to_string()))
    }

    pub(super) fn int(&mut self, name: &str) -> Result<Option<i64>, Error> {
        let Some(value) = self.value(name)? else {
            return Ok(None);
        };
        let read = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        read.map(Some)
            .ok_or_else(|| wrong(format!("`{name}` is a whole number, not `{value}`")))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Error> {
        Ok(self.value(name)?.is_some_and(|value| value.is_true()))
    }

    /// Refuses whatever was given besides.
    pub(super) fn end(self) -> Result<(), Error> {
        if !self.places.is_empty() {
            return Err(Error::from(minijinja::ErrorKind::TooManyArguments));
        }
        self.names.assert_all_used()
    }
}
