//! Names as a user writes them: `schema.table`, each part quoted or not.

use crate::facts::sql::ident;

/// The parts of a dotted name. A part in double quotes may hold dots and, doubled, quotes.
pub fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = name.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        let last = parts.len() - 1;
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                parts[last].push('"');
            }
            '"' if quoted || parts[last].is_empty() => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts[last].push(c),
        }
    }
    parts
}

/// The name as SQL takes it.
pub fn quoted(name: &str) -> String {
    let parts: Vec<String> = parts(name).iter().map(|part| ident(part)).collect();
    parts.join(".")
}

/// The schema of a name, if it says one, and what it is called in there.
pub fn in_schema(name: &str) -> (Option<String>, String) {
    let mut parts = parts(name);
    let last = parts.pop().unwrap_or_default();
    (parts.pop(), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_quotes_keep_parts_apart() {
        assert_eq!(quoted("app.orders"), r#""app"."orders""#);
        assert_eq!(quoted(r#""a.b".c"#), r#""a.b"."c""#);
        assert_eq!(quoted(r#""say ""hi""""#), r#""say ""hi""""#);
        assert_eq!(in_schema("orders"), (None, "orders".to_owned()));
        assert_eq!(in_schema("app.orders").0.as_deref(), Some("app"));
    }
}
