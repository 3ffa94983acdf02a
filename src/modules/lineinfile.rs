//! One line of a text file.
//!
//! ```yaml
//! - lineinfile: { path: /etc/pgpool2/pool_hba.conf, regexp: '^host all', line: 'hostssl all all samenet scram-sha-256' }
//! ```

use super::attributes::file_params;
use super::edited::{self, Edited, bare, expand_replacement, lines, pattern};
use super::placed::Placing;
use super::{Controller, Module, Plan, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use regex::Regex;
use serde::Deserialize;

/// `lineinfile`
pub struct LineInFile;

/// Whether the line shall be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// It shall not.
    Absent,
    /// It shall.
    #[default]
    Present,
}

file_params! {
    /// The parameters of `lineinfile`.
    pub struct Params {
        /// The file.
        pub path: String,
        /// What the line looks like that is replaced (the last that matches) or taken away (all).
        #[serde(default)]
        pub regexp: Option<String>,
        /// The same as a text that the line holds.
        #[serde(default)]
        pub search_string: Option<String>,
        /// Whether the line shall be there.
        #[serde(default)]
        pub state: Want,
        /// The line.
        #[serde(default)]
        pub line: Option<String>,
        /// `line` refers to groups of `regexp`; nothing happens where that doesn't match.
        #[serde(default)]
        pub backrefs: bool,
        /// Where a new line goes: behind the last line that matches, or `EOF`.
        #[serde(default)]
        pub insertafter: Option<String>,
        /// Where a new line goes: before the last line that matches, or `BOF`.
        #[serde(default)]
        pub insertbefore: Option<String>,
        /// Make the file when it is not there.
        #[serde(default)]
        pub create: bool,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// The first match counts, not the last.
        #[serde(default)]
        pub firstmatch: bool,
        /// A command that must accept the file before it takes its place; `%s` is its path.
        #[serde(default)]
        pub validate: Option<String>,
        /// The expressions, read.
        #[serde(skip)]
        #[schemars(skip)]
        pub read: Expressions,
    }
}

/// The expressions of a task, read.
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    wanted: Option<Regex>,
    place: Option<Regex>,
}

/// What happens to a text.
struct Edit {
    text: String,
    message: &'static str,
}

impl Params {
    fn is_wanted(&self, line: &str) -> bool {
        match (&self.read.wanted, &self.search_string) {
            (Some(expression), _) => expression.is_match(bare(line)),
            (None, Some(part)) => line.contains(part.as_str()),
            (None, None) => false,
        }
    }

    fn present(&self, text: &str) -> Edit {
        let line = self.line.as_deref().unwrap_or_default();
        let mut all = lines(text);
        let mut matching = all
            .iter()
            .enumerate()
            .filter(|(_, line)| self.is_wanted(line))
            .map(|(at, _)| at);
        let matched = if self.firstmatch {
            matching.next()
        } else {
            matching.next_back()
        };
        if let Some(at) = matched {
            let new = match (&self.read.wanted, self.backrefs) {
                (Some(expression), true) => expression.captures(bare(&all[at])).map_or_else(
                    || line.to_owned(),
                    |captures| expand_replacement(line, &captures),
                ),
                _ => line.to_owned(),
            };
            return replace(all, at, &new);
        }
        let (mut exact, mut place) = (None, None);
        for (at, old) in all.iter().enumerate() {
            if bare(old) == line {
                exact = Some(at);
            } else if self
                .read
                .place
                .as_ref()
                .is_some_and(|expression| expression.is_match(bare(old)))
            {
                place = Some(if self.insertafter.is_some() {
                    at + 1
                } else {
                    at
                });
                if self.firstmatch {
                    break;
                }
            }
        }
        if let Some(at) = exact {
            return replace(all, at, line);
        }
        if self.backrefs {
            return Edit {
                text: text.to_owned(),
                message: "",
            };
        }
        let at_start = |place: &Option<String>| place.as_deref() == Some("BOF");
        let at = match place {
            _ if at_start(&self.insertafter) || at_start(&self.insertbefore) => 0,
            Some(at) => at,
            None => all.len(),
        };
        if self.insertafter.is_some()
            && place.is_some()
            && all.get(at).is_some_and(|old| bare(old) == line)
        {
            return Edit {
                text: text.to_owned(),
                message: "",
            };
        }
        if at == all.len()
            && let Some(last) = all.last_mut()
            && !last.ends_with('\n')
        {
            last.push('\n');
        }
        all.insert(at, format!("{line}\n"));
        Edit {
            text: all.concat(),
            message: "line added",
        }
    }

    fn absent(&self, text: &str) -> Edit {
        let goes = |old: &&String| match (&self.read.wanted, &self.search_string, &self.line) {
            (None, None, Some(line)) => bare(old) == bare(line),
            _ => self.is_wanted(old),
        };
        let all = lines(text);
        let left: Vec<String> = all.iter().filter(|line| !goes(line)).cloned().collect();
        let message = if left.len() == all.len() {
            ""
        } else {
            "line(s) removed"
        };
        Edit {
            text: left.concat(),
            message,
        }
    }

    fn edit(&self, text: &str) -> Edit {
        match self.state {
            Want::Present => self.present(text),
            Want::Absent => self.absent(text),
        }
    }
}

fn replace(mut all: Vec<String>, at: usize, line: &str) -> Edit {
    let new = if line.ends_with('\n') {
        line.to_owned()
    } else {
        format!("{line}\n")
    };
    let message = if all[at] == new { "" } else { "line replaced" };
    all[at] = new;
    Edit {
        text: all.concat(),
        message,
    }
}

