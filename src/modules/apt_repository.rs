//! An archive of Debian packages, as a line of `/etc/apt/sources.list` or `/etc/apt/sources.list.d`.
//!
//! ```yaml
//! - apt_repository:
//!     repo: deb [signed-by=/etc/apt/keyrings/pgdg.asc] https://apt.postgresql.org/pub/repos/apt trixie-pgdg main
//!     filename: pgdg
//! ```
//!
//! The lists of packages are read anew where a line was changed. `ppa:` is refused: write the line of the
//! archive and put its key by `copy`. Newer hosts have `deb822_repository`.

use super::apt::refresh;
use super::attributes::Wanted;
use super::defaults::yes;
use super::drop_ins::texts;
use super::edited::{Edited, lines};
use super::mode::Mode;
use super::placed::{Placing, act};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::step::pinned;
use serde::Deserialize;

/// `apt_repository`
pub struct AptRepository;

/// The parameters of `apt_repository`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What has no effect is only named, so that it is taken.
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The line: `deb [OPTIONS] ADDRESS SUITE COMPONENT...`.
    pub repo: String,
    /// Whether it is there.
    #[serde(default)]
    pub state: Presence,
    /// The file in `/etc/apt/sources.list.d` for a new line, without `.list`; called after the address
    /// when it is left out.
    #[serde(default)]
    pub filename: Option<String>,
    /// The permissions of a new file.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Read the lists of packages anew where a line was changed.
    #[serde(default = "yes")]
    pub update_cache: bool,
    /// How often reading the lists is tried.
    #[serde(default = "tries")]
    pub update_cache_retries: u32,
    /// The longest pause between two tries, in seconds.
    #[serde(default = "pause")]
    pub update_cache_retry_max_delay: u32,
    /// Has no effect: nothing is fetched to make a line.
    #[serde(default)]
    pub validate_certs: Option<bool>,
    /// Has no effect: it is for `ppa:` alone.
    #[serde(default)]
    pub codename: Option<String>,
    /// Has no effect: no Python is needed.
    #[serde(default)]
    pub install_python_apt: Option<bool>,
}

fn tries() -> u32 {
    5
}

fn pause() -> u32 {
    12
}

const LIST: &str = "/etc/apt/sources.list";
const LISTS: &str = "/etc/apt/sources.list.d";

