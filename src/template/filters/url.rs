//! Filters over addresses of the web.

use super::super::registry::Registry;
use super::text::text;
use super::wrong;
use minijinja::value::ValueKind;
use minijinja::{Error, Value};
use std::fmt::Write;

pub(super) fn register(to: &mut Registry) {
    to.filter("urlencode", urlencode);
    to.filter("urlsplit", urlsplit);
    to.filter("urldecode", |value: &Value| -> Result<String, Error> {
        Ok(decoded(&text(value)?))
    });
}

/// The signs that a text of an address stands for; what is no sign stays.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high << 4 | low).unwrap_or(0));
                rest = &after[2..];
                continue;
            }
            (b'+', ..) => out.push(b' '),
            (other, ..) => out.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The scheme of an address, and whether it names a server.
pub(crate) fn scheme(url: &str) -> (String, bool) {
    let begun = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let (scheme, rest) = match url.split_once(':') {
        Some((scheme, rest)) if begun(scheme) => (scheme.to_lowercase(), rest),
        _ => (String::new(), url),
    };
    let server = rest
        .strip_prefix("//")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    (scheme, server)
}

fn quoted(text: &str, kept: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "_.-~".contains(c) || kept.contains(c) {
            out.push(c);
        } else {
            // Writing into a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn pair(key: &Value, value: &Value) -> Result<String, Error> {
    let part = |value: &Value| -> Result<String, Error> {
        Ok(quoted(&text(value)?, " ").replace(' ', "+"))
    };
    Ok(format!("{}={}", part(key)?, part(value)?))
}

fn urlencode(value: &Value) -> Result<String, Error> {
    let pairs: Vec<String> = match value.kind() {
        ValueKind::Map => value
            .try_iter()?
            .map(|key| pair(&key, &value.get_item(&key)?))
            .collect::<Result<_, _>>()?,
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()?
            .map(|item| pair(&item.get_item_by_index(0)?, &item.get_item_by_index(1)?))
            .collect::<Result<_, _>>()?,
        _ => return Ok(quoted(&text(value)?, "/")),
    };
    Ok(pairs.join("&"))
}

fn urlsplit(value: &Value, part: Option<&str>) -> Result<Value, Error> {
    let url = text(value)?;
    let (rest, fragment) = url.split_once('#').unwrap_or((&url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest))
            if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !scheme.contains('/') =>
        {
            (scheme, rest)
        }
        _ => ("", rest),
    };
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (login, host) = netloc
        .rsplit_once('@')
        .map_or((None, netloc), |(login, host)| (Some(login), host));
    let (username, password) = match login.map(|login| {
        login
            .split_once(':')
            .map_or((login, None), |(u, p)| (u, Some(p)))
    }) {
        Some((username, password)) => (Some(username), password),
        None => (None, None),
    };
    let (host, port) = match (host.strip_prefix('['), host.rsplit_once(':')) {
        (Some(inner), _) => {
            let (host, rest) = inner.split_once(']').unwrap_or((inner, ""));
            (host, rest.strip_prefix(':'))
        }
        (None, Some((host, port))) => (host, Some(port)),
        (None, None) => (host, None),
    };
    let optional = |part: Option<&str>| part.map_or_else(|| Value::from(()), Value::from);
    let port = match port.filter(|port| !port.is_empty()) {
        Some(port) => Value::from(
            port.parse::<u16>()
                .map_err(|_| wrong(format!("`{port}` is no port")))?,
        ),
        None => Value::from(()),
    };
    let hostname = if host.is_empty() {
        None
    } else {
        Some(host.to_lowercase())
    };
    let all = Value::from_pairs([
        ("fragment", Value::from(fragment)),
        ("hostname", optional(hostname.as_deref())),
        ("netloc", Value::from(netloc)),
        ("password", optional(password)),
        ("path", Value::from(path)),
        ("port", port),
        ("query", Value::from(query)),
        ("scheme", Value::from(scheme.to_lowercase())),
        ("username", optional(username)),
    ]);
    match part {
        None => Ok(all),
        Some(part) => match all.get_attr(part)? {
            value if value.is_undefined() => {
                Err(wrong(format!("`{part}` is no part of an address")))
            }
            value => Ok(value),
        },
    }
}
