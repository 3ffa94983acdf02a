//! Names and values written into SQL text so that they stay what they are, whatever they hold.

/// The name as a quoted identifier: `pg-a` is `"pg-a"`.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The text as a literal that means the same whether or not `standard_conforming_strings` is on.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        // The blank keeps the E apart from a word before it.
        format!(" E'{}'", quoted.replace('\\', r"\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// The text as a literal, or `NULL`.
pub fn nullable(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_survives_quotes_and_backslashes() {
        assert_eq!(ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'; DROP"), r" E'a\\''; DROP'");
        assert_eq!(nullable(None), "NULL");
    }
}
