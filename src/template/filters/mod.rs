//! Ansible's filters.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the engine gives filters their arguments by value"
)]

mod attribute;
mod defaults;
mod hash;
mod json;
pub(super) mod list;
mod mapping;
mod number;
mod path;
mod random;
pub(super) mod regex;
mod sets;
mod text;
mod time;
mod url;
mod yaml;

pub(super) use text::{PERCENT, formatted, refuse_wide};

use super::convert::settle;
use super::registry::Registry;
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    attribute::register(to);
    defaults::register(to);
    hash::register(to);
    json::register(to);
    list::register(to);
    mapping::register(to);
    number::register(to);
    path::register(to);
    random::register(to);
    regex::register(to);
    sets::register(to);
    text::register(to);
    time::register(to);
    url::register(to);
    yaml::register(to);
}

/// An error of a filter, in its own words.
fn wrong(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// The items of a list, with everything lazy in them computed.
fn items(value: &Value, filter: &str) -> Result<Vec<Value>, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if value.is_none() || value.as_str().is_some() || value.is_number() {
        return Err(wrong(format!(
            "`{filter}` needs a list, not {}",
            value.kind()
        )));
    }
    value
        .try_iter()?
        .checked()
        .map(|item| settle(&item?))
        .collect()
}
