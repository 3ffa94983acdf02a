//! One line of a text file.
//!
//! ```yaml
//! - lineinfile: { path: /etc/pgpool2/pool_hba.conf, regexp: '^host all', line: 'hostssl all all samenet scram-sha-256' }
//! ```

mod edit;

use super::attributes::file_params;
use super::edited::{self, Edited, pattern};
use super::placed::Placing;
use super::presence::Presence;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use regex::Regex;

/// `lineinfile`
pub struct LineInFile;

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
        pub state: Presence,
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
    }
}

/// The task, its expressions read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    wanted: Option<Regex>,
    place: Option<Regex>,
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
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Ready;
    type State = Edited;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
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
            Presence::Present if params.line.is_none() => {
                return Err(Diag::error(
                    "`line`, the line that shall be there, is missing",
                ));
            }
            Presence::Present if params.backrefs && params.regexp.is_none() => {
                return Err(Diag::error(
                    "`backrefs` needs `regexp`, whose groups `line` refers to",
                ));
            }
            Presence::Absent
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
        let wanted = params.regexp.as_deref();
        let wanted = wanted.map(|text| pattern("regexp", text, false, false));
        let wanted = wanted.transpose()?;
        let mut place = None;
        let places = [
            ("insertafter", &params.insertafter, "EOF"),
            ("insertbefore", &params.insertbefore, "BOF"),
        ];
        for (name, text, word) in places {
            if let Some(text) = text
                .as_deref()
                .filter(|text| *text != word && *text != "BOF" && *text != "EOF")
            {
                place = Some(pattern(name, text, false, false)?);
            }
        }
        Ok(Ready {
            params,
            wanted,
            place,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Edited, ProbeError> {
        ready.params.no_context(look).await?;
        let found = Edited::look(look, &ready.params.path).await?;
        found.there(ready.params.create || ready.params.state == Presence::Absent)?;
        Ok(found)
    }

    fn plan(ready: &Ready, state: &Edited) -> Result<Plan, String> {
        if state.text.is_none() && ready.params.state == Presence::Absent {
            return Ok(Plan::nothing());
        }
        let placing = Placing {
            wanted: ready.params.wanted(),
            backup: ready.params.backup,
            validate: ready.params.validate.as_deref(),
        };
        let edit = ready.edit(state.text.as_deref().unwrap_or_default());
        let (changes, mut steps) = state.plan(&edit.text, &placing)?;
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
        let message = match (plan.is_change(), &before.text) {
            (false, _) => "",
            (true, text) => ready.edit(text.as_deref().unwrap_or_default()).message,
        };
        let result = before.result(after, plan, ran, message);
        let kept = result.values.get("backup_file").cloned();
        result.with("backup", kept.unwrap_or_else(|| "".into()))
    }
}

#[cfg(test)]
mod tests;
