//! A change as people read it: its sign, whom and what it is about, from what to what.

use super::line::Line;
use super::style::{self, CYAN, DIM, GREEN, RED, paint};
use crate::modules::{Change, Detail, Sign};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;
use std::time::Duration;

/// Lines of context around what differs.
const CONTEXT: usize = 3;

/// How long may be looked for the shortest diff before a longer one will do.
const DIFF_LIMIT: Duration = Duration::from_secs(2);

/// What stands before the lines of a diff.
const INDENT: &str = "    ";

/// `SIGN [HOSTS] WHAT`, and what exactly differs.
pub fn render(change: &Change) -> Line {
    let (sign, colour) = style::sign(change.sign);
    let mut lines = change.what.trim_end().lines().map(visible);
    let mut text = format!(" {}", lines.next().unwrap_or_default());
    for line in lines {
        let line = format!("{INDENT}{line}");
        text.push('\n');
        text.push_str(line.trim_end());
    }
    match &change.detail {
        Detail::None => {}
        Detail::Attribute { name, from, to } => text.push_str(&attribute(name, from, to)),
        Detail::Text {
            before: None,
            after: None,
        } => {
            text.push_str(&paint(DIM, " (the content is not shown)"));
        }
        Detail::Text { before, after } => {
            let before = before.as_deref().unwrap_or_default();
            let after = after.as_deref().unwrap_or_default();
            if before == after && change.sign != Sign::Modify {
                text.push_str(&paint(DIM, " (empty)"));
            }
            text.push_str(&diff(before, after));
        }
    }
    Line::new(format!("{} ", paint(colour, sign)), text)
}

/// `  mode: 0644 -> 0600`
fn attribute(name: &str, from: &Option<String>, to: &Option<String>) -> String {
    let value = |value: &Option<String>, colour| match value.as_deref() {
        None => paint(DIM, "(none)"),
        Some("") => paint(colour, "''"),
        Some(text) => paint(colour, visible(&text.replace('\n', "\\n"))),
    };
    format!("  {name}: {} -> {}", value(from, RED), value(to, GREEN))
}

/// The hunks of a unified diff, each line after a newline.
fn diff(before: &str, after: &str) -> String {
    let diff = TextDiff::configure()
        .timeout(DIFF_LIMIT)
        .diff_lines(before, after);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        let header = hunk.header().to_string();
        text.push_str(&format!("\n{INDENT}{}", paint(CYAN, header.trim_end())));
        for line in hunk.iter_changes() {
            let (mark, colour) = match line.tag() {
                ChangeTag::Delete => ('-', Some(RED)),
                ChangeTag::Insert => ('+', Some(GREEN)),
                ChangeTag::Equal => (' ', None),
            };
            let whole = format!("{mark}{}", visible(line.value().trim_end_matches('\n')));
            let whole = colour.map_or(whole.clone(), |colour| paint(colour, &whole));
            text.push_str(&format!("\n{INDENT}{}", whole.trim_end()));
            if line.missing_newline() {
                text.push_str(&format!(
                    "\n{INDENT}{}",
                    paint(DIM, "\\ No newline at end of file")
                ));
            }
        }
    }
    text
}

/// The line with its control characters written out: what a host's file holds must not steer the
/// terminal, and a carriage return that came or went must be seen.
pub fn visible(line: &str) -> String {
    line.chars()
        .fold(String::with_capacity(line.len()), |mut text, c| {
            match c {
                '\r' => text.push_str("\\r"),
                c if c.is_control() && c != '\t' => {
                    // Writing to a String can't fail.
                    let _ = write!(text, "\\x{:02x}", u32::from(c));
                }
                c => text.push(c),
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(change: &Change) -> String {
        anstream::adapter::strip_str(&render(change).of("pg-a")).to_string()
    }

    fn text(sign: Sign, before: Option<&str>, after: Option<&str>) -> Change {
        Change {
            sign,
            what: "/etc/motd".to_owned(),
            detail: Detail::Text {
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            },
        }
    }

    #[test]
    fn a_text_is_shown_as_a_unified_diff_with_context() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
        let after = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n14";
        insta::assert_snapshot!(plain(&text(Sign::Modify, Some(before), Some(after))), @r"
        ~ [pg-a] /etc/motd
            @@ -2,7 +2,7 @@
             2
             3
             4
            -5
            +five
             6
             7
             8
            @@ -11,3 +11,4 @@
             11
             12
             13
            +14
            \ No newline at end of file
        ");
    }

    #[test]
    fn a_new_text_is_all_additions_and_a_removed_one_all_removals() {
        insta::assert_snapshot!(plain(&text(Sign::Add, None, Some("a\n\nb\n"))), @"
        + [pg-a] /etc/motd
            @@ -0,0 +1,3 @@
            +a
            +
            +b
        ");
        insta::assert_snapshot!(plain(&text(Sign::Remove, Some("a\n"), None)), @"
        - [pg-a] /etc/motd
            @@ -1 +0,0 @@
            -a
        ");
        insta::assert_snapshot!(plain(&text(Sign::Add, None, Some(""))), @"+ [pg-a] /etc/motd (empty)");
    }

    #[test]
    fn what_cannot_be_shown_is_said_to_be_so() {
        insta::assert_snapshot!(plain(&text(Sign::Modify, None, None)), @"~ [pg-a] /etc/motd (the content is not shown)");
    }

    #[test]
    fn control_characters_of_a_host_never_reach_the_terminal() {
        let shown = render(&text(Sign::Modify, Some("a\r\n"), Some("\u{1b}[2Ja\n"))).of("pg-a");
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown).to_string(), @r"
        ~ [pg-a] /etc/motd
            @@ -1 +1 @@
            -a\r
            +\x1b[2Ja
        ");
    }

    #[test]
    fn an_attribute_goes_from_one_value_to_another() {
        let mode = Change::attribute(
            "/etc/motd",
            "mode",
            Some("0644".to_owned()),
            Some("0600".to_owned()),
        );
        insta::assert_snapshot!(plain(&mode), @"~ [pg-a] /etc/motd  mode: 0644 -> 0600");
        let version = Change::attribute("package etcd", "version", None, Some("3.5".to_owned()));
        insta::assert_snapshot!(plain(&version), @"~ [pg-a] package etcd  version: (none) -> 3.5");
    }

    #[test]
    fn a_script_of_several_lines_is_shown_whole() {
        let script = Change::new(Sign::Run, "set -e\n\nls\n");
        insta::assert_snapshot!(plain(&script), @"
        > [pg-a] set -e

            ls
        ");
    }

    #[test]
    fn a_thing_without_detail_is_one_line() {
        insta::assert_snapshot!(plain(&Change::new(Sign::Add, "package etcd-server")), @"+ [pg-a] package etcd-server");
    }
}
