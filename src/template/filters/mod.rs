//! Ansible's filters.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the engine gives filters their arguments by value"
)]

mod attribute;
mod defaults;
mod general;
mod given;
mod hash;
mod ip;
mod json;
pub(super) mod list;
mod mapping;
mod markup;
mod number;
mod password;
mod path;
mod query;
mod random;
pub(super) mod regex;
mod sealed;
mod sets;
pub(super) mod tables;
mod text;
mod time;
mod units;
mod url;
mod ways;
mod yaml;

pub(super) use ip::register_tests;
pub(super) use text::{PERCENT, formatted, refuse_wide};
pub(super) use url::scheme;

use super::convert::settle;
use super::registry::Registry;
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    attribute::register(to);
    defaults::register(to);
    general::register(to);
    hash::register(to);
    ip::register(to);
    json::register(to);
    list::register(to);
    mapping::register(to);
    markup::register(to);
    number::register(to);
    password::register(to);
    path::register(to);
    query::register(to);
    random::register(to);
    regex::register(to);
    sealed::register(to);
    sets::register(to);
    tables::register(to);
    text::register(to);
    time::register(to);
    units::register(to);
    url::register(to);
    ways::register(to);
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

/// What is known of filters that Ansible has and that are not here, and what to do instead.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "to_datetime",
        "there are no values that are times; take seconds, as `ansible_date_time.epoch` and `strftime` have them",
    ),
    (
        "win_basename",
        "paths of Windows are for hosts of Windows; use `regex_replace`",
    ),
    (
        "win_dirname",
        "paths of Windows are for hosts of Windows; use `regex_replace`",
    ),
    (
        "win_splitdrive",
        "paths of Windows are for hosts of Windows; use `regex_replace`",
    ),
    (
        "community.general.hashids_encode",
        "it needs a library of Python's; use `hash` or `to_uuid`",
    ),
    (
        "community.general.hashids_decode",
        "it needs a library of Python's; use `hash` or `to_uuid`",
    ),
    (
        "community.general.jc",
        "it needs a library of Python's; ask for JSON where a command can print it, and use `from_json`",
    ),
    (
        "community.general.unicode_normalize",
        "texts stay as they are written",
    ),
    (
        "ansible.utils.fact_diff",
        "it tells a difference; a plan does",
    ),
    (
        "ansible.utils.from_xml",
        "XML is not read; ask for JSON where a service can answer with it",
    ),
    ("ansible.utils.to_xml", "XML is not written; use a template"),
    (
        "ansible.utils.validate",
        "it needs a library of Python's; use `assert`",
    ),
];

/// Why a filter that Ansible has is not here.
pub(super) fn left_out(name: &str) -> Option<&'static str> {
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    LEFT_OUT
        .iter()
        .find(|(known, _)| *known == name || last(known).as_deref() == Some(name))
        .map(|(_, why)| *why)
}
