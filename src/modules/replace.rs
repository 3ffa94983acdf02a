//! Replaces all that matches in a text file.
//!
//! ```yaml
//! - replace: { path: /etc/hosts, regexp: '(\s+)old\.name(\s+.*)?$', replace: '\1new.name\2' }
//! ```

use super::attributes::file_params;
use super::edited::{Edited, expand_replacement, pattern};
use super::placed::Placing;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::utf8;
use regex::Regex;

/// `replace`
pub struct Replace;

file_params! {
    /// The parameters of `replace`.
    pub struct Params {
        /// The file.
        pub path: String,
        /// What is replaced; `^` and `$` match at each line.
        pub regexp: String,
        /// What it becomes; `\1` and `\g<name>` are groups.
        #[serde(default)]
        pub replace: String,
        /// Only behind what matches this.
        #[serde(default)]
        pub after: Option<String>,
        /// Only before what matches this.
        #[serde(default)]
        pub before: Option<String>,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// A command that must accept the file before it takes its place; `%s` is its path.
        #[serde(default)]
        pub validate: Option<String>,
        /// The encoding of the file; only `utf-8`.
        #[serde(default = "utf8")]
        pub encoding: String,
    }
}

/// The task, its expressions read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    wanted: Regex,
    section: Option<Regex>,
}

impl Ready {
    /// The text after the replacements, and how many there were.
    fn edit(&self, text: &str) -> (String, usize) {
        let unchanged = || (text.to_owned(), 0);
        let range = match &self.section {
            None => 0..text.len(),
            Some(section) => match section
                .captures(text)
                .and_then(|found| found.name("subsection"))
            {
                Some(found) => found.range(),
                None => return unchanged(),
            },
        };
        let part = &text[range.clone()];
        let count = self.wanted.find_iter(part).count();
        let new = self
            .wanted
            .replace_all(part, |found: &regex::Captures<'_>| {
                expand_replacement(&self.params.replace, found)
            });
        (
            format!("{}{new}{}", &text[..range.start], &text[range.end..]),
            count,
        )
    }
}

impl Module for Replace {
    const NAME: &'static str = "replace";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("dest", "path"), ("destfile", "path"), ("name", "path")];
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Ready;
    type State = Edited;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        if !matches!(
            params.encoding.to_ascii_lowercase().as_str(),
            "utf-8" | "utf8"
        ) {
            return Err(Diag::error("the encoding can only be utf-8"));
        }
        let wanted = pattern("regexp", &params.regexp, true, false)?;
        let section = match (&params.after, &params.before) {
            (Some(after), Some(before)) => Some(format!("{after}(?P<subsection>.*?){before}")),
            (Some(after), None) => Some(format!("{after}(?P<subsection>.*)")),
            (None, Some(before)) => Some(format!("(?P<subsection>.*){before}")),
            (None, None) => None,
        };
        let section = section
            .map(|text| pattern("after` or `before", &text, false, true))
            .transpose()?;
        Ok(Ready {
            params,
            wanted,
            section,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Edited, ProbeError> {
        ready.params.no_context(look).await?;
        let found = Edited::look(look, &ready.params.path).await?;
        found.there(false)?;
        Ok(found)
    }

    fn plan(ready: &Ready, state: &Edited) -> Result<Plan, String> {
        let (new, _) = ready.edit(state.text.as_deref().unwrap_or_default());
        let placing = Placing {
            wanted: ready.params.wanted(),
            backup: ready.params.backup,
            validate: ready.params.validate.as_deref(),
        };
        let (changes, steps) = state.plan(&new, &placing)?;
        // What matches again after it was replaced can't be asked for afterwards.
        let again = ready.edit(&new).0 != new;
        Ok(if again {
            Plan::Act { changes, steps }
        } else {
            Plan::Converge { changes, steps }
        })
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
        let (_, count) = ready.edit(before.text.as_deref().unwrap_or_default());
        let message = if plan.is_change() {
            format!("{count} replacements made")
        } else {
            String::new()
        };
        before.result(after, plan, ran, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, ready, settled};
    use serde_json::{Value, json};

    fn edit(text: &str, mut args: Value) -> String {
        args["path"] = "/x".into();
        ready::<Replace>("/".as_ref(), args).unwrap().edit(text).0
    }

    #[test]
    fn all_matches_are_replaced_within_their_section() {
        assert_eq!(
            edit(
                "a1\na2\n",
                json!({ "regexp": r"^a(\d)$", "replace": r"b\1" })
            ),
            "b1\nb2\n"
        );
        let args = json!({ "regexp": "x", "replace": "y", "after": "<", "before": ">" });
        assert_eq!(edit("x<x\nx>x", args), "x<y\ny>x");
        assert_eq!(edit("x", json!({ "regexp": "x", "after": "<" })), "x");
    }

    #[test]
    fn the_file_is_edited_once() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("f"), "port=1\nport=2\n").unwrap();
            let args = json!({ "path": folder.path().join("f"), "regexp": "^port=.*$", "replace": "port=3" });
            assert_eq!(
                live::<Replace>(&shell, folder.path(), args.clone()).values["msg"],
                "2 replacements made"
            );
            settled::<Replace>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn what_would_match_again_and_again_is_an_act() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), "a").unwrap();
        let args = json!({ "path": folder.path().join("f"), "regexp": "a", "replace": "aa" });
        assert!(live::<Replace>(&Shell::dash(), folder.path(), args).changed);
        assert_eq!(
            std::fs::read_to_string(folder.path().join("f")).unwrap(),
            "aa"
        );
    }
}
