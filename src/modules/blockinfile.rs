//! Some lines of a text file, between two marker lines.
//!
//! ```yaml
//! - blockinfile:
//!     path: /etc/hosts
//!     block: |
//!       10.0.0.11 pg-a
//!       10.0.0.12 pg-b
//! ```

use super::attributes::file_params;
use super::edited::{self, Edited, lines, pattern};
use super::placed::Placing;
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use regex::Regex;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// `blockinfile`
pub struct BlockInFile;

file_params! {
    /// The parameters of `blockinfile`.
    pub struct Params {
        /// The file.
        pub path: String,
        /// Whether the block shall be there.
        #[serde(default)]
        pub state: Presence,
        /// The lines; with none the block is taken away.
        #[serde(default)]
        pub block: String,
        /// The marker lines; `{mark}` becomes `marker_begin` and `marker_end`.
        #[serde(default = "marker", deserialize_with = "marker_line")]
        pub marker: String,
        /// What `{mark}` becomes before the block.
        #[serde(default = "begin")]
        pub marker_begin: String,
        /// What `{mark}` becomes behind the block.
        #[serde(default = "end")]
        pub marker_end: String,
        /// Where a new block goes: behind the last line that matches, or `EOF`.
        #[serde(default)]
        pub insertafter: Option<String>,
        /// Where a new block goes: before the last line that matches, or `BOF`.
        #[serde(default)]
        pub insertbefore: Option<String>,
        /// Make the file when it is not there.
        #[serde(default)]
        pub create: bool,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// A command that must accept the file before it takes its place; `%s` is its path.
        #[serde(default)]
        pub validate: Option<String>,
        /// An empty line behind the block.
        #[serde(default)]
        pub append_newline: bool,
        /// An empty line before the block.
        #[serde(default)]
        pub prepend_newline: bool,
    }
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// Where a new block goes.
    place: Option<Regex>,
}

fn marker() -> String {
    "# {mark} ANSIBLE MANAGED BLOCK".into()
}

/// A marker by which the block can be found again.
fn marker_line<'de, D: Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    let text = String::deserialize(text)?;
    if text.contains('\n') || !text.contains("{mark}") {
        let words = "a marker is one line with `{mark}` in it, which becomes BEGIN and END";
        return Err(D::Error::custom(words));
    }
    Ok(text)
}

fn begin() -> String {
    "BEGIN".into()
}

fn end() -> String {
    "END".into()
}

impl Ready {
    fn edit(&self, text: &str) -> String {
        let mark = |word: &str| format!("{}\n", self.params.marker.replace("{mark}", word));
        let (first, last) = (
            mark(&self.params.marker_begin),
            mark(&self.params.marker_end),
        );
        let is_present = self.params.state == Presence::Present;
        let mut block = Vec::new();
        if is_present && !self.params.block.is_empty() {
            block.push(first.clone());
            block.extend(lines(&self.params.block));
            if let Some(line) = block.last_mut().filter(|line| !line.ends_with('\n')) {
                line.push('\n');
            }
            block.push(last.clone());
        }
        let mut all = lines(text);
        // The last line of a file may have no break.
        let is = |line: &String, mark: &str| edited::bare(line) == edited::bare(mark);
        let found = |mark: &str| all.iter().rposition(|line| is(line, mark));
        let mut at = match (found(&first), found(&last)) {
            (Some(first), Some(last)) => {
                let (from, to) = (first.min(last), first.max(last));
                all.drain(from..=to);
                from
            }
            _ => self.place(&all, text),
        };
        if let Some(before) = at.checked_sub(1).and_then(|before| all.get_mut(before))
            && !before.ends_with('\n')
        {
            before.push('\n');
        }
        if is_present && self.params.prepend_newline && at > 0 && all[at - 1] != "\n" {
            all.insert(at, "\n".into());
            at += 1;
        }
        let behind = at + block.len();
        all.splice(at..at, block);
        if is_present
            && self.params.append_newline
            && all.get(behind).is_some_and(|line| line != "\n")
        {
            all.insert(behind, "\n".into());
        }
        all.concat()
    }

    /// Where a block goes that is not there yet.
    fn place(&self, all: &[String], text: &str) -> usize {
        let Some(place) = &self.place else {
            return if self.params.insertbefore.is_some() {
                0
            } else {
                all.len()
            };
        };
        let after = self.params.insertafter.is_some();
        if place.as_str().contains("(?m)") {
            return place.find(text).map_or(all.len(), |found| {
                let end = if after { found.end() } else { found.start() };
                text[..end].matches('\n').count() + usize::from(after)
            });
        }
        let last = all
            .iter()
            .rposition(|line| place.is_match(edited::bare(line)));
        last.map_or(all.len(), |at| at + usize::from(after))
    }
}

