//! A text file that a task edits: fetched by the probe, edited purely, put in place whole.

use super::attributes;
use super::placed::{self, Placed, Placing};
use super::{Change, Plan, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, FileAt, Look, ProbeError, expand, found};
use crate::step::{Step, pinned};
use regex::{Captures, Regex, RegexBuilder};

/// Files larger than this are not edited.
const LIMIT: u64 = 8 * 1024 * 1024;

/// A text file as it is.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Where it stands.
    pub placed: Placed,
    /// What it holds; `None` when it is not there.
    pub text: Option<String>,
}

impl Edited {
    /// Fetches it. A link is edited where it leads to.
    pub async fn look(look: &Look, path: &str) -> Result<Self, ProbeError> {
        let path = expand(look, path).await?;
        let at = FileAt {
            path: path.clone(),
            follow: true,
            hash: true,
        };
        let ((file, real), bytes) = futures::try_join!(
            found(look, at),
            look.fact(Content {
                path: path.clone(),
                limit: LIMIT
            }),
        )?;
        // What is pending of it is known by the name that is written.
        let bytes = if real == path {
            bytes
        } else {
            let path = real.clone();
            look.fact(Content { path, limit: LIMIT }).await?
        };
        let text = match bytes {
            Bytes::Absent => None,
            Bytes::NoFile => {
                return Err(ProbeError::Failed(format!(
                    "{path} is no file, so it can't be edited"
                )));
            }
            Bytes::TooLarge(size) => {
                return Err(ProbeError::Failed(format!(
                    "{path} has {size} bytes, too many to be edited"
                )));
            }
            Bytes::Are(bytes) => Some(String::from_utf8(bytes).map_err(|_| {
                ProbeError::Failed(format!("{path} is no UTF-8 text, so it can't be edited"))
            })?),
        };
        Ok(Self {
            placed: Placed {
                path: real,
                file,
                text: text.clone(),
            },
            text,
        })
    }

    /// The refusal of a file that must be there.
    pub fn there(&self, create: bool) -> Result<(), ProbeError> {
        if self.text.is_some() || create {
            return Ok(());
        }
        Err(ProbeError::Failed(format!(
            "{} is not there; `create: true` makes it",
            self.placed.path
        )))
    }

    /// What is to do so that it holds `text`, or nothing but its attributes.
    pub fn plan(
        &self,
        text: &str,
        placing: &Placing<'_>,
    ) -> Result<(Vec<Change>, Vec<Step>), String> {
        self.placed.plan(&text.as_bytes().to_vec().into(), placing)
    }

    /// The usual result with a word about what was done.
    pub fn result(
        &self,
        after: Option<&Self>,
        plan: &Plan,
        ran: &[StepOutput],
        message: &str,
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran);
        if let Some(file) = after.and_then(|after| after.placed.file.as_ref()) {
            attributes::tell(&mut result, file);
        }
        result
            .with("path", self.placed.path.clone())
            .with("msg", message)
    }
}

/// The step that makes the folder of a file that is to be created.
pub fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/')
        .map(|(folder, _)| folder)
        .filter(|folder| !folder.is_empty())
}

/// A regular expression as Python reads it, as far as that is possible without a Python.
pub fn pattern(name: &str, text: &str, multi_line: bool, dot_all: bool) -> Result<Regex, Diag> {
    RegexBuilder::new(&python(text))
        .multi_line(multi_line)
        .dot_matches_new_line(dot_all)
        .build()
        .map_err(|error| {
            let last = error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .to_owned();
            Diag::error(format!(
                "`{name}` is no regular expression that trueup can read: {last}"
            ))
            .help("lookahead, lookbehind and references inside the expression are not supported")
        })
}

