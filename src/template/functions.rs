//! The functions that templates can call besides the engine's own.

use super::lookups;
use super::registry::Registry;
use super::trace;
use jiff::Zoned;
use jiff::tz::TimeZone;
use minijinja::value::Kwargs;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.function("now", now);
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
