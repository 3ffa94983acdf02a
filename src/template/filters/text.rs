//! Filters over texts.

use super::super::convert::settle;
use super::super::print;
use super::super::registry::Registry;
use super::wrong;
use minijinja::formatting::{self, FormatStyle};
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};
use regex::Regex;
use std::sync::LazyLock;

pub(super) fn register(to: &mut Registry) {
    to.filter("lower", |value: &Value| -> Result<String, Error> {
        Ok(text(value)?.to_lowercase())
    });
    to.filter("upper", |value: &Value| -> Result<String, Error> {
        Ok(text(value)?.to_uppercase())
    });
    to.filter("title", |value: &Value| -> Result<String, Error> {
        Ok(title(&text(value)?))
    });
    to.filter("capitalize", |value: &Value| -> Result<String, Error> {
        Ok(capitalize(&text(value)?))
    });
    to.filter("split", split);
    to.filter("quote", |value: &Value| -> Result<String, Error> {
        if value.is_none() {
            return Ok("''".to_owned());
        }
        quote(&text(value)?)
    });
    to.filter("comment", comment);
    to.filter("wordcount", |value: &Value| -> Result<usize, Error> {
        Ok(text(value)?
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .count())
    });
    to.filter("center", center);
    to.filter("indent", indent);
    to.filter("truncate", truncate);
    to.filter("replace", replace);
    to.filter(PERCENT, percent);
    to.filter("format", |format: &str, values: Rest<Value>| {
        formatted(format, &values)
    });
}

/// The filter that the operator `%` after a text is compiled to.
pub(crate) const PERCENT: &str = "_percent";

fn percent(format: &str, value: &Value) -> Result<String, Error> {
    let values = if value.is_tuple() {
        value.try_iter()?.collect()
    } else {
        vec![value.clone()]
    };
    formatted(format, &values)
}

/// A text with values in it, as by `printf`, unless it asks for more blanks than memory has.
pub(crate) fn formatted(format: &str, values: &[Value]) -> Result<String, Error> {
    refuse_wide(format, values)?;
    formatting::format(FormatStyle::Printf, format, values)
}

/// Refuses a format with a width or precision that no text has, in itself or given with the values.
pub(crate) fn refuse_wide(format: &str, values: &[Value]) -> Result<(), Error> {
    static SPEC: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"%(?:\([^)]*\))?([-+ #0-9.]*)|\{[^{}]*:([^{}]*)").ok());
    let too_wide = |digits: &str| {
        let digits = digits.trim_start_matches('0');
        !digits.is_empty() && digits.parse::<usize>().map_or(true, |width| width > WIDEST)
    };
    let written = SPEC.iter().any(|spec| {
        spec.captures_iter(format).any(|found| {
            let spec = found
                .get(1)
                .or(found.get(2))
                .map_or("", |spec| spec.as_str());
            spec.split(|c: char| !c.is_ascii_digit()).any(too_wide)
        })
    });
    let given = (format.contains('*') || format.contains(":{"))
        && values
            .iter()
            .filter_map(Value::as_i64)
            .any(|width| width.unsigned_abs() > WIDEST as u64);
    if written || given {
        return Err(wrong(format!("a format is at most {WIDEST} wide")));
    }
    Ok(())
}

fn replace(value: &Value, from: &str, to: &str, count: Option<usize>) -> Result<String, Error> {
    let text = text(value)?;
    Ok(match count {
        Some(count) => text.replacen(from, to, count),
        None => text.replace(from, to),
    })
}

/// A value as text.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    Ok(print::text(&settle(value)?))
}

/// Wider than any text that a person reads; a mistake can't fill the memory.
const WIDEST: usize = 65_535;

