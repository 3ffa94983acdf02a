//! Spans of time in other units, and addresses of cards at random.

use super::super::registry::{GENERAL, Registry};
use super::super::trace;
use super::given::Given;
use super::text::text;
use super::wrong;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};
use sha2::{Digest, Sha256};

/// A unit's short name, its long one, and how many milliseconds it has.
const UNITS: &[(&str, &str, f64)] = &[
    ("ms", "millisecond", 1.0),
    ("s", "second", 1e3),
    ("m", "minute", 6e4),
    ("h", "hour", 36e5),
    ("d", "day", 864e5),
    ("w", "week", 6048e5),
    ("mo", "month", 2592e6),
    ("y", "year", 31536e6),
];

pub(super) fn register(to: &mut Registry) {
    to.filter_of(
        GENERAL,
        "to_time_unit",
        |value: &Value, rest: Rest<Value>, names: Kwargs| {
            let mut given = Given::new(rest, names);
            let unit = given.text("unit")?.unwrap_or_else(|| "ms".to_owned());
            span(value, &unit, given)
        },
    );
    let filters = [
        ("to_milliseconds", "ms"),
        ("to_seconds", "s"),
        ("to_minutes", "m"),
        ("to_hours", "h"),
        ("to_days", "d"),
        ("to_weeks", "w"),
        ("to_months", "mo"),
        ("to_years", "y"),
    ];
    for (name, unit) in filters {
        to.filter_of(GENERAL, name, move |value: &Value, names: Kwargs| {
            span(value, unit, Given::new(Rest(Vec::new()), names))
        });
    }
    to.filter_of(GENERAL, "random_mac", random_mac);
}

/// `1h 30m` in a unit; `month` and `year` say how many days those have.
#[allow(clippy::cast_precision_loss, reason = "no month has so many days")]
fn span(value: &Value, unit: &str, mut given: Given) -> Result<f64, Error> {
    let (month, year) = (given.int("month")?, given.int("year")?);
    given.end()?;
    let size = |name: &str| -> Result<f64, Error> {
        let short = name.trim_end_matches('s');
        let fits = |(brief, long, _): &&(&str, &str, f64)| *brief == name || *long == short;
        let found = UNITS.iter().find(fits);
        let (brief, _, size) =
            found.ok_or_else(|| wrong(format!("`{name}` is no unit of time")))?;
        Ok(match (*brief, month, year) {
            ("mo", Some(days), _) | ("y", _, Some(days)) => days as f64 * 864e5,
            _ => *size,
        })
    };
    let words = text(value)?;
    if words == "0" {
        return Ok(0.0);
    }
    let mut sum = 0.0;
    for word in words.split_whitespace() {
        let digits = word.find(|c: char| !c.is_ascii_digit() && c != '-');
        let (number, name) = word.split_at(digits.unwrap_or(word.len()));
        let number = number.parse::<f64>();
        let number = number.map_err(|_| wrong(format!("`{words}` is no span such as `1h 30m`")))?;
        sum += number * size(name)?;
    }
    let result = sum / size(unit)?;
    Ok((result * 1e12).round() / 1e12)
}

fn random_mac(prefix: &str, rest: Rest<Value>, names: Kwargs) -> Result<String, Error> {
    let mut given = Given::new(rest, names);
    let seed = given.text("seed")?;
    given.end()?;
    let prefix = prefix.to_lowercase();
    let parts: Vec<&str> = prefix.split(':').collect();
    let is_byte = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    if parts.len() > 5 || !parts.iter().all(is_byte) {
        return Err(wrong(format!(
            "`random_mac` needs one to five bytes such as `52:54:00`, not `{prefix}`"
        )));
    }
    let mut bytes = [0; 5];
    match seed {
        Some(seed) => bytes.copy_from_slice(&Sha256::digest(seed)[..5]),
        None => {
            trace::note_volatile();
            getrandom::fill(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        }
    }
    let more = bytes[..6 - parts.len()]
        .iter()
        .map(|byte| format!(":{byte:02x}"));
    Ok(prefix.clone() + &more.collect::<String>())
}