/// A line of a list: whether it is in use, and the source in it without needless blanks.
fn source(line: &str) -> Option<(bool, String)> {
    let line = line.trim();
    let (enabled, rest) = match line.strip_prefix('#') {
        Some(rest) => (false, rest),
        None => (true, line),
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let words: Vec<&str> = rest.split_whitespace().collect();
    ["deb", "deb-src"]
        .contains(words.first()?)
        .then(|| (enabled, words.join(" ")))
}

/// What the file of a new source is called: its address, with `_` for what is no letter or digit.
fn suggested(source: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in source.chars() {
        match c {
            '[' => inside = true,
            ']' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let word = text
        .split_whitespace()
        .find(|word| !["deb", "deb-src"].contains(word))
        .unwrap_or_default();
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let word = word.split_once('@').map_or(word, |(_, rest)| rest);
    let parts = word.split(|c: char| !c.is_ascii_alphanumeric());
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

/// The task, read.
pub struct Ready {
    params: Params,
    /// The source without needless blanks.
    source: String,
    /// The file for a new line.
    path: String,
}

/// The lists.
pub struct State {
    /// All that are there.
    files: Vec<Edited>,
    /// The one for a new line.
    own: Edited,
}

impl Ready {
    fn is(&self, line: &str, wanted: Option<bool>) -> bool {
        source(line).is_some_and(|(enabled, source)| {
            source == self.source && wanted.is_none_or(|wanted| wanted == enabled)
        })
    }

    /// A list as it is declared; a new line is added to none.
    fn edit(&self, text: &str) -> String {
        let all = lines(text).into_iter();
        match self.params.state {
            Presence::Present => all
                .map(|line| {
                    if self.is(&line, Some(false)) {
                        format!("{}\n", self.source)
                    } else {
                        line
                    }
                })
                .collect(),
            Presence::Absent => all.filter(|line| !self.is(line, Some(true))).collect(),
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            mode: self.params.mode.as_ref(),
            ..Wanted::default()
        }
    }
}

impl State {
    fn holds(&self, is: impl Fn(&str) -> bool) -> bool {
        let texts = self.files.iter().filter_map(|file| file.text.as_deref());
        texts.flat_map(str::lines).any(is)
    }
}

impl Module for AptRepository {
    const NAME: &'static str = "apt_repository";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("update-cache", "update_cache")];
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        if params.repo.starts_with("ppa:") {
            return Err(Diag::error("`repo: ppa:...` is not supported").help(
                "write its line: deb https://ppa.launchpadcontent.net/OWNER/NAME/ubuntu SUITE main, and put its key by `copy`",
            ));
        }
        let source = match source(&params.repo) {
            Some((true, source))
                if source.split(' ').count() > 2 && !params.repo.trim().contains('\n') =>
            {
                source
            }
            _ => {
                return Err(
                    Diag::error(format!("`{}` is no line of a list", params.repo.trim()))
                        .help("it is written as deb ADDRESS SUITE COMPONENT..."),
                );
            }
        };
        let name = params
            .filename
            .clone()
            .unwrap_or_else(|| suggested(&source));
        if name.is_empty() || name.contains('\0') {
            return Err(
                Diag::error("no file can be called after this address").help("set `filename`")
            );
        }
        let path = if name.contains('/') {
            format!("{name}.list")
        } else {
            format!("{LISTS}/{name}.list")
        };
        Ok(Ready {
            params,
            source,
            path,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let (main, mut files, own) = futures::try_join!(
            Edited::look(look, LIST),
            texts(look, LISTS, ".list"),
            Edited::look(look, &ready.path),
        )?;
        files.insert(0, main);
        Ok(State { files, own })
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        for file in &state.files {
            let Some(text) = file.text.as_deref() else {
                continue;
            };
            let new = ready.edit(text);
            if new == text {
                continue;
            }
            let there = file.placed.file.as_ref().filter(|_| new.is_empty());
            if let Some(there) = there {
                let path = &file.placed.path;
                changes.push(Change::new(Sign::Remove, path));
                let lines = pinned::remove(path, there.seen());
                steps.push(act(format!("remove {path}"), &lines));
                continue;
            }
            let (edits, put) = file.plan(&new, &Placing::default())?;
            changes.extend(edits);
            steps.extend(put);
        }
        let present = ready.params.state == Presence::Present;
        if present && !state.holds(|line| ready.is(line, None)) {
            let mut text = state.own.text.clone().unwrap_or_default();
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text += &format!("{}\n", ready.source);
            let new = state.own.text.is_none();
            let placing = Placing {
                wanted: if new {
                    ready.wanted()
                } else {
                    Wanted::default()
                },
                ..Placing::default()
            };
            let (edits, put) = state.own.plan(&text, &placing)?;
            changes.extend(edits);
            steps.extend(put);
        }
        if !steps.is_empty() && ready.params.update_cache {
            let params = &ready.params;
            steps.push(refresh(
                params.update_cache_retries,
                params.update_cache_retry_max_delay,
            ));
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready, plan, ran, ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let of = |sign: Sign| {
            let changes = plan.changes().iter().filter(|change| change.sign == sign);
            changes
                .map(|change| change.what.clone())
                .collect::<Vec<_>>()
        };
        TaskResult::of(plan, ran)
            .with("repo", ready.params.repo.clone())
            .with("state", ready.params.state.word())
            .with("sources_added", of(Sign::Add))
            .with("sources_removed", of(Sign::Remove))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    const FILE: &str = "81a4 0 0 root root 0 1 2 3 77 5 1\n";

    /// What is done where `sources.list` holds this: the paths that are written, with their text.
    fn done(args: Value, list: &str) -> Vec<String> {
        let said = format!("bytes\n{list}");
        let file = format!("{FILE}bytes\n{list}");
        let answers = [
            ("find /etc/apt/sources.list.d", ""),
            ("/etc/apt/sources.list\nif [ -f", said.as_str()),
            (".list\nif [ -f", "absent\n"),
            ("/etc/apt/sources.list\n", file.as_str()),
            (".list\n", ""),
        ];
        let plan = planned::<AptRepository>(args.clone(), &answers).unwrap();
        assert!(!left::<AptRepository>(args, &answers).unwrap().is_change());
        let told = |action: &Action| match action {
            Action::Put(upload) => {
                format!(
                    "{}: {}",
                    upload.path,
                    String::from_utf8_lossy(&upload.content)
                )
            }
            Action::Run(script) if script.text.contains("update") => "update".to_owned(),
            other => format!("{other:?}").chars().take(3).collect(),
        };
        plan.steps().iter().map(|step| told(&step.action)).collect()
    }

    #[test]
    fn a_new_line_gets_a_file_called_after_its_address() {
        let repo = "deb  [arch=amd64 signed-by=/x.asc] https://ann:pw@apt.postgresql.org/pub/repos/apt/ trixie-pgdg  main";
        let path = "/etc/apt/sources.list.d/apt_postgresql_org_pub_repos_apt.list";
        let line = "deb [arch=amd64 signed-by=/x.asc] https://ann:pw@apt.postgresql.org/pub/repos/apt/ trixie-pgdg main\n";
        assert_eq!(
            done(json!({ "repo": repo }), "deb http://a b c\n"),
            [format!("{path}: {line}"), "update".to_owned()]
        );
        let named = json!({ "repo": repo, "filename": "pgdg", "update_cache": false });
        assert_eq!(
            done(named, ""),
            [format!("/etc/apt/sources.list.d/pgdg.list: {line}")]
        );
    }

    #[test]
    fn a_line_that_is_there_is_left_or_let_out_of_its_comment() {
        let args = json!({ "repo": "deb http://a b c", "update_cache": false });
        assert!(done(args.clone(), "x\ndeb   http://a b   c # why\n").is_empty());
        assert_eq!(
            done(args, "# deb http://a b c\n"),
            ["/etc/apt/sources.list: deb http://a b c\n"]
        );
    }

    #[test]
    fn a_line_goes_and_a_file_that_holds_no_other_goes_with_it() {
        let args = json!({ "repo": "deb http://a b c", "state": "absent", "update_cache": false });
        assert_eq!(
            done(args.clone(), "deb http://a b c\n#x\n"),
            ["/etc/apt/sources.list: #x\n"]
        );
        assert_eq!(done(args.clone(), "deb http://a b c\n"), ["Run"]);
        assert!(done(args, "#deb http://a b c\n").is_empty());
    }

    #[test]
    fn what_is_no_line_of_a_list_is_refused() {
        let told = |repo: &str| {
            let refused = ready::<AptRepository>("/".as_ref(), json!({ "repo": repo }));
            refused.err().unwrap().to_string()
        };
        assert!(told("ppa:nginx/stable").contains("ppa:"));
        assert!(told("http://a b c").contains("no line"));
        assert!(told("# deb http://a b c").contains("no line"));
    }
}