/// The lines but the first moved in, by blanks or a text.
fn indent(
    value: &Value,
    width: Option<Value>,
    first: Option<bool>,
    blank: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let width = width.map_or_else(
        || options.get::<Option<Value>>("width"),
        |given| Ok(Some(given)),
    )?;
    let first = first
        .map_or_else(
            || options.get::<Option<bool>>("first"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(false);
    let blank = blank
        .map_or_else(
            || options.get::<Option<bool>>("blank"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(false);
    options.assert_all_used()?;
    let by = match width {
        None => "    ".to_owned(),
        Some(width) => match (width.as_str(), width.as_usize()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(width)) => " ".repeat(width.min(WIDEST)),
            (None, None) => return Err(wrong("`indent` needs a width or a text")),
        },
    };
    let text = text(value)?;
    let mut out = String::new();
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if (at > 0 || first) && (blank || !line.is_empty()) {
            out.push_str(&by);
        }
        out.push_str(line);
    }
    Ok(out)
}

fn center(value: &Value, width: Option<usize>) -> Result<String, Error> {
    let text = text(value)?;
    let room = width
        .unwrap_or(80)
        .min(WIDEST)
        .saturating_sub(text.chars().count());
    let left = room / 2;
    Ok(format!(
        "{}{text}{}",
        " ".repeat(left),
        " ".repeat(room - left)
    ))
}

/// Each word with a capital first letter, as Jinja's `title` cuts words.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut first = true;
    for c in text.chars() {
        if first {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        first = c.is_whitespace() || matches!(c, '-' | '(' | '{' | '[' | '<');
    }
    out
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    first + &chars.as_str().to_lowercase()
}

fn split(value: &Value, between: Option<&str>, times: Option<i64>) -> Result<Vec<String>, Error> {
    let text = text(value)?;
    let times = times.and_then(|times| usize::try_from(times).ok());
    match between {
        Some("") => Err(wrong("`split` needs something to split at")),
        Some(between) => Ok(match times {
            Some(times) => text.splitn(times + 1, between).map(str::to_owned).collect(),
            None => text.split(between).map(str::to_owned).collect(),
        }),
        None => {
            let mut rest = text.trim_start();
            let mut parts = Vec::new();
            while !rest.is_empty() {
                if times.is_some_and(|times| parts.len() == times) {
                    parts.push(rest.to_owned());
                    break;
                }
                let (part, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                parts.push(part.to_owned());
                rest = after.trim_start();
            }
            Ok(parts)
        }
    }
}

/// A text as one word of a shell, quoted only when it must be, as Python's `shlex.quote` does.
fn quote(text: &str) -> Result<String, Error> {
    if text.contains('\0') {
        return Err(wrong("a text with a zero byte can't be a word of a shell"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    Ok(if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\"'\"'"))
    })
}

fn comment(value: &Value, style: Option<&str>, options: Kwargs) -> Result<String, Error> {
    let text = text(value)?;
    let (beginning, mark, end) = match style.unwrap_or("plain") {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        other => {
            return Err(wrong(format!(
                "`comment` knows plain, erlang, c, cblock and xml, not `{other}`"
            )));
        }
    };
    let mark = options
        .get::<Option<&str>>("decoration")?
        .unwrap_or(mark)
        .to_owned();
    let newline = options
        .get::<Option<&str>>("newline")?
        .unwrap_or("\n")
        .to_owned();
    let prefix = options
        .get::<Option<&str>>("prefix")?
        .map_or_else(|| mark.trim_end().to_owned(), str::to_owned);
    let postfix = options
        .get::<Option<&str>>("postfix")?
        .map_or_else(|| mark.trim_end().to_owned(), str::to_owned);
    let beginning = options
        .get::<Option<&str>>("beginning")?
        .unwrap_or(beginning)
        .to_owned();
    let end = options
        .get::<Option<&str>>("end")?
        .unwrap_or(end)
        .to_owned();
    let count = |name: &str| -> Result<usize, Error> {
        Ok(options.get::<Option<usize>>(name)?.unwrap_or(1).min(WIDEST))
    };
    let (prefix_count, postfix_count) = (count("prefix_count")?, count("postfix_count")?);
    options.assert_all_used()?;
    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&beginning);
        out.push_str(&newline);
    }
    for _ in 0..prefix_count {
        out.push_str(&prefix);
        out.push_str(&newline);
    }
    for line in text.split(&newline as &str) {
        out.push_str(format!("{mark}{line}").trim_end());
        out.push_str(&newline);
    }
    let ending: Vec<&str> = std::iter::repeat_n(postfix.as_str(), postfix_count).collect();
    out.push_str(&ending.join(&newline));
    if !end.is_empty() {
        out.push_str(&newline);
        out.push_str(&end);
    }
    Ok(out)
}

fn truncate(
    value: &Value,
    length: Option<usize>,
    kill_words: Option<bool>,
    end: Option<String>,
    leeway: Option<usize>,
) -> Result<String, Error> {
    let text = text(value)?;
    let length = length.unwrap_or(255);
    let end = end.unwrap_or_else(|| "...".to_owned());
    let size = text.chars().count();
    if size <= length + leeway.unwrap_or(5) {
        return Ok(text);
    }
    let kept: String = text
        .chars()
        .take(length.saturating_sub(end.chars().count()))
        .collect();
    if kill_words.unwrap_or(false) {
        return Ok(kept + &end);
    }
    let kept = kept
        .rsplit_once(' ')
        .map_or(kept.as_str(), |(words, _)| words);
    Ok(format!("{kept}{end}"))
}
