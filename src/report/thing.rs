//! What is said of one thing that differs, for whoever tells it: a terminal, a page, a comment.

use crate::modules::{Change, Detail, Sign};
use jiff::Timestamp;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Lines of context around what differs.
const CONTEXT: usize = 3;

/// How long may be looked for the shortest diff before a longer one will do.
const DIFF_LIMIT: Duration = Duration::from_secs(2);

/// All that is said of one thing under one sign. What is foreign in it still steers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thing {
    /// Its sign.
    pub sign: Sign,
    /// What it is.
    pub what: String,
    /// What stands behind it, in the order in which it was said.
    pub beside: Vec<Beside>,
    /// Texts that differ: as it is, and as declared.
    pub texts: Vec<(String, String)>,
    /// Since when it is so, and who made it so, as far as the host knows.
    pub past: Vec<String>,
}

/// What stands behind a thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Beside {
    /// Something to know beside it.
    Note(String),
    /// An attribute.
    Attribute {
        /// Its name.
        name: String,
        /// What is so.
        from: Option<String>,
        /// What is declared.
        to: Option<String>,
    },
    /// It holds nothing.
    Empty,
    /// Its content differs and is not shown.
    Unshown,
}

/// A line of a diff, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// `@@ -2,7 +2,7 @@`
    Hunk(String),
    /// It is taken away.
    Gone(String),
    /// It is new.
    New(String),
    /// It stays.
    Same(String),
    /// The line before it has no newline.
    NoNewline,
}

/// What no newline is called, as in every diff.
pub const NO_NEWLINE: &str = "\\ No newline at end of file";

/// The changes of one task, what is said of one thing together.
pub fn things(changes: &[Change]) -> Vec<Thing> {
    let of_one_thing = |a: &Change, b: &Change| a.what == b.what && a.sign == b.sign;
    changes.chunk_by(of_one_thing).map(thing).collect()
}

fn thing(changes: &[Change]) -> Thing {
    let Change { sign, what, .. } = &changes[0];
    let mut thing = Thing {
        sign: *sign,
        what: what.trim_end().to_owned(),
        beside: Vec::new(),
        texts: Vec::new(),
        past: Vec::new(),
    };
    for change in changes {
        match &change.detail {
            Detail::None => {}
            Detail::Since { at, how } => {
                let at = at.and_then(|at| Timestamp::from_second(at).ok());
                let at = at.map(|at| at.strftime("%F %T UTC: ").to_string());
                thing.past.push(at.unwrap_or_default() + how);
            }
            Detail::Note(words) => thing.beside.push(Beside::Note(words.clone())),
            Detail::Attribute { name, from, to } => thing.beside.push(Beside::Attribute {
                name: name.clone(),
                from: from.clone(),
                to: to.clone(),
            }),
            Detail::Text {
                before: None,
                after: None,
            } => thing.beside.push(Beside::Unshown),
            Detail::Text { before, after } => {
                let before = before.clone().unwrap_or_default();
                let after = after.clone().unwrap_or_default();
                if before == after && *sign != Sign::Modify {
                    thing.beside.push(Beside::Empty);
                }
                thing.texts.push((before, after));
            }
        }
    }
    thing
}

impl Thing {
    /// The same without its texts and its past, which are each host's own.
    pub fn brief(self) -> Self {
        Self {
            texts: Vec::new(),
            past: Vec::new(),
            ..self
        }
    }

    /// Whether only what it will be is said of an attribute.
    pub fn is_new(&self, from: Option<&str>) -> bool {
        self.sign == Sign::Add && from.is_none()
    }
}

/// How a sign is written.
pub fn mark(sign: Sign) -> char {
    match sign {
        Sign::Add => '+',
        Sign::Modify => '~',
        Sign::Remove => '-',
        Sign::Run => '>',
    }
}

/// A value in one line; an empty one can be seen.
pub fn value(text: Option<&str>) -> String {
    match text {
        None => "(none)".to_owned(),
        Some("") => "''".to_owned(),
        Some(text) => text.replace('\n', "\\n"),
    }
}

/// The hunks of a unified diff.
pub fn diff(before: &str, after: &str) -> Vec<DiffLine> {
    let diff = TextDiff::configure()
        .timeout(DIFF_LIMIT)
        .diff_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        lines.push(DiffLine::Hunk(hunk.header().to_string().trim_end().into()));
        for line in hunk.iter_changes() {
            let text = line.value().trim_end_matches('\n').to_owned();
            lines.push(match line.tag() {
                ChangeTag::Delete => DiffLine::Gone(text),
                ChangeTag::Insert => DiffLine::New(text),
                ChangeTag::Equal => DiffLine::Same(text),
            });
            if line.missing_newline() {
                lines.push(DiffLine::NoNewline);
            }
        }
    }
    lines
}
