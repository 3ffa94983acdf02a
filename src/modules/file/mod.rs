//! What stands at a path: a file's permissions and owner, a folder, a link, or nothing.
//!
//! ```yaml
//! - file: { path: /var/log/pgpool, state: directory, owner: postgres, mode: '0750' }
//! ```

mod plans;

use super::attributes::{Wanted, file_params, tell};
use super::folders;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{File as Found, FileAt, Kind, Look, ProbeError, Tree, expand, found};
use crate::modules::defaults::yes;
use plans::{absent, attributes_only, directory, hard, link, touch};
use serde::Deserialize;

/// `file`
pub struct File;

/// What shall stand at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// Nothing.
    Absent,
    /// A folder.
    Directory,
    /// What is there already.
    File,
    /// A hard link to `src`.
    Hard,
    /// A symbolic link to `src`.
    Link,
    /// A file; its times become now.
    Touch,
}

file_params! {
    /// The parameters of `file`.
    pub struct Params {
        /// The path.
        pub path: String,
        /// What shall stand there; what stands there already when it is left out.
        #[serde(default)]
        pub state: Option<Want>,
        /// What a link points to.
        #[serde(default)]
        pub src: Option<String>,
        /// Set permissions and owner of all that is in the folder too.
        #[serde(default)]
        pub recurse: bool,
        /// Link to what is not there, and replace what stands where the link goes.
        #[serde(default)]
        pub force: bool,
        /// Set permissions and owner of what a link points to.
        #[serde(default = "yes")]
        pub follow: bool,
        /// With `touch`: `now`, `preserve`, or a time like `202411231400.00`.
        #[serde(default = "now")]
        pub modification_time: String,
        /// With `touch`: `now`, `preserve`, or a time like `202411231400.00`.
        #[serde(default = "now")]
        pub access_time: String,
        /// The format of `modification_time`; only `%Y%m%d%H%M.%S`.
        #[serde(default = "touch_format")]
        pub modification_time_format: String,
        /// The format of `access_time`; only `%Y%m%d%H%M.%S`.
        #[serde(default = "touch_format")]
        pub access_time_format: String,
    }
}

fn now() -> String {
    "now".into()
}

fn touch_format() -> String {
    "%Y%m%d%H%M.%S".into()
}

/// What stands at the path.
pub struct State {
    path: String,
    /// The path itself, links not followed.
    here: Option<Found>,
    /// What is meant by it: links followed where the task does.
    meant: Option<Found>,
    /// The path of that.
    meant_path: String,
    missing: Vec<String>,
    inside: Vec<(String, Found)>,
    source: Option<Found>,
}

impl State {
    fn want(&self, params: &Params) -> Want {
        params
            .state
            .unwrap_or(match self.here.as_ref().map(|file| file.kind) {
                Some(Kind::Directory) => Want::Directory,
                Some(Kind::Link) if !params.follow => Want::Link,
                None if params.recurse => Want::Directory,
                _ => Want::File,
            })
    }
}

