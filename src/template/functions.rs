//! The functions that templates can call besides the engine's own.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the engine gives functions their arguments by value"
)]

use super::lookups;
use super::registry::Registry;
use super::trace;
use jiff::Zoned;
use jiff::tz::TimeZone;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.function("now", now);
    to.function("dict", dict);
    lookups::register(to);
}

/// `now(utc=False, fmt=None)`: the time, as text.
fn now(options: Kwargs) -> Result<Value, Error> {
    let utc: Option<bool> = options.get("utc")?;
    let format: Option<String> = options.get("fmt")?;
    options.assert_all_used()?;
    trace::note_volatile();
    let now = if utc.unwrap_or(false) {
        Zoned::now().with_time_zone(TimeZone::UTC)
    } else {
        Zoned::now()
    };
    let format = format.unwrap_or_else(|| "%Y-%m-%d %H:%M:%S.%6f".to_owned());
    Ok(Value::from(now.strftime(&format).to_string()))
}

/// `dict(a=1)`, `dict([['a', 1]])`, `dict(mapping)`
fn dict(from: Option<Value>, more: Kwargs) -> Result<Value, Error> {
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    if let Some(from) = from {
        for entry in from.try_iter()?.checked() {
            let entry = entry?;
            pairs.push(match from.kind() {
                ValueKind::Map => (entry.clone(), from.get_item(&entry)?),
                _ => (entry.get_item_by_index(0)?, entry.get_item_by_index(1)?),
            });
        }
    }
    for name in more.args() {
        pairs.push((Value::from(name), more.peek(name)?));
    }
    Ok(Value::from_pairs(pairs))
}
