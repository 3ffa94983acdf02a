//! Texts for the web and for people.

use super::super::convert::settle;
use super::super::registry::Registry;
use super::given::Given;
use super::text::text;
use super::wrong;
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("filesizeformat", size);
    to.filter("striptags", |value: &Value| -> Result<String, Error> {
        Ok(without_tags(&text(value)?))
    });
    to.filter("wordwrap", wrap);
    to.filter("xmlattr", attributes);
}

#[allow(
    clippy::cast_precision_loss,
    reason = "one digit behind the point is shown"
)]
fn size(value: &Value, binary: Option<bool>) -> Result<String, Error> {
    const UNITS: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let number = text(value)?.trim().parse::<f64>();
    let bytes = number.map_err(|_| wrong(format!("`{value}` is no number of bytes")))?;
    let binary = binary.unwrap_or(false);
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if (bytes - 1.0).abs() < f64::EPSILON {
        return Ok("1 Byte".to_owned());
    }
    if bytes < base {
        return Ok(format!("{} Bytes", bytes.trunc()));
    }
    let mut unit = base;
    for (at, name) in UNITS.iter().enumerate() {
        if bytes < unit * base || at + 1 == UNITS.len() {
            let name = if binary {
                format!("{}i", name.to_uppercase())
            } else {
                (*name).to_owned()
            };
            return Ok(format!("{:.1} {name}B", bytes / unit));
        }
        unit *= base;
    }
    Ok(format!("{bytes}"))
}

/// What stands outside of tags and comments, with one blank between words.
fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("<!--") {
            "-->"
        } else {
            ">"
        };
        rest = match rest[at..].find(end) {
            Some(to) => &rest[at + to + end.len()..],
            None => "",
        };
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    let signs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    signs.iter().fold(words.join(" "), |text, (sign, plain)| {
        text.replace(sign, plain)
    })
}

/// Lines of at most so many letters, cut between words.
fn wrap(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<String, Error> {
    let mut given = Given::new(rest, names);
    let width = given.int("width")?.unwrap_or(79);
    let long = given
        .value("break_long_words")?
        .is_none_or(|value| value.is_true());
    let between = given.text("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    given.end()?;
    let width = usize::try_from(width).ok().filter(|width| *width > 0);
    let width = width.ok_or_else(|| wrong("`wordwrap` needs a width above 0"))?;
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text(value)?.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let mut word = word.to_owned();
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            while long && line.is_empty() && word.chars().count() > width {
                let rest = word.chars().skip(width).collect();
                lines.push(word.chars().take(width).collect());
                word = rest;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    Ok(lines.join(&between))
}

fn attributes(value: &Value, blank: Option<bool>) -> Result<String, Error> {
    let value = settle(value)?;
    if value.kind() != ValueKind::Map {
        return Err(wrong("`xmlattr` needs a mapping"));
    }
    let mut parts = Vec::new();
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        let name = key.to_string();
        if name.contains(|c: char| c.is_whitespace() || "/>=".contains(c)) {
            return Err(wrong(format!("`{name}` is no name of an attribute")));
        }
        if !item.is_none() {
            let signs = [
                ('&', "&amp;"),
                ('<', "&lt;"),
                ('>', "&gt;"),
                ('"', "&#34;"),
                ('\'', "&#39;"),
            ];
            let item = signs.iter().fold(text(&item)?, |text, (sign, spelled)| {
                text.replace(*sign, spelled)
            });
            parts.push(format!("{name}=\"{item}\""));
        }
    }
    let all = parts.join(" ");
    Ok(if blank.unwrap_or(true) && !all.is_empty() {
        format!(" {all}")
    } else {
        all
    })
}
