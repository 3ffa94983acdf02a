//! What stands at a path: a file's permissions and owner, a folder, a link, or nothing.
//!
//! ```yaml
//! - file: { path: /var/log/pgpool, state: directory, owner: postgres, mode: '0750' }
//! ```

use super::attributes::{Wanted, file_params, values};
use super::folders;
use super::placed::run;
use super::{Change, Controller, Detail, Module, Plan, Sign, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{File as Found, FileAt, Kind, Look, ProbeError, Tree, expand};
use crate::step::{Step, quote};
use serde::Deserialize;
use std::fmt::Write;

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

fn yes() -> bool {
    true
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
    missing: Vec<String>,
    inside: Vec<(String, Found)>,
    source: Option<Found>,
}

impl State {
    /// The path that attributes are set on.
    fn meant_path(&self) -> &str {
        self.here
            .as_ref()
            .and_then(|file| file.real.as_deref())
            .filter(|_| self.meant != self.here)
            .unwrap_or(&self.path)
    }

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
    type Params = Params;
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
        let here = at(&path, false).await?;
        let is_link = here.as_ref().is_some_and(|file| file.kind == Kind::Link);
        let meant = if is_link && params.follow {
            at(&path, true).await?
        } else {
            here.clone()
        };
        let mut state = State {
            path,
            here,
            meant,
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
                        path: state.path.clone(),
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
                Some(found) => Ok(attributes_only(state.meant_path(), found, &wanted)),
                None => Err(format!("{} is not there", state.path)),
            },
            Want::Link => link(params, state),
            Want::Hard => hard(params, state),
            Want::Touch => touch(params, state),
        }
    }

    fn result(
        params: &Params,
        before: &State,
        after: Option<&State>,
        plan: &Plan,
        ran: &[StepOutput],
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran);
        let seen = after.unwrap_or(before);
        let want = before.want(params);
        if let Some(found) = seen
            .meant
            .as_ref()
            .filter(|_| after.is_some() || !plan.is_change())
        {
            result.values = values(found);
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

fn converge(changes: Vec<Change>, what: String, script: String) -> Plan {
    let steps = if script.is_empty() {
        Vec::new()
    } else {
        vec![run(what, script)]
    };
    Plan::Converge { changes, steps }
}

fn attributes_only(path: &str, found: &Found, wanted: &Wanted<'_>) -> Plan {
    converge(
        wanted.changes(path, found),
        format!("set attributes of {path}"),
        wanted.script(path, found),
    )
}

fn absent(state: &State) -> Plan {
    let path = &state.path;
    match &state.here {
        None => Plan::nothing(),
        Some(found) => {
            let is_folder = found.kind == Kind::Directory;
            let what = if is_folder {
                format!("{path}/")
            } else {
                path.clone()
            };
            let flag = if is_folder { "-rf" } else { "-f" };
            converge(
                vec![Change::new(Sign::Remove, what)],
                format!("remove {path}"),
                format!("rm {flag} {}", quote(path)),
            )
        }
    }
}

fn directory(params: &Params, state: &State) -> Result<Plan, String> {
    let wanted = params.wanted();
    let path = &state.path;
    let Some(found) = &state.meant else {
        let (changes, script) = folders::make(&state.missing, &wanted);
        return Ok(converge(changes, format!("make {path}/"), script));
    };
    if found.kind != Kind::Directory {
        return Err(format!(
            "{path} is a {}, where a directory is wanted: move it away first",
            found.kind.word()
        ));
    }
    if !params.recurse {
        return Ok(attributes_only(state.meant_path(), found, &wanted));
    }
    let mut changes = Vec::new();
    let mut script = String::new();
    for (path, found) in &state.inside {
        changes.extend(wanted.changes(path, found));
        script.push_str(&wanted.script(path, found));
    }
    Ok(converge(
        changes,
        format!("set attributes under {path}/"),
        script,
    ))
}

fn link(params: &Params, state: &State) -> Result<Plan, String> {
    let path = &state.path;
    let wanted = params.wanted();
    let old = match &state.here {
        Some(found) if found.kind == Kind::Link => found.target.clone(),
        Some(found) if !params.force => {
            return Err(format!(
                "{path} is a {}, where a link is wanted; `force: true` replaces it",
                found.kind.word()
            ));
        }
        _ => None,
    };
    let Some(src) = params.src.as_ref().or(old.as_ref()) else {
        return Err(format!("`state: link` needs `src`, what {path} leads to"));
    };
    if old.as_ref() == Some(src) {
        return Ok(match &state.meant {
            // A link that leads nowhere has nothing whose attributes could be set.
            Some(found) if found.kind != Kind::Link || !params.follow => {
                attributes_only(state.meant_path(), found, &wanted)
            }
            _ => Plan::nothing(),
        });
    }
    let sign = if state.here.is_some() {
        Sign::Modify
    } else {
        Sign::Add
    };
    let detail = Detail::Attribute {
        name: "link".into(),
        from: old.clone(),
        to: Some(src.clone()),
    };
    let mut text = String::new();
    if state
        .here
        .as_ref()
        .is_some_and(|found| found.kind == Kind::Directory)
    {
        let _ = writeln!(text, "rmdir {} || exit", quote(path));
    }
    let _ = writeln!(text, "ln -sfn {} {} || exit", quote(src), quote(path));
    if !params.follow {
        text.push_str(&link_owner(path, &wanted));
    }
    let changes = vec![Change {
        sign,
        what: path.clone(),
        detail,
    }];
    Ok(converge(changes, format!("link {path}"), text))
}

fn link_owner(path: &str, wanted: &Wanted<'_>) -> String {
    match (wanted.owner, wanted.group) {
        (None, None) => String::new(),
        (owner, group) => {
            let group = group.map(|group| format!(":{group}")).unwrap_or_default();
            format!(
                "chown -h {} {} || exit\n",
                quote(&format!("{}{group}", owner.unwrap_or_default())),
                quote(path)
            )
        }
    }
}

fn hard(params: &Params, state: &State) -> Result<Plan, String> {
    let path = &state.path;
    let (Some(src), Some(source)) = (&params.src, &state.source) else {
        return Err("`state: hard` needs `src`, what the link leads to".into());
    };
    match &state.here {
        Some(found) if (found.inode, found.dev) == (source.inode, source.dev) => {
            return Ok(attributes_only(path, found, &params.wanted()));
        }
        Some(found) if found.kind == Kind::Directory || !params.force => {
            return Err(format!(
                "{path} is another {} already; `force: true` replaces a file",
                found.kind.word()
            ));
        }
        _ => {}
    }
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let full = if src.starts_with('/') {
        src.clone()
    } else {
        format!("{folder}/{src}")
    };
    let sign = if state.here.is_some() {
        Sign::Modify
    } else {
        Sign::Add
    };
    let detail = Detail::Attribute {
        name: "hard link".into(),
        from: None,
        to: Some(src.clone()),
    };
    let script = format!("ln -f {} {}", quote(&full), quote(path));
    Ok(converge(
        vec![Change {
            sign,
            what: path.clone(),
            detail,
        }],
        format!("link {path}"),
        script,
    ))
}

fn touch(params: &Params, state: &State) -> Result<Plan, String> {
    let path = state.meant_path();
    let wanted = params.wanted();
    let keeps = params.modification_time == "preserve" && params.access_time == "preserve";
    let mut script = String::new();
    let mut changes = Vec::new();
    if state.here.is_none() {
        let _ = writeln!(script, ": >>{} || exit", quote(path));
        changes.push(Change::new(Sign::Add, path));
        changes.extend(wanted.additions(path, false));
    } else if keeps {
        return Ok(match &state.meant {
            Some(found) => attributes_only(path, found, &wanted),
            None => Plan::nothing(),
        });
    } else {
        changes.push(Change::new(Sign::Run, format!("touch {path}")));
    }
    for (flag, time) in [
        ("-m", &params.modification_time),
        ("-a", &params.access_time),
    ] {
        let at = match time.as_str() {
            "preserve" => continue,
            "now" => String::new(),
            time if time.chars().all(|c| c.is_ascii_digit() || c == '.') => format!("-t {time} "),
            time => {
                return Err(format!(
                    "`{time}` is no time: `now`, `preserve` or like 202411231400.00 is wanted"
                ));
            }
        };
        let _ = writeln!(script, "touch {flag} {at}{} || exit", quote(path));
    }
    match &state.meant {
        Some(found) => {
            changes.extend(wanted.changes(path, found));
            script.push_str(&wanted.script(path, found));
        }
        None => script.push_str(&wanted.new_script(path, false)),
    }
    let steps: Vec<Step> = vec![run(format!("touch {path}"), script)];
    Ok(Plan::Act { changes, steps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, planned, settled};
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_folder_is_made_with_those_above_it() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a/b c/d");
            let args = json!({ "path": path, "state": "directory", "mode": "0750", "owner": "root", "group": "0" });
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            assert_eq!(
                (mode(&path), mode(&folder.path().join("a"))),
                (0o750, 0o750)
            );
            settled::<File>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn recurse_mends_all_that_is_inside() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
            std::fs::write(folder.path().join("a/b/c"), "").unwrap();
            let args =
                json!({ "path": folder.path().join("a"), "recurse": true, "mode": "u=rwX,go=" });
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            assert_eq!(
                (
                    mode(&folder.path().join("a/b")),
                    mode(&folder.path().join("a/b/c"))
                ),
                (0o700, 0o600)
            );
            settled::<File>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn links_are_made_moved_and_left() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let link = folder.path().join("link");
            for target in ["one", "two"] {
                std::fs::create_dir(folder.path().join(target)).unwrap();
                let args = json!({ "path": link, "src": target, "state": "link", "owner": "root" });
                assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
                assert_eq!(std::fs::read_link(&link).unwrap(), Path::new(target));
                settled::<File>(&shell, folder.path(), args);
            }
            let args = json!({ "path": link, "src": "nowhere", "state": "link", "force": true, "mode": "0600" });
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            settled::<File>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn a_hard_link_is_known_by_its_inode() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("one"), "").unwrap();
            let args = json!({ "path": folder.path().join("two"), "src": "one", "state": "hard" });
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            settled::<File>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn absent_takes_folders_and_links_away_and_not_what_they_lead_to() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
            std::os::unix::fs::symlink("a", folder.path().join("l")).unwrap();
            let args = json!({ "path": folder.path().join("l"), "state": "absent" });
            assert!(live::<File>(&shell, folder.path(), args).changed);
            assert!(folder.path().join("a/b").exists());
            let args = json!({ "path": folder.path().join("a"), "state": "absent" });
            assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            settled::<File>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn touch_acts_and_preserve_spares_what_is_there() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t");
            let args = json!({ "path": path, "state": "touch", "mode": "0600" });
            for _ in 0..2 {
                assert!(live::<File>(&shell, folder.path(), args.clone()).changed);
            }
            assert_eq!(mode(&path), 0o600);
            let args = json!({
                "path": path, "state": "touch", "modification_time": "preserve", "access_time": "preserve",
            });
            settled::<File>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error_that_says_what_to_do() {
        let error =
            planned::<File>(json!({ "path": "/x", "mode": "0600" }), &[("p=/x", "")]).unwrap_err();
        assert!(error.contains("state: touch"), "{error}");
    }
}
