//! The text of a user's query: its statements, and the values that are written into it.

use crate::facts::sql::literal;
use serde_json::{Map, Value};

/// The statements of `text`, without what follows the last `;`, safe to be read by `psql`: what
/// would be a variable or a command of psql itself stands in none of them.
pub fn statements(text: &str) -> Result<Vec<String>, String> {
    let mut statements = Vec::new();
    let mut current = String::new();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = opaque(rest)? {
            let (piece, after) = rest.split_at(length);
            // A comment says nothing to the server; a blank keeps the words beside it apart.
            current.push_str(if piece.starts_with("--") || piece.starts_with("/*") {
                " "
            } else {
                piece
            });
            rest = after;
            continue;
        }
        let mut taken = c.len_utf8();
        match c {
            ';' if depth == 0 => statements.push(std::mem::take(&mut current)),
            '\\' => return Err("a backslash outside of quotes is no SQL".to_owned()),
            ':' if rest.starts_with("::") => {
                current.push_str("::");
                taken = 2;
            }
            // psql would put the value of a variable of its own here.
            ':' => current.push_str(": "),
            _ => {
                depth = match c {
                    '(' => depth + 1,
                    ')' => depth.saturating_sub(1),
                    _ => depth,
                };
                current.push(c);
            }
        }
        rest = &rest[taken..];
    }
    statements.push(current);
    let statements: Vec<String> = statements
        .into_iter()
        .map(|statement| statement.trim().to_owned())
        .filter(|statement| !statement.is_empty())
        .collect();
    if statements.is_empty() {
        Err("the query is empty".to_owned())
    } else {
        Ok(statements)
    }
}

/// The length of the quoted text or comment with which `text` begins, if it begins with one.
fn opaque(text: &str) -> Result<Option<usize>, String> {
    let unclosed = |what: &str| format!("{what} is not closed");
    if text.starts_with("--") {
        return Ok(Some(text.find('\n').unwrap_or(text.len())));
    }
    if text.starts_with("/*") {
        return comment(text).map(Some).ok_or_else(|| unclosed("a comment"));
    }
    if text.starts_with(['e', 'E']) && text[1..].starts_with('\'') {
        return string(text, 2, true)
            .map(Some)
            .ok_or_else(|| unclosed("a string"));
    }
    if text.starts_with('\'') {
        return string(text, 1, false)
            .map(Some)
            .ok_or_else(|| unclosed("a string"));
    }
    if let Some(rest) = text.strip_prefix('"') {
        return rest
            .find('"')
            .map(|at| Some(at + 2))
            .ok_or_else(|| unclosed("a quoted name"));
    }
    if let Some(rest) = text.strip_prefix('$') {
        let tag = rest.find('$').map(|at| &text[..at + 2]).filter(|tag| {
            let name = &tag[1..tag.len() - 1];
            !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        });
        if let Some(tag) = tag {
            let body = &text[tag.len()..];
            return body
                .find(tag)
                .map(|at| Some(at + 2 * tag.len()))
                .ok_or_else(|| unclosed(&format!("the text after {tag}")));
        }
    }
    // A word is taken whole, so that its last letter is never read as the E of a string.
    let word = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    Ok((word > 0).then_some(word))
}

fn string(text: &str, start: usize, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

fn comment(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}

/// The values for the placeholders of a query.
pub enum Arguments<'a> {
    /// For `%s`, in order.
    Positional(&'a [Value]),
    /// For `%(name)s`.
    Named(&'a Map<String, Value>),
}

/// The query with a literal for each placeholder and `%` for each `%%`.
pub fn fill(query: &str, arguments: &Arguments) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = query;
    let mut used = 0;
    while let Some((before, after)) = rest.split_once('%') {
        filled.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            filled.push('%');
            rest = after;
        } else if let Some((name, after)) = after
            .strip_prefix('(')
            .and_then(|after| after.split_once(")s"))
        {
            let Arguments::Named(map) = arguments else {
                return Err(format!("%({name})s needs named_args"));
            };
            let value = map
                .get(name)
                .ok_or_else(|| format!("named_args has no `{name}`"))?;
            filled.push_str(&value_literal(value));
            rest = after;
        } else if let Some(after) = after.strip_prefix('s') {
            let Arguments::Positional(list) = arguments else {
                return Err("%s needs positional_args".to_owned());
            };
            let value = list.get(used).ok_or_else(|| {
                format!(
                    "the query has more placeholders than positional_args has values ({})",
                    list.len()
                )
            })?;
            filled.push_str(&value_literal(value));
            used += 1;
            rest = after;
        } else {
            return Err("a `%` that is no placeholder is written `%%`".to_owned());
        }
    }
    filled.push_str(rest);
    match arguments {
        Arguments::Positional(list) if used < list.len() => Err(format!(
            "positional_args has {} values for {used} placeholders",
            list.len()
        )),
        _ => Ok(filled),
    }
}

fn value_literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        // The blank keeps a minus from making a comment of the one before it.
        Value::Number(number) => format!(" {number}"),
        Value::String(text) => literal(text),
        Value::Array(items) => literal(&array(items)),
        Value::Object(_) => literal(&value.to_string()),
    }
}

fn array(items: &[Value]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| match item {
            Value::Null => "NULL".to_owned(),
            Value::Array(items) => array(items),
            Value::Bool(_) | Value::Number(_) => item.to_string(),
            Value::String(text) => element(text),
            Value::Object(_) => element(&item.to_string()),
        })
        .collect();
    format!("{{{}}}", items.join(","))
}

fn element(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statements_are_split_outside_of_quotes_alone() {
        let text = "SELECT 'a;b' /* ; /* ; */ */; -- ; \n SELECT E'it\\'s;', \"x;y\"; \
                    DO $f$ BEGIN; END $f$; SELECT a[1:n], b::int; ";
        let split = statements(text).unwrap();
        assert_eq!(
            split,
            [
                "SELECT 'a;b'",
                "SELECT E'it\\'s;', \"x;y\"",
                "DO $f$ BEGIN; END $f$",
                "SELECT a[1: n], b::int",
            ]
        );
    }

    #[test]
    fn what_psql_would_take_for_its_own_is_refused() {
        assert!(statements("SELECT 1 \\! reboot").is_err());
        assert!(statements("SELECT 'open").is_err());
        assert!(statements(" ; ").is_err());
        assert_eq!(
            statements("SELECT 1 AS namee'x'").unwrap(),
            ["SELECT 1 AS namee'x'"]
        );
    }

    #[test]
    fn placeholders_become_literals() {
        let list = [
            json!(-5),
            json!("it's"),
            json!([1, "a\"b", null]),
            json!(null),
        ];
        let filled = fill(
            "SELECT %s, %s, %s, %s, 5 %% 2",
            &Arguments::Positional(&list),
        )
        .unwrap();
        assert_eq!(
            filled,
            r#"SELECT  -5, 'it''s',  E'{1,"a\\"b",NULL}', NULL, 5 % 2"#
        );
        let map = json!({"id": true}).as_object().unwrap().clone();
        assert_eq!(
            fill("SELECT %(id)s", &Arguments::Named(&map)).unwrap(),
            "SELECT true"
        );
        assert!(fill("SELECT %(no)s", &Arguments::Named(&map)).is_err());
        assert!(fill("SELECT %s", &Arguments::Positional(&[])).is_err());
    }
}
