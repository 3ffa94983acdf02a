//! The INI format of the inventory.

use super::builder::Builder;
use super::{literal, range};
use crate::diag::{Diag, Source, Span};
use crate::yaml::{Node, Value};

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Hosts,
    Children,
    Vars,
}

/// A group that a line names and that must be declared somewhere.
struct Wanted {
    name: String,
    at: Span,
    message: String,
}

/// Reads one source.
pub(super) fn read(builder: &mut Builder, source: &Source) {
    let mut reader = Reader {
        builder,
        wanted: Vec::new(),
        declared: vec!["all".to_owned(), "ungrouped".to_owned()],
    };
    let mut group = "ungrouped".to_owned();
    let mut section = Section::Hosts;
    let mut offset = 0;
    for whole in source.text().split_inclusive('\n') {
        let line = whole.trim();
        let start = offset + (whole.len() - whole.trim_start().len());
        offset += whole.len();
        let at = source.span(start, start + line.len());
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') && !is_host_range(line) {
            if let Some((name, kind)) = reader.section(line, &at) {
                (group, section) = (name, kind);
            }
            continue;
        }
        match section {
            Section::Hosts => reader.host(&group, line, &at),
            Section::Children => reader.child(&group, line, &at),
            Section::Vars => reader.var(&group, line, &at),
        }
    }
    reader.finish();
}

/// `[a:c].example.org` is a host, `[web:vars]` and `[web]  # comment` are sections.
fn is_host_range(line: &str) -> bool {
    line.split_once(']').is_some_and(|(_, after)| {
        let after = after.trim_start();
        !after.is_empty() && !after.starts_with(['#', ';'])
    })
}

struct Reader<'a> {
    builder: &'a mut Builder,
    wanted: Vec<Wanted>,
    declared: Vec<String>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: &Span, message: impl Into<String>, help: &str) {
        self.builder
            .errors
            .push(Diag::error(message).at(at, "").help(help));
    }

    fn section(&mut self, line: &str, at: &Span) -> Option<(String, Section)> {
        let inside = line[1..].split_once(']').map(|(inside, _)| inside);
        let Some(inside) =
            inside.filter(|inside| !inside.contains(char::is_whitespace) && !inside.is_empty())
        else {
            self.wrong(
                at,
                format!("`{line}` is no section"),
                "write `[group]`, `[group:vars]` or `[group:children]`, without blanks",
            );
            return None;
        };
        let (name, kind) = match inside.split_once(':') {
            None => (inside, Section::Hosts),
            Some((name, "hosts")) => (name, Section::Hosts),
            Some((name, "children")) => (name, Section::Children),
            Some((name, "vars")) => (name, Section::Vars),
            Some((_, kind)) => {
                let diag =
                    Diag::error(format!("sections of the kind `{kind}` are not known")).at(at, "");
                self.builder
                    .errors
                    .push(diag.suggest(kind, ["hosts", "children", "vars"]));
                return None;
            }
        };
        if kind == Section::Vars {
            let message = format!("[{name}:vars] gives variables to a group that nothing declares");
            self.wanted.push(Wanted {
                name: name.to_owned(),
                at: at.clone(),
                message,
            });
        } else {
            self.declared.push(name.to_owned());
        }
        self.builder.group(name);
        Some((name.to_owned(), kind))
    }

    fn host(&mut self, group: &str, line: &str, at: &Span) {
        let Some(words) = shlex::split(strip_comment(line)) else {
            return self.wrong(at, "a quote is never closed", "close it, or remove it");
        };
        let Some((pattern, vars)) = words.split_first() else {
            return;
        };
        let (names, port) = match range::expand(pattern) {
            Ok(expanded) => expanded,
            Err(why) => {
                return self.wrong(at, why, "a range is written `pg-[a:c]` or `web[01:10]`");
            }
        };
        let mut pairs = Vec::new();
        if let Some(port) = port {
            pairs.push((
                key("ansible_port", at),
                Node::new(Value::Int(port.into()), at.clone()),
            ));
        }
        for word in vars {
            let Some((name, value)) = word.split_once('=') else {
                return self.wrong(
                    at,
                    format!("`{word}` after the host is no `key=value`"),
                    "one host stands on one line",
                );
            };
            pairs.push((key(name, at), literal::value(value, at)));
        }
        for name in names {
            let entry = self.builder.host(&name, group);
            for (key, value) in &pairs {
                entry.vars.insert(key.clone(), value.clone());
            }
        }
    }

    fn child(&mut self, group: &str, line: &str, at: &Span) {
        let child = strip_comment(line).trim();
        if child.contains(char::is_whitespace) || child.is_empty() {
            return self.wrong(
                at,
                format!("`{child}` is no name of a group"),
                "one group stands on one line",
            );
        }
        let message =
            format!("[{group}:children] names the group `{child}`, which nothing declares");
        self.wanted.push(Wanted {
            name: child.to_owned(),
            at: at.clone(),
            message,
        });
        self.builder.child(group, child, at);
    }

    fn var(&mut self, group: &str, line: &str, at: &Span) {
        let Some((name, value)) = line.split_once('=') else {
            return self.wrong(
                at,
                format!("`{line}` is no `key=value`"),
                "write `name=value`",
            );
        };
        self.builder.group_var(
            group,
            &key(name.trim(), at),
            &literal::value(value.trim(), at),
        );
    }

    /// A group named by another source counts as declared.
    fn finish(self) {
        let Self {
            builder,
            wanted,
            declared,
        } = self;
        for Wanted { name, at, message } in wanted {
            let known = |group: &str| declared.iter().any(|name| name == group);
            let elsewhere = builder
                .groups
                .get(&name)
                .is_some_and(|group| !group.hosts.is_empty() || !group.children.is_empty());
            if !known(&name) && !elsewhere {
                let diag = Diag::error(message).at(&at, "");
                let diag = diag.suggest(
                    &name,
                    declared
                        .iter()
                        .map(String::as_str)
                        .filter(|other| *other != name),
                );
                builder
                    .errors
                    .push(diag.help(format!("declare it with `[{name}]`")));
            }
        }
    }
}

fn key(name: &str, at: &Span) -> Node {
    Node::new(Value::Str(name.to_owned()), at.clone())
}

/// The line up to a `#` that begins a word outside quotes.
fn strip_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '#' && before.is_whitespace() => return &line[..at],
            _ => {}
        }
        before = c;
    }
    line
}