impl Module for LineInFile {
    const NAME: &'static str = "lineinfile";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("destfile", "path"),
        ("name", "path"),
        ("regex", "regexp"),
        ("value", "line"),
    ];
    type Params = Params;
    type State = Edited;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.regexp.is_some() && params.search_string.is_some() {
            return Err(Diag::error(
                "`regexp` and `search_string` exclude each other",
            ));
        }
        if params.insertafter.is_some() && params.insertbefore.is_some() {
            return Err(Diag::error(
                "`insertafter` and `insertbefore` exclude each other",
            ));
        }
        match params.state {
            Want::Present if params.line.is_none() => {
                return Err(Diag::error(
                    "`line`, the line that shall be there, is missing",
                ));
            }
            Want::Present if params.backrefs && params.regexp.is_none() => {
                return Err(Diag::error(
                    "`backrefs` needs `regexp`, whose groups `line` refers to",
                ));
            }
            Want::Absent
                if params.regexp.is_none()
                    && params.search_string.is_none()
                    && params.line.is_none() =>
            {
                return Err(Diag::error(
                    "`state: absent` needs `regexp`, `search_string` or `line`",
                ));
            }
            _ => {}
        }
        if let Some(text) = &params.regexp {
            params.read.wanted = Some(pattern("regexp", text, false, false)?);
        }
        let place = [
            ("insertafter", &params.insertafter, "EOF"),
            ("insertbefore", &params.insertbefore, "BOF"),
        ];
        for (name, text, word) in place {
            if let Some(text) = text
                .as_deref()
                .filter(|text| *text != word && *text != "BOF" && *text != "EOF")
            {
                params.read.place = Some(pattern(name, text, false, false)?);
            }
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Edited, ProbeError> {
        let found = Edited::look(look, &params.path).await?;
        found.there(params.create || params.state == Want::Absent)?;
        Ok(found)
    }

    fn plan(params: &Params, state: &Edited) -> Result<Plan, String> {
        if state.text.is_none() && params.state == Want::Absent {
            return Ok(Plan::nothing());
        }
        let placing = Placing {
            wanted: params.wanted(),
            backup: params.backup,
            validate: params.validate.as_deref(),
        };
        let edit = params.edit(state.text.as_deref().unwrap_or_default());
        let (changes, mut steps) = state.plan(&edit.text, &placing)?;
        if state.text.is_none() {
            steps.splice(0..0, edited::make_folder(&state.placed.path));
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        params: &Params,
        before: &Edited,
        after: Option<&Edited>,
        plan: &Plan,
        ran: &[StepOutput],
    ) -> TaskResult {
        let message = match (plan.is_change(), &before.text) {
            (false, _) => "",
            (true, text) => params.edit(text.as_deref().unwrap_or_default()).message,
        };
        before.result(after, plan, ran, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, params, settled};
    use serde_json::{Value, json};

    fn edited(text: &str, mut args: Value) -> String {
        args["path"] = "/x".into();
        params::<LineInFile>("/".as_ref(), args)
            .unwrap()
            .edit(text)
            .text
    }

    #[test]
    fn the_line_goes_where_ansible_puts_it() {
        let add = |text: &str, more: Value| {
            let mut args = json!({ "line": "new" });
            args.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            edited(text, args)
        };
        assert_eq!(add("a\nb", json!({})), "a\nb\nnew\n");
        assert_eq!(add("a\nnew\nb\n", json!({})), "a\nnew\nb\n");
        assert_eq!(
            add("a1\na2\nb\n", json!({ "insertafter": "^a" })),
            "a1\na2\nnew\nb\n"
        );
        assert_eq!(
            add(
                "a1\na2\nb\n",
                json!({ "insertafter": "^a", "firstmatch": true })
            ),
            "a1\nnew\na2\nb\n"
        );
        assert_eq!(
            add("a\nb\n", json!({ "insertbefore": "^b$" })),
            "a\nnew\nb\n"
        );
        assert_eq!(add("a\n", json!({ "insertbefore": "BOF" })), "new\na\n");
        assert_eq!(
            add("a\nb\n", json!({ "insertafter": "nowhere" })),
            "a\nb\nnew\n"
        );
        assert_eq!(
            add("x=1\ny\nx=2\n", json!({ "regexp": "^x=" })),
            "x=1\ny\nnew\n"
        );
        assert_eq!(
            add(
                "x=1\nx=2\n",
                json!({ "search_string": "x=", "firstmatch": true })
            ),
            "new\nx=2\n"
        );
    }

    #[test]
    fn groups_are_put_into_the_line_only_where_it_matches() {
        let args = json!({ "regexp": r"^(\s*)port = (\d+)", "line": r"\1port = 5433 # \g<2>", "backrefs": true });
        assert_eq!(
            edited("  port = 5432\n", args.clone()),
            "  port = 5433 # 5432\n"
        );
        assert_eq!(edited("nothing\n", args), "nothing\n");
    }

    #[test]
    fn absent_takes_all_that_match() {
        let args = json!({ "regexp": "^#", "state": "absent" });
        assert_eq!(edited("# a\nb\n# c\n", args), "b\n");
        assert_eq!(
            edited("a\nb\n", json!({ "line": "b", "state": "absent" })),
            "a\n"
        );
    }

    #[test]
    fn the_file_is_edited_once() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("new/f");
            let args = json!({ "path": path, "line": "a = 'b'", "regexp": "^a", "create": true, "mode": "0600" });
            let first = live::<LineInFile>(&shell, folder.path(), args.clone());
            assert_eq!(first.values["msg"], "line added");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "a = 'b'\n");
            settled::<LineInFile>(&shell, folder.path(), args);
        }
    }
}
