//! The methods of Python's strings, mappings and lists that playbooks call.

use super::filters::refuse_wide;
use minijinja::value::from_args;
use minijinja::{Error, ErrorKind, State, Value};

/// Calls `name` on `value`.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) if name == "format" => refuse_wide(text, args)?,
        Some(text) => match text_method(text, name, args) {
            Err(error) if error.kind() == ErrorKind::UnknownMethod => {}
            done => return done,
        },
        None if matches!(
            name,
            "append" | "extend" | "insert" | "pop" | "update" | "remove"
        ) =>
        {
            let what = format!(
                "`{name}` would change a value in place; make a new one with `+` or `| combine(...)`"
            );
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
        None => {}
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}

fn text_method(text: &str, name: &str, args: &[Value]) -> Result<Value, Error> {
    let size = text.chars().count();
    let filled = |args: &[Value]| -> Result<String, Error> {
        let (width, fill): (usize, Option<char>) = from_args(args)?;
        Ok(
            std::iter::repeat_n(fill.unwrap_or(' '), width.min(1 << 20).saturating_sub(size))
                .collect(),
        )
    };
    Ok(match name {
        "ljust" => Value::from(format!("{text}{}", filled(args)?)),
        "rjust" => Value::from(format!("{}{text}", filled(args)?)),
        "zfill" => {
            let (width,): (usize,) = from_args(args)?;
            let zeros = "0".repeat(width.min(1 << 20).saturating_sub(size));
            match text.strip_prefix(['-', '+']) {
                Some(digits) => Value::from(format!("{}{zeros}{digits}", &text[..1])),
                None => Value::from(format!("{zeros}{text}")),
            }
        }
        "rsplit" => {
            let (between, times): (Option<&str>, Option<usize>) = from_args(args)?;
            let Some(between) = between.filter(|between| !between.is_empty()) else {
                return Ok(text.split_whitespace().collect());
            };
            let mut parts: Vec<&str> = match times {
                Some(times) => text.rsplitn(times + 1, between).collect(),
                None => text.rsplit(between).collect(),
            };
            parts.reverse();
            parts.into_iter().collect()
        }
        "index" => {
            let (part,): (&str,) = from_args(args)?;
            let at = text.find(part).ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidOperation,
                    "the text does not hold what `index` looks for",
                )
            })?;
            Value::from(text[..at].chars().count())
        }
        "partition" | "rpartition" => {
            let (between,): (&str,) = from_args(args)?;
            let found = if name == "partition" {
                text.split_once(between)
            } else {
                text.rsplit_once(between)
            };
            let parts = match (found, name) {
                (Some((before, after)), _) => [before, between, after],
                (None, "partition") => [text, "", ""],
                (None, _) => ["", "", text],
            };
            parts.into_iter().collect()
        }
        "casefold" => Value::from(text.to_lowercase()),
        "swapcase" => {
            let swap = |c: char| -> String {
                if c.is_uppercase() {
                    c.to_lowercase().collect()
                } else {
                    c.to_uppercase().collect()
                }
            };
            Value::from(text.chars().map(swap).collect::<String>())
        }
        "removeprefix" => {
            let (part,): (&str,) = from_args(args)?;
            Value::from(text.strip_prefix(part).unwrap_or(text))
        }
        "removesuffix" => {
            let (part,): (&str,) = from_args(args)?;
            Value::from(text.strip_suffix(part).unwrap_or(text))
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}
