//! A change as people read it: its sign, whom and what it is about, from what to what.

use super::line::Line;
use super::style::{self, CYAN, DIM, GREEN, RED, paint};
use super::visible::visible;
use crate::modules::{Change, Detail, Sign};
use jiff::Timestamp;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Lines of context around what differs.
const CONTEXT: usize = 3;

/// How long may be looked for the shortest diff before a longer one will do.
const DIFF_LIMIT: Duration = Duration::from_secs(2);

/// What stands before the lines of a diff.
const INDENT: &str = "    ";

/// The changes of one task, what is said of one thing in one line (and its diff under it).
pub fn render(changes: &[Change]) -> Vec<Line> {
    let of_one_thing = |a: &Change, b: &Change| a.what == b.what && a.sign == b.sign;
    changes.chunk_by(of_one_thing).map(thing).collect()
}

/// `SIGN [HOSTS] WHAT  ATTRIBUTES`, and the texts that differ.
fn thing(changes: &[Change]) -> Line {
    let Change { sign, what, .. } = &changes[0];
    let (mark, colour) = style::sign(*sign);
    let mut lines = what.trim_end().lines().map(visible);
    let mut head = format!(" {}", lines.next().unwrap_or_default());
    let mut body = String::new();
    for line in lines {
        let line = format!("{INDENT}{line}");
        body.push('\n');
        body.push_str(line.trim_end());
    }
    let mut before_attribute = "  ";
    for change in changes {
        match &change.detail {
            Detail::None => {}
            Detail::Since { at, how } => {
                let at = at.and_then(|at| Timestamp::from_second(at).ok());
                let at = at.map(|at| at.strftime("%F %T UTC: ").to_string());
                let told = format!("{}{}", at.unwrap_or_default(), visible(how));
                body.push_str(&format!("\n{INDENT}{}", paint(DIM, told)));
            }
            Detail::Note(words) => head.push_str(&paint(DIM, format!(" ({})", visible(words)))),
            Detail::Attribute { name, from, to } => {
                head.push_str(before_attribute);
                head.push_str(&attribute(*sign, name, from.as_deref(), to.as_deref()));
                before_attribute = ", ";
            }
            Detail::Text {
                before: None,
                after: None,
            } => {
                head.push_str(&paint(DIM, " (the content is not shown)"));
            }
            Detail::Text { before, after } => {
                let before = before.as_deref().unwrap_or_default();
                let after = after.as_deref().unwrap_or_default();
                if before == after && *sign != Sign::Modify {
                    head.push_str(&paint(DIM, " (empty)"));
                }
                body.push_str(&diff(before, after));
            }
        }
    }
    Line::new(format!("{} ", paint(colour, mark)), head + &body)
}

/// `mode: 0644 -> 0600`; of a thing that is new only what it will be.
fn attribute(sign: Sign, name: &str, from: Option<&str>, to: Option<&str>) -> String {
    let value = |value: Option<&str>, colour| match value {
        None => paint(DIM, "(none)"),
        Some("") => paint(colour, "''"),
        Some(text) => paint(colour, visible(&text.replace('\n', "\\n"))),
    };
    let name = visible(name);
    match (sign, from) {
        (Sign::Add, None) => format!("{name}: {}", value(to, GREEN)),
        _ => format!("{name}: {} -> {}", value(from, RED), value(to, GREEN)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(change: &Change) -> String {
        told(std::slice::from_ref(change))
    }

    fn told(changes: &[Change]) -> String {
        let lines = render(changes)
            .iter()
            .map(|line| line.of("pg-a") + "\n")
            .collect::<String>();
        anstream::adapter::strip_str(&lines).to_string()
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
        let shown = plain(&text(Sign::Modify, Some("a\r\n"), Some("\u{1b}[2Ja\n")));
        insta::assert_snapshot!(shown, @r"
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
    fn all_that_is_said_of_one_thing_stands_together() {
        let new = |name: &str, to: &str| Change {
            sign: Sign::Add,
            what: "/etc/motd".to_owned(),
            detail: Detail::Attribute {
                name: name.to_owned(),
                from: None,
                to: Some(to.to_owned()),
            },
        };
        let changes = [
            text(Sign::Add, None, Some("Hello\n")),
            new("owner", "root"),
            new("mode", "0644"),
            Change::attribute(
                "/etc/motd",
                "group",
                Some("a".to_owned()),
                Some("b".to_owned()),
            ),
        ];
        insta::assert_snapshot!(told(&changes), @"
        + [pg-a] /etc/motd  owner: root, mode: 0644
            @@ -0,0 +1 @@
            +Hello
        ~ [pg-a] /etc/motd  group: a -> b
        ");
    }

    #[test]
    fn what_is_to_be_known_beside_it_stands_behind_it() {
        let change = text(Sign::Add, None, Some("x"));
        let changes = [
            change.clone(),
            change.note("validated by visudo -cf %s"),
            change.note("with a new password for \u{1b}admin"),
        ];
        insta::assert_snapshot!(told(&changes), @r"
        + [pg-a] /etc/motd (validated by visudo -cf %s) (with a new password for \x1badmin)
            @@ -0,0 +1 @@
            +x
            \ No newline at end of file
        ");
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
