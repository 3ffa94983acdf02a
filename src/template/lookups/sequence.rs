//! The lookup `sequence`: numbers, as text.

use super::super::filters::formatted;
use super::{Call, wrong};
use minijinja::{Error, Value};
use regex::Regex;
use std::sync::LazyLock;

struct Sequence {
    start: i64,
    end: Option<i64>,
    count: Option<i64>,
    stride: i64,
    format: String,
}

/// More are a mistake, not a loop.
const MOST: i64 = 1_000_000;

/// `start=1 end=5 stride=2 format=host%02d`, or `1-5/2:host%02d`.
pub(super) fn sequence(call: &Call) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    let mut terms: Vec<String> = call.terms.iter().map(ToString::to_string).collect();
    if terms.is_empty() {
        terms.push(String::new());
    }
    for term in terms {
        let mut sequence = Sequence {
            start: 1,
            end: None,
            count: None,
            stride: 1,
            format: "%d".to_owned(),
        };
        for name in ["start", "end", "count", "stride", "format"] {
            if let Some(value) = call.options.get::<Option<Value>>(name)? {
                sequence.set(name, &value.to_string())?;
            }
        }
        sequence.read(term.trim())?;
        out.extend(sequence.numbers()?);
    }
    Ok(out)
}

fn number(text: &str) -> Result<i64, Error> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| wrong(format!("`{text}` is no whole number")))
}

impl Sequence {
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "start" => self.start = number(value)?,
            "end" => self.end = Some(number(value)?),
            "count" => self.count = Some(number(value)?),
            "stride" => self.stride = number(value)?,
            "format" => value.clone_into(&mut self.format),
            other => {
                return Err(wrong(format!(
                    "`sequence` takes start, end, count, stride and format, not `{other}`"
                )));
            }
        }
        Ok(())
    }

    fn read(&mut self, term: &str) -> Result<(), Error> {
        static SHORT: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"^(?:(\w+)-)?(\w+)(?:/(\w+))?(?::(.+))?$").ok());
        if let Some(short) = SHORT.as_ref().and_then(|short| short.captures(term)) {
            for (at, name) in [(1, "start"), (2, "end"), (3, "stride"), (4, "format")] {
                if let Some(part) = short.get(at) {
                    self.set(name, part.as_str())?;
                }
            }
            return Ok(());
        }
        let words = shlex::split(term)
            .ok_or_else(|| wrong(format!("`{term}` has a quote that does not end")))?;
        for word in words {
            let Some((name, value)) = word.split_once('=') else {
                return Err(wrong(format!("`{word}` is not `name=value`")));
            };
            self.set(name, value)?;
        }
        Ok(())
    }

    fn numbers(&self) -> Result<Vec<Value>, Error> {
        let end = match (self.end, self.count) {
            (None, None) => return Err(wrong("`sequence` needs `end` or `count`")),
            (Some(_), Some(_)) => return Err(wrong("`sequence` takes `end` or `count`, not both")),
            (None, Some(0)) => return Ok(Vec::new()),
            (None, Some(count)) => self
                .start
                .saturating_add(count.saturating_mul(self.stride))
                .saturating_sub(1),
            (Some(end), None) => end,
        };
        if self.stride == 0 {
            return Ok(Vec::new());
        }
        if (self.stride > 0) != (end >= self.start) && end != self.start {
            return Err(wrong(
                "`sequence` counts away from its end; change the sign of `stride`",
            ));
        }
        if end.saturating_sub(self.start).saturating_abs() / self.stride.saturating_abs() > MOST {
            return Err(wrong(format!(
                "`sequence` would have more than {MOST} numbers"
            )));
        }
        let mut out = Vec::new();
        let mut at = self.start;
        while (self.stride > 0 && at <= end) || (self.stride < 0 && at >= end) {
            out.push(Value::from(formatted(&self.format, &[Value::from(at)])?));
            at = at.saturating_add(self.stride);
        }
        Ok(out)
    }
}
