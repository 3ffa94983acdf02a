//! How a scalar is written: plain where it reads back as itself, else in quotes.

use super::super::super::print;
use minijinja::Value;
use minijinja::value::ValueKind;
use regex::Regex;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
}

/// The characters of a scalar.
pub(super) fn spelled(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "null".to_owned(),
        ValueKind::Bool => if value.is_true() { "true" } else { "false" }.to_owned(),
        ValueKind::Number => match print::repr(value).as_str() {
            "nan" => ".nan".to_owned(),
            "inf" => ".inf".to_owned(),
            "-inf" => "-.inf".to_owned(),
            number if number.contains('e') && !number.contains('.') => number.replace('e', ".0e"),
            number => number.to_owned(),
        },
        _ => print::text(value),
    }
}

/// The style of a scalar, in a flow collection or not.
pub(super) fn style(value: &Value, flow: bool) -> Style {
    let Some(text) = value.as_str() else {
        return Style::Plain;
    };
    let special = |c: char| {
        !(c == '\n'
            || c == '\u{85}'
            || (' '..='~').contains(&c)
            || (c >= '\u{a0}' && c != '\u{feff}'))
    };
    if text.chars().any(special) || text.contains(" \n") || text.contains("\n ") {
        return Style::Double;
    }
    let outer_blank = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
    let plain = !text.is_empty()
        && !outer_blank
        && !text.contains('\n')
        && !resolves(text)
        && !indicates(text, flow);
    if plain { Style::Plain } else { Style::Single }
}

/// Whether a text would read back as something else than a text.
fn resolves(text: &str) -> bool {
    static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:",
            r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
            r"|~|null|Null|NULL|<<|=",
            r"|[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
            r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
            r"|[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+",
            r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
            r"|[0-9]{4}-[0-9]{2}-[0-9]{2}",
            r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?",
            r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?",
            r")$"
        ))
        .ok()
    });
    OTHER.as_ref().is_some_and(|other| other.is_match(text))
}

/// Whether a text has a character at a place where YAML takes it for a mark.
fn indicates(text: &str, flow: bool) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let chars: Vec<char> = text.chars().collect();
    chars.iter().enumerate().any(|(at, c)| {
        let blank_after = chars
            .get(at + 1)
            .is_none_or(|next| matches!(next, ' ' | '\n'));
        let blank_before = at > 0 && matches!(chars[at - 1], ' ' | '\n');
        match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`'
                if at == 0 =>
            {
                true
            }
            '?' if at == 0 => flow || blank_after,
            '-' if at == 0 => blank_after,
            ':' => flow || blank_after,
            ',' | '?' | '[' | ']' | '{' | '}' => flow,
            '#' => blank_before,
            _ => false,
        }
    })
}