impl Module for BlockInFile {
    const NAME: &'static str = "blockinfile";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("destfile", "path"),
        ("name", "path"),
        ("content", "block"),
    ];
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Ready;
    type State = Edited;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        if params.insertafter.is_some() && params.insertbefore.is_some() {
            return Err(Diag::error(
                "`insertafter` and `insertbefore` exclude each other",
            ));
        }
        if params.marker_begin == params.marker_end {
            return Err(Diag::error(
                "`marker_begin` and `marker_end` are the same, so the block could not be found again",
            ));
        }
        if format!("{}{}", params.marker_begin, params.marker_end).contains('\n') {
            return Err(Diag::error("a marker is one line"));
        }
        let places = [
            ("insertafter", &params.insertafter, "EOF"),
            ("insertbefore", &params.insertbefore, "BOF"),
        ];
        let mut place = None;
        for (name, text, word) in places {
            if let Some(text) = text.as_deref().filter(|text| *text != word) {
                place = Some(pattern(name, text, false, false)?);
            }
        }
        Ok(Ready { params, place })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Edited, ProbeError> {
        ready.params.no_context(look).await?;
        let found = Edited::look(look, &ready.params.path).await?;
        found.there(ready.params.create || ready.params.state == Presence::Absent)?;
        Ok(found)
    }

    fn plan(ready: &Ready, state: &Edited) -> Result<Plan, String> {
        let new = ready.edit(state.text.as_deref().unwrap_or_default());
        if state.text.is_none() && (ready.params.state == Presence::Absent || new.is_empty()) {
            return Ok(Plan::nothing());
        }
        let placing = Placing {
            wanted: ready.params.wanted(),
            backup: ready.params.backup,
            validate: ready.params.validate.as_deref(),
        };
        let (changes, mut steps) = state.plan(&new, &placing)?;
        if state.text.is_none() {
            steps.splice(0..0, edited::make_folder(&state.placed.path));
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let message = match &before.text {
            _ if !plan.is_change() => "",
            None => "File created",
            Some(_) if ready.params.state == Presence::Absent || ready.params.block.is_empty() => {
                "Block removed"
            }
            Some(_) => "Block inserted",
        };
        before.result(after, plan, ran, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, ready, settled};
    use serde_json::{Value, json};

    fn edit(text: &str, mut args: Value) -> String {
        args["path"] = "/x".into();
        args["marker"] = "# {mark}".into();
        ready::<BlockInFile>("/".as_ref(), args).unwrap().edit(text)
    }

    #[test]
    fn the_block_goes_where_ansible_puts_it() {
        assert_eq!(edit("a", json!({ "block": "x" })), "a\n# BEGIN\nx\n# END\n");
        assert_eq!(
            edit("a\nb\n", json!({ "block": "x\n", "insertbefore": "BOF" })),
            "# BEGIN\nx\n# END\na\nb\n"
        );
        assert_eq!(
            edit("a\nb\n", json!({ "block": "x", "insertafter": "^a" })),
            "a\n# BEGIN\nx\n# END\nb\n"
        );
        assert_eq!(
            edit("a\nb\n", json!({ "block": "x", "insertbefore": "^b" })),
            "a\n# BEGIN\nx\n# END\nb\n"
        );
        assert_eq!(
            edit("a\n# BEGIN\nold\n# END\nb\n", json!({ "block": "x" })),
            "a\n# BEGIN\nx\n# END\nb\n"
        );
        assert_eq!(
            edit("# BEGIN\nold\n# END", json!({ "block": "x" })),
            "# BEGIN\nx\n# END\n"
        );
        assert_eq!(
            edit("a\n# BEGIN\nold\n# END\nb\n", json!({ "block": "" })),
            "a\nb\n"
        );
        assert_eq!(
            edit(
                "a\nb\n",
                json!({ "block": "x", "insertafter": "a", "append_newline": true, "prepend_newline": true })
            ),
            "a\n\n# BEGIN\nx\n# END\n\nb\n"
        );
    }

    #[test]
    fn a_marker_that_is_no_line_or_does_not_tell_begin_from_end_is_refused() {
        for args in [
            json!({ "path": "/x", "marker": "" }),
            json!({ "path": "/x", "marker": "# {mark}\nmore" }),
            json!({ "path": "/x", "marker_begin": "a", "marker_end": "a" }),
            json!({ "path": "/x", "marker_begin": "a\nb" }),
        ] {
            let refused = ready::<BlockInFile>("/".as_ref(), args).unwrap_err();
            assert!(refused.message.contains("marker"), "{refused}");
        }
    }

    #[test]
    fn the_file_is_edited_once() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("hosts");
            std::fs::write(&path, "127.0.0.1 localhost\n").unwrap();
            let args = json!({ "path": path, "block": "10.0.0.1 a\n10.0.0.2 b\n" });
            assert!(live::<BlockInFile>(&shell, folder.path(), args.clone()).changed);
            settled::<BlockInFile>(&shell, folder.path(), args);
            let args = json!({ "path": path, "state": "absent" });
            assert_eq!(
                live::<BlockInFile>(&shell, folder.path(), args).values["msg"],
                "Block removed"
            );
            assert_eq!(
                std::fs::read_to_string(&path).unwrap(),
                "127.0.0.1 localhost\n"
            );
        }
    }
}
