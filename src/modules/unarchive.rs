//! Unpacks an archive: tar with any compression that the host's tar knows, or zip.
//!
//! ```yaml
//! - unarchive:
//!     src: https://example.org/tool-1.2.tar.gz
//!     remote_src: true
//!     dest: /opt
//!     creates: /opt/tool-1.2/bin/tool
//! ```
//!
//! The host needs GNU tar, or unzip for a zip. An archive of the controller or of the web is sent to the host to be
//! compared, also in a plan, unless `creates` spares it. `dest` itself is entered by no name that another user
//! can change; what tar finds in it is its own matter: where others can write there, unpack as its owner
//! (`become_user`).

use super::attributes::file_params;
use super::download::{Download, MOST};
use super::executed::Needed;
use super::source::Source;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::http::Peer;
use crate::facts::{Archive, File, Look, ProbeError, Unpacked, Unpacking, expand};
use crate::modules::defaults::yes;
use crate::step::{Action, Effect, Place, Step, shown};
use serde_json::Map;
use std::time::Duration;

/// `unarchive`
pub struct Unarchive;

/// How long an archive of the web may take to come.
const LIMIT: Duration = Duration::from_secs(1800);
/// Of an archive with more names it is only told that they come.
const NAMES: usize = 1000;

file_params! {
    /// The parameters of `unarchive`.
    pub struct Params {
        /// The archive: of the controller, or with `remote_src` of the host, or at an `http:` or `https:` address.
        pub src: String,
        /// The folder that it is unpacked in, which must be there.
        pub dest: String,
        /// `src` is on the host, or at an address as the host sees it.
        #[serde(default)]
        pub remote_src: bool,
        /// Don't do it when this path, or something that matches this glob, is there.
        #[serde(default)]
        pub creates: Option<String>,
        /// Return the names in the archive as `files`.
        #[serde(default)]
        pub list_files: bool,
        /// Only these paths or globs.
        #[serde(default)]
        pub include: Vec<String>,
        /// Not these paths or globs.
        #[serde(default)]
        pub exclude: Vec<String>,
        /// Leave what is newer on the host.
        #[serde(default)]
        pub keep_newer: bool,
        /// More options for tar or unzip: `--strip-components=1`.
        #[serde(default)]
        pub extra_opts: Vec<String>,
        /// Verify the server's certificate.
        #[serde(default = "yes")]
        pub validate_certs: bool,
        /// Decrypt a vaulted archive; such a one is refused unless this is off.
        #[serde(default = "yes")]
        pub decrypt: bool,
        /// The opposite of `remote_src`, as older playbooks have it.
        #[serde(default)]
        pub copy: Option<bool>,
        /// Accepted for Ansible's sake.
        #[serde(default)]
        pub io_buffer_size: Option<u64>,
    }
}

/// The task, with what was read on the controller.
#[derive(Debug)]
pub struct Ready {
    params: Params,
    sent: Option<Archive>,
}

/// What was found.
#[derive(Debug)]
pub struct State {
    needed: Needed,
    compared: Option<(Unpacking, Unpacked)>,
}

impl Ready {
    async fn archive(&self, look: &Look) -> Result<Archive, ProbeError> {
        let src = &self.params.src;
        if let Some(sent) = &self.sent {
            return Ok(sent.clone());
        }
        if !src.contains("://") {
            return expand(look, src).await.map(Archive::At);
        }
        let fetched = Download {
            peer: Peer {
                unverified: !self.params.validate_certs,
                ..Peer::default()
            },
            headers: &Map::new(),
            agent: None,
            limit: LIMIT,
            most: MOST,
        };
        let response = fetched.get(look, src, None).await?;
        match response.status {
            200 => Ok(Archive::Sent(response.body.into())),
            _ => Err(ProbeError::Failed(format!(
                "{}: {}",
                shown(src),
                response.words()
            ))),
        }
    }

