//! Filters with regular expressions. They are Rust's, which have neither look-around nor
//! references back; what Python writes otherwise is translated.

use super::super::registry::Registry;
use super::text::text;
use super::wrong;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};
use regex::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

pub(super) fn register(to: &mut Registry) {
    to.filter("regex_replace", replace);
    to.filter("regex_search", search);
    to.filter("regex_findall", findall);
    to.filter("regex_escape", escape);
}

/// A compiled pattern.
pub(crate) fn pattern(regex: &str, ignorecase: bool, multiline: bool) -> Result<Regex, Error> {
    type Known = Mutex<HashMap<(String, bool, bool), Regex>>;
    static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);
    let key = (regex.to_owned(), ignorecase, multiline);
    if let Some(known) = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
    {
        return Ok(known.clone());
    }
    let compiled = RegexBuilder::new(&regex.replace(r"\Z", r"\z"))
        .case_insensitive(ignorecase)
        .multi_line(multiline)
        .build()
        .map_err(|error| match error {
            regex::Error::Syntax(text) if text.contains("look-around") => wrong(format!(
                "the regular expression `{regex}` looks around, which is not supported here"
            )),
            regex::Error::Syntax(text) if text.contains("backreference") => wrong(format!(
                "the regular expression `{regex}` refers back, which is not supported here"
            )),
            error => wrong(format!("`{regex}` is no regular expression: {error}")),
        })?;
    KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, compiled.clone());
    Ok(compiled)
}

/// A replacement with Python's references (`\1`, `\g<name>`) as Rust's.
fn replacement(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => match chars.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    let mut number = String::from(digit);
                    number.extend(chars.next_if(char::is_ascii_digit));
                    out.push_str(&format!("${{{number}}}"));
                }
                Some('g') if chars.peek() == Some(&'<') => {
                    chars.next();
                    let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                    out.push_str(&format!("${{{name}}}"));
                }
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('\\') | None => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
            },
            other => out.push(other),
        }
    }
    out
}

fn flags(options: &Kwargs) -> Result<(bool, bool), Error> {
    Ok((
        options.get::<Option<bool>>("ignorecase")?.unwrap_or(false),
        options.get::<Option<bool>>("multiline")?.unwrap_or(false),
    ))
}

fn replace(
    value: &Value,
    regex: Option<&str>,
    with: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let regex = regex.map_or_else(
        || options.get::<Option<String>>("pattern"),
        |given| Ok(Some(given.to_owned())),
    )?;
    let with = with.map_or_else(
        || options.get::<Option<String>>("replacement"),
        |given| Ok(Some(given.to_owned())),
    )?;
    let (ignorecase, multiline) = flags(&options)?;
    let count = options.get::<Option<usize>>("count")?.unwrap_or(0);
    let needed = options
        .get::<Option<usize>>("mandatory_count")?
        .unwrap_or(0);
    options.assert_all_used()?;
    let pattern = pattern(&regex.unwrap_or_default(), ignorecase, multiline)?;
    let value = text(value)?;
    let found = pattern.find_iter(&value).count();
    if found < needed {
        return Err(wrong(format!(
            "`{pattern}` should match at least {needed} times, but it does {found} times"
        )));
    }
    Ok(pattern
        .replacen(&value, count, replacement(&with.unwrap_or_default()))
        .into_owned())
}

fn search(
    value: &Value,
    regex: &str,
    groups: Rest<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    let (ignorecase, multiline) = flags(&options)?;
    options.assert_all_used()?;
    let value = text(value)?;
    let Some(found) = pattern(regex, ignorecase, multiline)?.captures(&value) else {
        return Ok(Value::from(()));
    };
    if groups.is_empty() {
        return Ok(Value::from(&found[0]));
    }
    let mut out = Vec::new();
    for group in groups.iter() {
        let group = group.to_string();
        let part = match (
            group
                .strip_prefix(r"\g<")
                .and_then(|name| name.strip_suffix('>')),
            group.strip_prefix('\\'),
        ) {
            (Some(name), _) => name
                .parse()
                .map_or_else(|_| found.name(name), |number| found.get(number)),
            (None, Some(number)) => number.parse().ok().and_then(|number| found.get(number)),
            (None, None) => {
                return Err(wrong(format!(
                    r"`{group}` is no group: write `\\1` or `\\g<name>`"
                )));
            }
        };
        out.push(part.map_or_else(|| Value::from(()), |part| Value::from(part.as_str())));
    }
    Ok(Value::from(out))
}

fn findall(value: &Value, regex: &str, options: Kwargs) -> Result<Value, Error> {
    let (ignorecase, multiline) = flags(&options)?;
    options.assert_all_used()?;
    let value = text(value)?;
    let pattern = pattern(regex, ignorecase, multiline)?;
    let part =
        |found: Option<regex::Match<'_>>| Value::from(found.map_or("", |found| found.as_str()));
    Ok(pattern
        .captures_iter(&value)
        .map(|found| match pattern.captures_len() {
            1 => part(found.get(0)),
            2 => part(found.get(1)),
            groups => (1..groups).map(|group| part(found.get(group))).collect(),
        })
        .collect())
}

/// As Python's `re.escape`.
fn escape(value: &Value, kind: Option<&str>, options: Kwargs) -> Result<String, Error> {
    let kind = kind.map_or_else(
        || options.get::<Option<String>>("re_type"),
        |given| Ok(Some(given.to_owned())),
    )?;
    options.assert_all_used()?;
    let special = match kind.as_deref() {
        None | Some("python") => "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c",
        Some("posix_basic") => "[]$^*.\\",
        Some(other) => {
            return Err(wrong(format!(
                "`regex_escape` knows python and posix_basic, not `{other}`"
            )));
        }
    };
    let mut out = String::new();
    for c in text(value)?.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}
