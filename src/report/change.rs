//! A change as people read it: its sign, whom and what it is about, from what to what.

use super::line::Line;
use super::style::{self, CYAN, DIM, GREEN, RED, paint};
use super::thing::{Beside, DiffLine, NO_NEWLINE, Thing, diff, things, value};
use super::visible::visible;
use crate::modules::Change;

/// What stands before the lines of a diff.
const INDENT: &str = "    ";

/// The changes of one task, what is said of one thing in one line (and its diff under it).
pub fn render(changes: &[Change]) -> Vec<Line> {
    things(changes).iter().map(thing).collect()
}

/// `SIGN [HOSTS] WHAT  ATTRIBUTES`, and the texts that differ.
pub fn thing(thing: &Thing) -> Line {
    let mut lines = thing.what.lines().map(visible);
    let mut head = format!(" {}", lines.next().unwrap_or_default());
    let mut body = String::new();
    for line in lines {
        let line = format!("{INDENT}{line}");
        body.push('\n');
        body.push_str(line.trim_end());
    }
    let mut before_attribute = "  ";
    for beside in &thing.beside {
        match beside {
            Beside::Note(words) => head.push_str(&aside(&visible(words))),
            Beside::Empty => head.push_str(&aside("empty")),
            Beside::Unshown => head.push_str(&aside("the content is not shown")),
            Beside::Attribute { name, from, to } => {
                head.push_str(before_attribute);
                head.push_str(&attribute(thing, name, from.as_deref(), to.as_deref()));
                before_attribute = ", ";
            }
        }
    }
    for (before, after) in &thing.texts {
        body.push_str(&hunks(before, after));
    }
    for past in &thing.past {
        body.push_str(&format!("\n{INDENT}{}", paint(DIM, visible(past))));
    }
    let (mark, colour) = style::sign(thing.sign);
    Line::new(format!("{} ", paint(colour, mark)), head + &body)
}

fn aside(words: &str) -> String {
    paint(DIM, format!(" ({words})"))
}

/// `mode: 0644 -> 0600`; of a thing that is new only what it will be.
fn attribute(thing: &Thing, name: &str, from: Option<&str>, to: Option<&str>) -> String {
    let shown = |text: Option<&str>, colour| {
        let colour = if text.is_some() { colour } else { DIM };
        paint(colour, visible(&value(text)))
    };
    let name = visible(name);
    if thing.is_new(from) {
        format!("{name}: {}", shown(to, GREEN))
    } else {
        format!("{name}: {} -> {}", shown(from, RED), shown(to, GREEN))
    }
}

/// The hunks of a unified diff, each line after a newline.
fn hunks(before: &str, after: &str) -> String {
    let line = |line: &DiffLine| {
        let (line, colour) = match line {
            DiffLine::Hunk(header) => (header.clone(), Some(CYAN)),
            DiffLine::Gone(text) => (format!("-{}", visible(text)), Some(RED)),
            DiffLine::New(text) => (format!("+{}", visible(text)), Some(GREEN)),
            DiffLine::Same(text) => (format!(" {}", visible(text)), None),
            DiffLine::NoNewline => (NO_NEWLINE.to_owned(), Some(DIM)),
        };
        let line = colour.map_or(line.clone(), |colour| paint(colour, &line));
        format!("\n{INDENT}{}", line.trim_end())
    };
    diff(before, after).iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::{Detail, Sign};

    fn plain(change: &Change) -> String {
        rendered(std::slice::from_ref(change))
    }

    fn rendered(changes: &[Change]) -> String {
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
        insta::assert_snapshot!(rendered(&changes), @"
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
        insta::assert_snapshot!(rendered(&changes), @r"
        + [pg-a] /etc/motd (validated by visudo -cf %s) (with a new password for \x1badmin)
            @@ -0,0 +1 @@
            +x
            \ No newline at end of file
        ");
    }

    #[test]
    fn what_the_host_knows_of_its_past_stands_under_it() {
        let change = text(Sign::Modify, Some("a\n"), Some("b\n"));
        let past = |at, how: &str| Change {
            detail: Detail::Since {
                at,
                how: how.to_owned(),
            },
            ..change.clone()
        };
        let changes = [
            change.clone(),
            past(Some(1), "last changed; \u{1b}lab"),
            past(None, "it is not told when"),
        ];
        insta::assert_snapshot!(rendered(&changes), @r"
        ~ [pg-a] /etc/motd
            @@ -1 +1 @@
            -a
            +b
            1970-01-01 00:00:01 UTC: last changed; \x1blab
            it is not told when
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