    /// What differs and counts, as changes.
    fn changes(&self, to: &Unpacking, compared: &Unpacked) -> Vec<Change> {
        let wanted = self.params.wanted();
        let what = format!("{} in {}", shown(&self.params.src), to.dest);
        match compared {
            Unpacked::New => vec![Change::new(Sign::Add, what)],
            Unpacked::Is { differs, there, .. } => {
                let counts = |line: &&String| {
                    !((line.ends_with(": Uid differs") && wanted.owner.is_some())
                        || (line.ends_with(": Gid differs") && wanted.group.is_some())
                        || (line.ends_with(": Mode differs") && wanted.mode.is_some()))
                };
                let other = |(name, file): &(String, File)| !wanted.changes(name, file).is_empty();
                match differs.iter().find(counts) {
                    None if !there.iter().any(other) => Vec::new(),
                    _ => vec![Change::new(Sign::Add, what)],
                }
            }
            _ => Vec::new(),
        }
    }
}

impl Module for Unarchive {
    const NAME: &'static str = "unarchive";
    const ABOUT: Option<&'static str> = Some("dest");
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        if !params.include.is_empty() && !params.exclude.is_empty() {
            return Err(Diag::error("`include` and `exclude` exclude each other"));
        }
        if params.remote_src || params.copy == Some(false) {
            return Ok(Ready { params, sent: None });
        }
        if params.src.contains("://") {
            return Err(Diag::error(
                "an archive at an address needs `remote_src: true`",
            ));
        }
        let path = controller.find("files", &params.src)?;
        let source = Source::read(&path, &params.src, true)?.opened(params.decrypt)?;
        let Source::File { content, .. } = source else {
            return Err(Diag::error(format!(
                "{} is a folder where an archive is wanted",
                path.display()
            )));
        };
        let sent = Some(Archive::Sent(content));
        Ok(Ready { params, sent })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let params = &ready.params;
        params.no_context(look).await?;
        let needed = Needed::look(look, None, params.creates.as_deref(), None).await?;
        if needed.spared.is_some() {
            return Ok(State {
                needed,
                compared: None,
            });
        }
        let to = Unpacking {
            archive: ready.archive(look).await?,
            dest: expand(look, &params.dest).await?,
            options: params.extra_opts.clone(),
            include: params.include.clone(),
            exclude: params.exclude.clone(),
            keep_newer: params.keep_newer,
        };
        let failed = |what: String| Err(ProbeError::Failed(what));
        let compared = look.fact(to.clone()).await?;
        match &compared {
            Unpacked::NoFolder => failed(format!("dest '{}' must be an existing dir", to.dest)),
            Unpacked::NoArchive => failed(format!("Source '{}' does not exist", params.src)),
            Unpacked::Lacks(program) => failed(format!(
                "the host has no {} to unpack {} with: install the package {program}",
                if program == "tar" { "GNU tar" } else { program },
                shown(&params.src)
            )),
            Unpacked::Broken(said) => {
                failed(format!("{} can't be unpacked: {said}", shown(&params.src)))
            }
            Unpacked::Is { .. } | Unpacked::New => Ok(State {
                needed,
                compared: Some((to, compared)),
            }),
        }
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let Some((to, compared)) = &state.compared else {
            return Ok(Plan::nothing());
        };
        let changes = ready.changes(to, compared);
        if changes.is_empty() {
            return Ok(Plan::nothing());
        }
        let wanted = ready.params.wanted();
        let owner = wanted.owner.unwrap_or_default();
        let whom = wanted
            .group
            .map_or_else(|| owner.to_owned(), |group| format!("{owner}:{group}"));
        let mode = wanted
            .mode
            .map(super::mode::Mode::chmod)
            .unwrap_or_default();
        let what = format!("unpack {} in {}", shown(&ready.params.src), to.dest);
        let makes = match compared {
            Unpacked::Is { members, .. } if members.len() <= NAMES && to.options.is_empty() => {
                let path = |name: &String| format!("{}/{name}", to.dest.trim_end_matches('/'));
                let something = |name| Effect::Path(path(name), Place::Something);
                members
                    .iter()
                    .filter(|name| !name.ends_with('/'))
                    .map(something)
                    .collect()
            }
            _ => vec![Effect::Path(
                to.dest.clone(),
                Place::Unknown("it holds what the archive holds".to_owned()),
            )],
        };
        let step = Step::new(what, Action::Run(to.script(&whom, &mode)));
        Ok(Plan::Act {
            changes,
            steps: vec![
                step.making(makes)
                    .making(state.needed.makes.iter().cloned()),
            ],
        })
    }

    fn result(
        Course {
            ready,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let mut result = TaskResult::of(plan, ran)
            .with("dest", ready.params.dest.as_str())
            .with("src", shown(&ready.params.src));
        result.skipped = before
            .needed
            .spared
            .as_ref()
            .map(|since| format!("skipped, {since}"));
        match &before.compared {
            Some((_, Unpacked::Is { members, .. })) if ready.params.list_files => {
                result.with("files", members.clone())
            }
            _ => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, me, settled};
    use serde_json::json;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    fn packed(folder: &Path, how: &str, name: &str) -> String {
        let tree = folder.join("tree");
        fs::create_dir_all(tree.join("sub")).unwrap();
        fs::write(tree.join("a b"), "one\n").unwrap();
        fs::write(tree.join("sub/x"), "two\n").unwrap();
        let archive = folder.join(name).display().to_string();
        let words = [how, &archive, "a b", "sub"];
        let packed = Command::new("tar").args(words).current_dir(&tree).status();
        assert!(packed.unwrap().success());
        archive
    }

    #[test]
    fn what_is_packed_comes_once_and_comes_again_where_it_was_changed() {
        for shell in Shell::all() {
            // busybox's tar can't compare.
            if format!("{shell:?}").contains("busybox") {
                continue;
            }
            for (how, name, remote) in [("-czf", "x.tgz", false), ("-cf", "x.tar", true)] {
                let folder = tempfile::tempdir().unwrap();
                let src = packed(folder.path(), how, name);
                let dest = folder.path().join("dest");
                fs::create_dir(&dest).unwrap();
                let mut args =
                    json!({ "src": src, "dest": dest, "remote_src": remote, "list_files": true });
                let result = live::<Unarchive>(&shell, folder.path(), args.clone());
                assert!(result.changed, "{shell:?} {result:?}");
                assert_eq!(result.values["files"], json!(["a b", "sub/", "sub/x"]));
                assert_eq!(fs::read_to_string(dest.join("a b")).unwrap(), "one\n");
                settled::<Unarchive>(&shell, folder.path(), args.clone());
                fs::write(dest.join("sub/x"), "other\n").unwrap();
                assert!(live::<Unarchive>(&shell, folder.path(), args.clone()).changed);
                assert_eq!(fs::read_to_string(dest.join("sub/x")).unwrap(), "two\n");
                args["mode"] = json!("u=rwX,go=");
                args["owner"] = json!(me());
                assert!(live::<Unarchive>(&shell, folder.path(), args.clone()).changed);
                let mode = |name: &str| {
                    fs::metadata(dest.join(name)).unwrap().permissions().mode() & 0o777
                };
                assert_eq!((mode("sub"), mode("a b")), (0o700, 0o600), "{shell:?}");
                settled::<Unarchive>(&shell, folder.path(), args.clone());
                args["creates"] = json!(dest.join("a b"));
                let spared = settled::<Unarchive>(&shell, folder.path(), args);
                assert!(spared.skipped.is_some());
            }
        }
    }

    #[test]
    fn parts_may_be_left_out_and_levels_taken_off() {
        let folder = tempfile::tempdir().unwrap();
        let src = packed(folder.path(), "-cf", "x.tar");
        let dest = folder.path().join("dest");
        fs::create_dir(&dest).unwrap();
        let args = json!({ "src": src, "dest": dest, "exclude": ["a b"], "extra_opts": ["--strip-components=1"] });
        live::<Unarchive>(&Shell::dash(), folder.path(), args);
        assert!(
            dest.join("x").exists() && !dest.join("a b").exists() && !dest.join("sub").exists()
        );
    }
}
