//! The words of a query.

use minijinja::Value;
use minijinja::value::Serde;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Name(String),
    Quoted(String),
    Number(i64),
    Literal(Value),
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: &[&str] = &[
    "[?", "[]", "||", "&&", "==", "!=", "<=", ">=", "[", "]", "{", "}", "(", ")", "<", ">", "!",
    "|", "&", "@", "*", ".", ",", ":",
];

pub(super) fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut rest = text.trim_start();
    let mut all = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (word, length) = if first.is_ascii_alphabetic() || first == '_' {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
            (Word::Name(rest[..end].to_owned()), end)
        } else if first.is_ascii_digit() || first == '-' {
            let end = rest[1..].find(|c: char| !c.is_ascii_digit());
            let end = end.map_or(rest.len(), |end| end + 1);
            let number = rest[..end].parse();
            (
                Word::Number(number.map_err(|_| format!("`{}` is no number", &rest[..end]))?),
                end,
            )
        } else if matches!(first, '"' | '\'' | '`') {
            let end =
                closing(&rest[1..], first).ok_or_else(|| format!("a {first} is never closed"))?;
            (quoted(&rest[1..=end], first)?, end + 2)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Word::Sign(sign), sign.len())
        } else {
            return Err(format!("`{first}` means nothing here"));
        };
        all.push(word);
        rest = rest[length..].trim_start();
    }
    all.push(Word::End);
    Ok(all)
}

/// Where the quote ends.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn quoted(text: &str, quote: char) -> Result<Word, String> {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text);
    Ok(match quote {
        '\'' => Word::Literal(Value::from(text.replace("\\'", "'"))),
        '"' => match json(&format!("\"{text}\"")) {
            Ok(serde_json::Value::String(name)) => Word::Quoted(name),
            _ => return Err(format!("\"{text}\" is no text")),
        },
        _ => {
            let text = text.replace("\\`", "`");
            let text = text.trim_start();
            let value = json(text).or_else(|_| json(&format!("\"{text}\"")));
            let value = value.map_err(|_| format!("`{text}` is no JSON"))?;
            Word::Literal(Value::from(Serde(&value)))
        }
    })
}