/// What Python writes differently: `\Z` is the very end, and a `{` that begins no repetition is itself.
fn python(text: &str) -> String {
    let mut written = String::new();
    let mut rest = text;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let width = c.len_utf8();
        let behind = &rest[width..];
        match c {
            '\\' => {
                let next = behind.chars().next().unwrap_or('\\');
                match next {
                    'Z' => written.push_str(r"\z"),
                    // Python takes an escaped mark that needs no escape as itself.
                    next if !next.is_ascii_alphanumeric() && !regex_syntax_mark(next) => {
                        written.push(next);
                    }
                    next => {
                        written.push('\\');
                        written.push(next);
                    }
                }
                rest = behind.get(next.len_utf8()..).unwrap_or_default();
                continue;
            }
            '[' if in_class => written.push_str(r"\["),
            '[' => {
                in_class = true;
                written.push('[');
                // A `]` right at the start of a class is itself.
                let (negated, inner) = match behind.strip_prefix('^') {
                    Some(inner) => (true, inner),
                    None => (false, behind),
                };
                if negated {
                    written.push('^');
                }
                rest = inner;
                if let Some(after) = inner.strip_prefix(']') {
                    written.push_str(r"\]");
                    rest = after;
                }
                continue;
            }
            ']' => {
                in_class = false;
                written.push(']');
            }
            '&' | '~' if in_class => {
                written.push('\\');
                written.push(c);
            }
            '{' if !in_class && !is_repetition(behind) => written.push_str(r"\{"),
            c => written.push(c),
        }
        rest = behind;
    }
    written
}

fn regex_syntax_mark(c: char) -> bool {
    r"\.+*?()|[]{}^$#&-~".contains(c)
}

fn is_repetition(behind: &str) -> bool {
    behind.split_once('}').is_some_and(|(inner, _)| {
        !inner.is_empty() && inner != "," && inner.chars().all(|c| c.is_ascii_digit() || c == ',')
    })
}

/// A replacement as Python writes it: `\1`, `\g<1>`, `\g<name>`, `\n`, `\t`, `\\`.
pub fn expand_replacement(template: &str, captures: &Captures<'_>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let named = behind
            .strip_prefix("g<")
            .and_then(|inner| inner.split_once('>'));
        let digits = behind.len()
            - behind
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        let digits = digits.min(2);
        if let Some((name, after)) = named {
            let group = match name.parse::<usize>() {
                Ok(number) => captures.get(number),
                Err(_) => captures.name(name),
            };
            text.push_str(group.map_or("", |group| group.as_str()));
            rest = after;
        } else if digits > 0 {
            let number = behind[..digits].parse().unwrap_or(0);
            text.push_str(captures.get(number).map_or("", |group| group.as_str()));
            rest = &behind[digits..];
        } else {
            let next = behind.chars().next();
            match next {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some('\\') | None => text.push('\\'),
                Some(other) => {
                    text.push('\\');
                    text.push(other);
                }
            }
            rest = behind
                .get(next.map_or(0, char::len_utf8)..)
                .unwrap_or_default();
        }
    }
    text.push_str(rest);
    text
}

/// The lines of a text, each with its line break.
pub fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// A line without its break, as `$` sees it.
pub fn bare(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

/// A step that makes the folder of a new file, where it is asked for.
pub fn make_folder(path: &str) -> Option<Step> {
    let folder = folder_of(path)?;
    Some(placed::act(
        format!("make {folder}/"),
        &pinned::make_folders(folder, "", ""),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern_text: &str, text: &str) -> bool {
        pattern("regexp", pattern_text, false, false)
            .unwrap()
            .is_match(text)
    }

    #[test]
    fn python_s_ways_of_writing_are_understood() {
        assert!(found(r"^\#?Port\ \d+$", "#Port 22"));
        assert!(found(r"a\/b", "a/b"));
        assert!(found(r"x{y}", "x{y}"));
        assert!(found(r"[[:]x", "[x"));
        assert!(found(r"[]a]\Z", "]"));
        assert!(found(r"^%sudo\s+ALL=", "%sudo\tALL=(ALL)"));
        assert!(
            pattern("regexp", "(?=x)", false, false)
                .unwrap_err()
                .to_string()
                .contains("lookahead")
        );
    }

    #[test]
    fn replacements_are_python_s() {
        let captures = Regex::new("(a)(?P<n>b)?").unwrap();
        let captures = captures.captures("ab").unwrap();
        assert_eq!(
            expand_replacement(r"\2-\g<1>-\g<n>\\\n$1", &captures),
            "b-a-b\\\n$1"
        );
    }
}
