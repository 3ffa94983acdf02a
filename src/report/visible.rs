//! Foreign text on a terminal: what a host, a file or a server says is shown, and steers nothing.
//!
//! [`visible`] is for each piece of foreign text, before our own colours come to it. [`steered`] is
//! the last thing before a terminal: it lets our colours through and nothing else, so that a place
//! that forgot the first still moves no cursor and turns no line around.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether the sign does something instead of being seen: control characters (also those from 0x80
/// on, which many terminals obey), signs that change the direction of a text, that take no width,
/// or that break the line where nobody sees it.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The line with all that would steer the terminal written out. A carriage return that came or
/// went must be seen as well.
pub fn visible(line: &str) -> String {
    line.chars()
        .fold(String::with_capacity(line.len()), |mut text, c| {
            match c {
                '\r' => text.push_str("\\r"),
                '\t' => text.push('\t'),
                c if steers(c) => written(c, &mut text),
                c => text.push(c),
            }
            text
        })
}

fn written(c: char, text: &mut String) {
    let code = u32::from(c);
    // Writing to a String can't fail.
    let _ = if code < 0x100 {
        write!(text, "\\x{code:02x}")
    } else {
        write!(text, "\\u{{{code:x}}}")
    };
}

/// A text of lines without colours, each of them [`visible`].
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    let odd = |c: char| c != '\n' && c != '\t' && steers(c);
    if !text.contains(odd) {
        return text.into();
    }
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n").into()
}

/// A text of lines in which only newlines and colours steer the terminal.
pub fn steered(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c != '\n' && c != '\t' && steers(c)) {
        let (before, odd) = rest.split_at(at);
        kept.push_str(before);
        if let Some(width) = colour(odd) {
            kept.push_str(&odd[..width]);
            rest = &odd[width..];
        } else {
            let width = odd.chars().next().map_or(0, char::len_utf8);
            kept.push_str(&visible(&odd[..width]));
            rest = &odd[width..];
        }
    }
    if kept.is_empty() {
        return text.into();
    }
    kept.push_str(rest);
    kept.into()
}

/// How long the sequence is that the text begins with, where that sets a colour.
fn colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    numbers[end..].starts_with('m').then_some(end + 3)
}

/// A JSON document with all that would steer the terminal as JSON itself escapes it: to a program it
/// is the same document.
pub fn visible_json(document: &str) -> Cow<'_, str> {
    // Outside of its texts JSON has no such signs but newlines.
    let odd = |c: char| c != '\n' && steers(c);
    if !document.contains(odd) {
        return document.into();
    }
    let mut text = String::with_capacity(document.len());
    let mut units = [0; 2];
    for c in document.chars() {
        if odd(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String can't fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text.into()
}

#[cfg(test)]
pub mod hostile {
    //! A text that tries it all, for tests of all places that show foreign text.

    /// Titles, cleared screens, hidden text, 8-bit controls, turned and invisible signs.
    pub const TEXT: &str = "A\u{1b}]0;PWN\u{7}B\u{1b}[2JC\u{1b}[8mD\u{9b}31mE\u{202e}F\u{2066}G\
        \u{200b}H\u{feff}I\u{61c}J\rK\u{8}L\u{ad}M\u{2028}N\u{e0041}O\0P";

    /// Fails when a sign of such a text is still in what was shown. Our own colours may be.
    pub fn nothing_steers(shown: &str) {
        let ours =
            regex::Regex::new("\u{1b}\\[(0|1|2|4|[39][0-7]|1;[39][0-7]|38;5;[0-9]+|22|39)?m")
                .unwrap();
        let rest = ours.replace_all(shown, "");
        let odd = rest.find(|c| c != '\n' && c != '\t' && super::steers(c));
        let around = odd.map(|at| rest[..at].chars().rev().take(60).collect::<Vec<_>>());
        let around = around.map(|signs| signs.into_iter().rev().collect::<String>());
        assert_eq!(odd, None, "behind {around:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::hostile::{TEXT, nothing_steers};
    use super::*;

    #[test]
    fn what_steers_is_written_out() {
        nothing_steers(&visible(TEXT));
        assert_eq!(
            visible("a\u{9b}b\u{202e}c\rd\te"),
            "a\\x9bb\\u{202e}c\\rd\te"
        );
        // What many languages need, and our own narrow blank, stay.
        assert_eq!(
            visible("é\u{202f}\u{300}日本 עברית ⚠\u{fe0f}"),
            "é\u{202f}\u{300}日本 עברית ⚠\u{fe0f}"
        );
        nothing_steers(&visible_lines(&format!("{TEXT}\n{TEXT}")));
    }

    #[test]
    fn only_colours_and_newlines_reach_a_terminal() {
        let text = format!("\u{1b}[1ma\u{1b}[0m\n{TEXT}");
        let shown = steered(&text);
        assert!(
            shown.starts_with("\u{1b}[1ma\u{1b}[0m\nA\\x1b]0;PWN\\x07B\\x1b[2JC\u{1b}[8mD"),
            "{shown}"
        );
        nothing_steers(&shown.replace("\u{1b}[8m", ""));
        assert_eq!(steered("\u{1b}["), "\\x1b[");
    }

    #[test]
    fn json_stays_the_same_document() {
        let document = serde_json::json!({ "a": TEXT, TEXT: ["b"] });
        let text = serde_json::to_string_pretty(&document).unwrap();
        let shown = visible_json(&text);
        nothing_steers(&shown);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            document
        );
    }
}
