//! Filters over numbers.

use super::super::registry::Registry;
use super::text::text;
use super::wrong;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("int", int);
    to.filter(
        "float",
        |value: &Value, default: Option<f64>| -> Result<f64, Error> {
            if value.is_undefined() {
                return Err(Error::from(ErrorKind::UndefinedError));
            }
            Ok(number(value).unwrap_or(default.unwrap_or(0.0)))
        },
    );
    to.filter("abs", |value: Value| minijinja::filters::abs(value));
    to.filter("round", round);
    to.filter(
        "log",
        |value: &Value, base: Option<f64>| -> Result<f64, Error> {
            let (value, base) = (needed(value, "log")?, base.unwrap_or(std::f64::consts::E));
            let log = match base {
                2.0 => value.log2(),
                10.0 => value.log10(),
                base => value.ln() / base.ln(),
            };
            if log.is_finite() {
                Ok(log)
            } else {
                Err(wrong(format!(
                    "{value} has no logarithm to the base {base}"
                )))
            }
        },
    );
    to.filter("pow", |value: &Value, by: f64| -> Result<f64, Error> {
        Ok(needed(value, "pow")?.powf(by))
    });
    to.filter(
        "root",
        |value: &Value, by: Option<f64>| -> Result<f64, Error> {
            let (value, by) = (needed(value, "root")?, by.unwrap_or(2.0));
            Ok(match by {
                2.0 => value.sqrt(),
                by => value.powf(1.0 / by),
            })
        },
    );
    to.filter("human_readable", human_readable);
    to.filter("human_to_bytes", human_to_bytes);
}

fn number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::String => value.as_str()?.trim().parse().ok(),
        _ => None,
    }
}

fn needed(value: &Value, filter: &str) -> Result<f64, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    number(value)
        .filter(|_| value.as_str().is_none())
        .ok_or_else(|| wrong(format!("`{filter}` needs a number")))
}

fn int(
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    options: Kwargs,
) -> Result<Value, Error> {
    let default = match default {
        Some(default) => default,
        None => options
            .get::<Option<Value>>("default")?
            .unwrap_or_else(|| Value::from(0)),
    };
    let base = base
        .map_or_else(
            || options.get::<Option<u32>>("base"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(10);
    options.assert_all_used()?;
    if !(2..=36).contains(&base) {
        return Err(wrong("the base of a number is from 2 to 36"));
    }
    let whole = match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Number if value.is_integer() => return Ok(value.clone()),
        ValueKind::String => integer(value.as_str().unwrap_or_default(), base).map(Value::from),
        _ => None,
    };
    Ok(whole
        .or_else(|| truncated(number(value)?))
        .unwrap_or(default))
}

fn integer(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_lowercase();
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let digits = lower
        .strip_prefix(prefix)
        .unwrap_or(&lower)
        .replace('_', "");
    i128::from_str_radix(&digits, base)
        .ok()
        .map(|value| value * sign)
}

fn truncated(value: f64) -> Option<Value> {
    let text = format!("{:.0}", value.trunc());
    text.parse::<i128>()
        .ok()
        .map(|whole| i64::try_from(whole).map_or_else(|_| Value::from(whole), Value::from))
}

/// No float has more decimal digits.
const DIGITS: usize = 1_100;

/// As Python rounds: halves to the even neighbour.
fn round(
    value: &Value,
    precision: Option<i32>,
    method: Option<&str>,
    options: Kwargs,
) -> Result<f64, Error> {
    let method = method.map_or_else(
        || options.get::<Option<&str>>("method"),
        |given| Ok(Some(given)),
    )?;
    let precision = precision.map_or_else(
        || options.get::<Option<i32>>("precision"),
        |given| Ok(Some(given)),
    )?;
    options.assert_all_used()?;
    let (value, precision) = (needed(value, "round")?, precision.unwrap_or(0));
    let factor = 10_f64.powi(precision);
    match method.unwrap_or("common") {
        "ceil" => Ok((value * factor).ceil() / factor),
        "floor" => Ok((value * factor).floor() / factor),
        "common" => match usize::try_from(precision) {
            // The decimal digits of a float are exact, so a half is a true half here.
            Ok(digits) => format!("{value:.0$}", digits.min(DIGITS))
                .parse()
                .map_err(|_| wrong("this can't be rounded")),
            Err(_) => Ok((value * factor).round_ties_even() / factor),
        },
        other => Err(wrong(format!(
            "`round` knows common, ceil and floor, not `{other}`"
        ))),
    }
}

const UNITS: [(char, i32); 9] = [
    ('Y', 8),
    ('Z', 7),
    ('E', 6),
    ('P', 5),
    ('T', 4),
    ('G', 3),
    ('M', 2),
    ('K', 1),
    ('B', 0),
];

fn human_readable(
    size: &Value,
    isbits: Option<bool>,
    unit: Option<String>,
    options: Kwargs,
) -> Result<String, Error> {
    let isbits = isbits
        .map_or_else(
            || options.get::<Option<bool>>("isbits"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(false);
    let unit = unit.map_or_else(
        || options.get::<Option<String>>("unit"),
        |given| Ok(Some(given)),
    )?;
    options.assert_all_used()?;
    let size = needed(size, "human_readable")?;
    let wanted = unit
        .as_ref()
        .and_then(|unit| unit.chars().next())
        .map(|c| c.to_ascii_uppercase());
    let fits = |(name, power): &(char, i32)| match wanted {
        Some(wanted) => *name == wanted,
        None => size >= 1024_f64.powi(*power),
    };
    let (name, power) = UNITS.into_iter().find(fits).unwrap_or(('B', 0));
    let base = if isbits { "bits" } else { "Bytes" };
    let suffix = if power == 0 {
        base.to_owned()
    } else {
        format!("{name}{}", &base[..1])
    };
    Ok(format!("{:.2} {suffix}", size / 1024_f64.powi(power)))
}

fn human_to_bytes(
    size: &Value,
    default_unit: Option<String>,
    isbits: Option<bool>,
    options: Kwargs,
) -> Result<Value, Error> {
    let default_unit = default_unit.map_or_else(
        || options.get::<Option<String>>("default_unit"),
        |given| Ok(Some(given)),
    )?;
    let isbits = isbits
        .map_or_else(
            || options.get::<Option<bool>>("isbits"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(false);
    options.assert_all_used()?;
    let size = text(size)?;
    let bad = || {
        wrong(format!(
            "`{size}` is no size: write it as `512M` or `1.5 GB`"
        ))
    };
    let digits = size
        .trim()
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(size.trim().len());
    let (number, unit) = size.trim().split_at(digits);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let unit = unit.trim();
    let unit = if unit.is_empty() {
        default_unit.as_deref().unwrap_or("B")
    } else {
        unit
    };
    let first = unit.chars().next().map(|c| c.to_ascii_uppercase());
    let (_, power) = UNITS
        .into_iter()
        .find(|(name, _)| Some(*name) == first)
        .ok_or_else(bad)?;
    let last = unit.get(1..).unwrap_or_default();
    let whole = if isbits { "b" } else { "B" };
    if !(last.is_empty()
        || last == whole
        || last.eq_ignore_ascii_case("bytes")
        || last.eq_ignore_ascii_case("yte")
        || last.eq_ignore_ascii_case("ytes"))
    {
        return Err(bad());
    }
    truncated((number * 1024_f64.powi(power)).round()).ok_or_else(bad)
}
