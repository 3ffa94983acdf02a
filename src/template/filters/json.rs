//! JSON, as Python writes it.

use super::super::convert::settle;
use super::super::print;
use super::super::registry::Registry;
use super::text::text;
use super::wrong;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, Value};
use std::fmt::Write;

pub(super) fn register(to: &mut Registry) {
    to.filter("to_json", |value: &Value, options: Kwargs| {
        let style = Style::new(&options, None, false)?;
        dump(value, &style)
    });
    to.filter(
        "to_nice_json",
        |value: &Value, indent: Option<usize>, options: Kwargs| {
            let style = Style::new(&options, Some(indent.unwrap_or(4)), true)?;
            dump(value, &style)
        },
    );
    to.filter(
        "tojson",
        |value: &Value, indent: Option<usize>, options: Kwargs| -> Result<String, Error> {
            let mut style = Style::new(&options, indent, true)?;
            style.sort_keys = true;
            let json = dump(value, &style)?;
            Ok(json
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026")
                .replace('\'', "\\u0027"))
        },
    );
    to.filter("from_json", |value: &Value| -> Result<Value, Error> {
        let json: serde_json::Value = serde_json::from_str(&text(value)?)
            .map_err(|error| wrong(format!("this is no JSON: {error}")))?;
        Ok(Value::from(minijinja::value::Serde(&json)))
    });
}

struct Style {
    indent: Option<usize>,
    sort_keys: bool,
    ascii: bool,
}

impl Style {
    fn new(options: &Kwargs, indent: Option<usize>, sort_keys: bool) -> Result<Self, Error> {
        let style = Self {
            indent: options
                .get::<Option<usize>>("indent")?
                .or(indent)
                .map(|indent| indent.min(64)),
            sort_keys: options
                .get::<Option<bool>>("sort_keys")?
                .unwrap_or(sort_keys),
            ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(true),
        };
        options.assert_all_used()?;
        Ok(style)
    }

    fn newline(&self, out: &mut String, depth: usize) {
        if let Some(indent) = self.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    }
}

fn dump(value: &Value, style: &Style) -> Result<String, Error> {
    let mut out = String::new();
    write(&mut out, &settle(value)?, style, 0)?;
    Ok(out)
}

fn write(out: &mut String, value: &Value, style: &Style, depth: usize) -> Result<(), Error> {
    let comma = if style.indent.is_some() { "," } else { ", " };
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&match print::repr(value).as_str() {
            "nan" => "NaN".to_owned(),
            "inf" => "Infinity".to_owned(),
            "-inf" => "-Infinity".to_owned(),
            number => number.to_owned(),
        }),
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            let mut empty = true;
            for item in value.try_iter()?.checked() {
                out.push_str(if empty { "" } else { comma });
                empty = false;
                style.newline(out, depth + 1);
                write(out, &item?, style, depth + 1)?;
            }
            if !empty {
                style.newline(out, depth);
            }
            out.push(']');
        }
        ValueKind::Map => {
            let mut keys: Vec<Value> = value.try_iter()?.checked().collect::<Result<_, _>>()?;
            if style.sort_keys {
                keys.sort();
            }
            out.push('{');
            for (at, key) in keys.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { comma });
                style.newline(out, depth + 1);
                string(out, &print::text(key), style.ascii);
                out.push_str(": ");
                write(out, &value.get_item(key)?, style, depth + 1)?;
            }
            if !keys.is_empty() {
                style.newline(out, depth);
            }
            out.push('}');
        }
        _ => string(out, &print::text(value), style.ascii),
    }
    Ok(())
}

pub(super) fn string(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing into a string does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
