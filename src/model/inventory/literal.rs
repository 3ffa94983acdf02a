//! Values of the INI format: a Python literal where the text is one, else a string.

use crate::diag::Span;
use crate::yaml::{Mapping, Node, Value};

/// The value that a text in an INI inventory stands for.
pub(super) fn value(text: &str, span: &Span) -> Node {
    let mut reader = Reader {
        rest: text.trim(),
        span,
        depth: 0,
    };
    let node = reader.any().filter(|_| {
        let rest = reader.rest.trim_start();
        rest.is_empty() || rest.starts_with('#')
    });
    node.unwrap_or_else(|| Node::new(Value::Str(text.to_owned()), span.clone()))
}

struct Reader<'a> {
    rest: &'a str,
    span: &'a Span,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<Node> {
        self.depth += 1;
        self.rest = self.rest.trim_start();
        let value = match self.rest.chars().next()? {
            _ if self.depth > 20 => None,
            '[' => self.items(']').map(Value::Seq),
            '(' => self.items(')').map(Value::Seq),
            '{' => self.map().map(Value::Map),
            quote @ ('\'' | '"') => self.string(quote).map(Value::Str),
            _ => self.word(),
        };
        self.depth -= 1;
        Some(Node::new(value?, self.span.clone()))
    }

    fn eat(&mut self, token: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn items(&mut self, close: char) -> Option<Vec<Node>> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        loop {
            if self.eat(close) {
                return Some(items);
            }
            items.push(self.any()?);
            if !self.eat(',') {
                return self.eat(close).then_some(items);
            }
        }
    }

    fn map(&mut self) -> Option<Mapping> {
        self.rest = &self.rest[1..];
        let mut map = Mapping::new();
        loop {
            if self.eat('}') {
                return Some(map);
            }
            let key = self.any()?;
            let key = match key.value {
                Value::Str(_) => key,
                Value::Int(number) => Node::new(Value::Str(number.to_string()), key.span),
                _ => return None,
            };
            if !self.eat(':') {
                return None;
            }
            map.insert(key, self.any()?);
            if !self.eat(',') {
                return self.eat('}').then_some(map);
            }
        }
    }

    fn string(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    c @ ('\\' | '\'' | '"') => c,
                    _ => return None,
                }),
                c if c == quote => {
                    self.rest = &self.rest[at + 2..];
                    return Some(text);
                }
                c => text.push(c),
            }
        }
        None
    }

    fn word(&mut self) -> Option<Value> {
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || "+-._".contains(c)))
            .unwrap_or(self.rest.len());
        let (word, rest): (&'a str, &'a str) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "True" => return Some(Value::Bool(true)),
            "False" => return Some(Value::Bool(false)),
            "None" => return Some(Value::Null),
            _ => {}
        }
        let digits = word.trim_start_matches(['+', '-']);
        if word.len() - digits.len() > 1
            || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            return None;
        }
        let sign = if word.starts_with('-') { -1 } else { 1 };
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(digits) = digits.strip_prefix(prefix) {
                let digits = ungrouped(digits.strip_prefix('_').unwrap_or(digits), radix)?;
                let number = i64::from_str_radix(&digits, radix).ok()?;
                return Some(Value::Int(sign * number));
            }
        }
        let plain = ungrouped(digits, 10)?;
        if plain.bytes().all(|byte| byte.is_ascii_digit()) {
            // Python has no decimal integer with leading zeros, but for zero itself.
            let padded = plain.starts_with('0') && plain.bytes().any(|byte| byte != b'0');
            return plain
                .parse::<i64>()
                .ok()
                .filter(|_| !padded)
                .map(|number| Value::Int(sign * number));
        }
        let number: f64 = plain.parse().ok()?;
        Some(Value::Float(if sign < 0 { -number } else { number }))
    }
}

/// The number without the `_` that group its digits; none where one stands elsewhere, or where a
/// second sign comes first.
fn ungrouped(text: &str, radix: u32) -> Option<String> {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_digit(radix));
    let between =
        |at: usize| digit(text[..at].chars().next_back()) && digit(text[at + 1..].chars().next());
    let grouped = text.match_indices('_').all(|(at, _)| between(at));
    (grouped && !text.starts_with(['+', '-'])).then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    #[test]
    fn literals_are_python_s() {
        for (text, json) in [
            ("5432", "5432"),
            ("-3", "-3"),
            ("0644", r#""0644""#),
            ("0o644", "420"),
            ("True", "true"),
            ("true", r#""true""#),
            ("yes", r#""yes""#),
            ("None", "null"),
            ("1_000", "1000"),
            ("1_", r#""1_""#),
            ("0x_1f", "31"),
            ("0x-f", r#""0x-f""#),
            ("00", "0"),
            ("1.5", "1.5"),
            ("01e1_0", "10000000000.0"),
            ("1_e1", r#""1_e1""#),
            (".e1", r#"".e1""#),
            ("10.0.0.1", r#""10.0.0.1""#),
            ("'a b'", r#""a b""#),
            ("['a', 1, {'b': (2,)}]", r#"["a",1,{"b":[2]}]"#),
            ("[broken", r#""[broken""#),
            ("5 # a comment", "5"),
            ("a # b", r#""a # b""#),
            ("", r#""""#),
        ] {
            let node = value(text, &Source::new("h", text).whole());
            assert_eq!(node.to_json().to_string(), json, "{text}");
        }
    }
}
