//! Foreign text in Markdown: it is shown, and formats, links, mentions and closes nothing.

use crate::report::visible::visible;

/// Words of somebody's own: plain, unless something in them would mean more than itself (`@name`,
/// `#12`, `:smile:`), which it does not inside of `code`.
pub fn prose(text: &str) -> String {
    let text = visible(text);
    let mut rest = text.chars().peekable();
    let mut harmless = true;
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        harmless &= match c {
            ':' | '.' => next.is_none_or(|next| next == ' ' || c == '.'),
            c => c.is_alphanumeric() || " ,;()/'-_=+".contains(c),
        };
    }
    if harmless { inline(&text) } else { code(&text) }
}

/// A thing's name, in the type of code.
pub fn code(text: &str) -> String {
    format!("<code>{}</code>", inline(&visible(text)))
}

/// A line in which nothing is Markdown or HTML.
fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let plain = match c {
            // Else it may begin an address or an emoji.
            ':' => rest.peek().is_none_or(|next| *next == ' '),
            // A name that begins with www is a link without more.
            '.' => !out.to_ascii_lowercase().ends_with("www"),
            c => c.is_alphanumeric() || !c.is_ascii() || " /,-()=+;'".contains(c),
        };
        if plain {
            out.push(c);
        } else {
            out.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    out
}

/// Lines as they are, in a fence that none of them can close.
pub fn fence(language: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| visible(line)).collect();
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|c| c != '`'))
        .map(str::len)
        .max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}
