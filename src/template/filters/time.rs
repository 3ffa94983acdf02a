//! Times as text.

use super::super::registry::Registry;
use super::super::trace;
use super::wrong;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::value::Kwargs;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("strftime", strftime);
}

/// `'%Y' | strftime(seconds, utc=true)`
fn strftime(
    format: &str,
    second: Option<Value>,
    utc: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let second = second.map_or_else(
        || options.get::<Option<Value>>("second"),
        |given| Ok(Some(given)),
    )?;
    let utc = utc
        .map_or_else(
            || options.get::<Option<bool>>("utc"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(false);
    options.assert_all_used()?;
    let time = match second.filter(|second| !second.is_none()) {
        None => {
            trace::note_volatile();
            Timestamp::now()
        }
        Some(second) => {
            let bad = || wrong(format!("`{second}` is no time in seconds"));
            let text = second.to_string();
            let whole = text
                .trim()
                .split('.')
                .next()
                .unwrap_or_default()
                .parse()
                .map_err(|_| bad())?;
            Timestamp::from_second(whole).map_err(|_| bad())?
        }
    };
    let zoned = time.to_zoned(if utc {
        TimeZone::UTC
    } else {
        TimeZone::system()
    });
    jiff::fmt::strtime::format(format, &zoned)
        .map_err(|error| wrong(format!("`{format}` is no format of a time: {error}")))
}