impl Module for File {
    const NAME: &'static str = "file";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("dest", "path"), ("name", "path")];
    const ABOUT: Option<&'static str> = Some("path");
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let wants_source = matches!(params.state, Some(Want::Link | Want::Hard));
        if params.state == Some(Want::Hard) && params.src.is_none() {
            return Err(Diag::error(
                "`state: hard` needs `src`, what the link leads to",
            ));
        }
        if params.src.is_some() && !wants_source {
            return Err(Diag::error(
                "`src` is for `state: link` and `state: hard` only",
            ));
        }
        if params.recurse && !matches!(params.state, None | Some(Want::Directory)) {
            return Err(Diag::error("`recurse` is for `state: directory` only"));
        }
        if params.modification_time_format != touch_format()
            || params.access_time_format != touch_format()
        {
            return Err(Diag::error("times can only be given as `%Y%m%d%H%M.%S`"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        params.no_context(look).await?;
        let path = expand(look, &params.path).await?;
        let path = if path.len() > 1 {
            path.trim_end_matches('/').to_owned()
        } else {
            path
        };
        let at = |path: &str, follow| {
            look.fact(FileAt {
                path: path.to_owned(),
                follow,
                hash: false,
            })
        };
        let own = FileAt {
            path: path.clone(),
            follow: false,
            hash: false,
        };
        let (here, _) = found(look, own.clone()).await?;
        let is_link = here.as_ref().is_some_and(|file| file.kind == Kind::Link);
        // Where the link itself is made or taken away, nothing of what it leads to is changed.
        let itself = match params.state {
            Some(Want::Absent | Want::Hard) => true,
            Some(Want::Link) => params.wanted() == Wanted::default(),
            _ => false,
        };
        let (meant, meant_path) = match (is_link && params.follow, itself) {
            (false, _) => (here.clone(), path.clone()),
            (true, true) => (at(&path, true).await?, path.clone()),
            (true, false) => {
                let behind = FileAt {
                    follow: true,
                    ..own
                };
                found(look, behind).await?
            }
        };
        let mut state = State {
            path,
            here,
            meant,
            meant_path,
            missing: Vec::new(),
            inside: Vec::new(),
            source: None,
        };
        let want = state.want(params);
        match want {
            Want::Directory if state.here.is_none() => {
                state.missing = folders::missing(look, &state.path).await?;
            }
            Want::Directory if params.recurse => {
                state.inside = look
                    .fact(Tree {
                        path: state.meant_path.clone(),
                        ..Tree::default()
                    })
                    .await?;
            }
            Want::Link | Want::Hard => {
                if let Some(src) = &params.src {
                    let folder = state
                        .path
                        .rsplit_once('/')
                        .map_or(".", |(folder, _)| folder);
                    let full = if src.starts_with('/') {
                        src.clone()
                    } else {
                        format!("{folder}/{src}")
                    };
                    state.source = at(&full, true).await?;
                    if state.source.is_none() && !(want == Want::Link && params.force) {
                        return Err(ProbeError::Failed(format!(
                            "{src}, which {} shall lead to, is not there; `force: true` links to it all the same",
                            state.path
                        )));
                    }
                }
            }
            Want::File if state.here.is_none() => {
                return Err(ProbeError::Failed(format!(
                    "{} is not there; `state: touch` makes an empty file, `copy` and `template` one with content",
                    state.path
                )));
            }
            _ => {}
        }
        Ok(state)
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let wanted = params.wanted();
        match state.want(params) {
            Want::Absent => Ok(absent(state)),
            Want::Directory => directory(params, state),
            Want::File => match &state.meant {
                Some(found) if matches!(found.kind, Kind::Directory) => {
                    Err(format!("{} is a directory, not a file", state.path))
                }
                Some(found) => Ok(attributes_only(&state.meant_path, found, &wanted)),
                None => Err(format!("{} is not there", state.path)),
            },
            Want::Link => link(params, state),
            Want::Hard => hard(params, state),
            Want::Touch => touch(params, state),
        }
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran);
        let seen = after.unwrap_or(before);
        let want = before.want(params);
        if let Some(found) = seen
            .meant
            .as_ref()
            .filter(|_| after.is_some() || !plan.is_change())
        {
            tell(&mut result, found);
        }
        let word = match want {
            Want::Absent => "absent",
            Want::Directory => "directory",
            Want::File | Want::Touch => "file",
            Want::Hard => "hard",
            Want::Link => "link",
        };
        result.values.insert("state".into(), word.into());
        let name = if matches!(want, Want::Link | Want::Hard | Want::Touch) {
            "dest"
        } else {
            "path"
        };
        result.values.insert(name.into(), seen.path.clone().into());
        if let Some(src) = &params.src {
            result.values.insert("src".into(), src.clone().into());
        }
        result
    }
}

#[cfg(test)]
mod tests;
