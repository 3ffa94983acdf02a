//! Puts files in place: of the controller, of the host itself (`remote_src`), or from `content`.
//!
//! ```yaml
//! - copy: { content: "{{ ca }}", dest: /etc/ssl/ca.pem, owner: root, mode: '0644' }
//! ```

use super::attributes::{Wanted, file_params};
use super::folders;
use super::mode::Mode;
use super::placed::{self, Placed, Placing};
use super::remote_copy::RemoteCopy;
use super::source::{Source, Tree, preserved};
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, expand};
use crate::modules::defaults::yes;
use futures::future::try_join_all;
use std::sync::Arc;

/// `copy`
pub struct Copy;

file_params! {
    /// The parameters of `copy`.
    pub struct Params {
        /// The file or folder: of the controller, or with `remote_src` of the host. A folder
        /// with `/` at its end stands for what is in it.
        #[serde(default)]
        pub src: Option<String>,
        /// What the file shall hold, instead of `src`.
        #[serde(default)]
        pub content: Option<serde_json::Value>,
        /// Where it goes; a folder is meant when it ends with `/` or is one.
        pub dest: String,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// Replace a file that holds something else; otherwise only put one where none is.
        #[serde(default = "yes")]
        pub force: bool,
        /// The permissions of folders that are made on the way.
        #[serde(default)]
        pub directory_mode: Option<Mode>,
        /// `src` is on the host.
        #[serde(default)]
        pub remote_src: bool,
        /// Write through a link that stands at `dest` instead of replacing it.
        #[serde(default)]
        pub follow: bool,
        /// Follow links in a folder of the controller.
        #[serde(default = "yes")]
        pub local_follow: bool,
        /// The SHA-1 that the file must have.
        #[serde(default)]
        pub checksum: Option<String>,
        /// A command that must accept the file before it takes its place; `%s` is its path.
        #[serde(default)]
        pub validate: Option<String>,
        /// Decrypt a source that ansible-vault encrypted.
        #[serde(default = "yes")]
        pub decrypt: bool,
    }
}

/// The task, with what was read on the controller.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    source: Source,
}

/// What stands where the files go.
pub enum State {
    /// A single file, with the folders that are missing.
    File(Box<Placed>, Vec<String>),
    /// A folder's files, with the folders that are missing.
    Tree(Vec<Placed>, Vec<String>),
    /// A file of the host.
    Remote(Box<RemoteCopy>),
}

impl Params {
    fn placing(&self) -> Placing<'_> {
        Placing {
            wanted: self.wanted(),
            backup: self.backup,
            validate: self.validate.as_deref(),
        }
    }
}

impl Module for Copy {
    const NAME: &'static str = "copy";
    const ABOUT: Option<&'static str> = Some("dest");
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(mut params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        let source = match (&params.src, &params.content) {
            (Some(_), Some(_)) => {
                return Err(Diag::error("`src` and `content` exclude each other"));
            }
            (None, None) => return Err(Diag::error("`copy` needs `src` or `content`")),
            (None, Some(_)) if params.dest.ends_with('/') => {
                return Err(Diag::error(
                    "`content` needs a file as `dest`, not a folder",
                ));
            }
            (None, Some(content)) => Source::text(content),
            (Some(_), None) if params.remote_src => Source::Host,
            (Some(src), None) => {
                Source::read(&controller.find("files", src)?, src, params.local_follow)?
            }
        };
        let source = source.opened(params.decrypt)?;
        if let (Source::File { content, .. }, Some(wanted)) = (&source, &params.checksum)
            && placed::sha1(content) != *wanted
        {
            return Err(Diag::error(format!(
                "the source has the SHA-1 {}, not {wanted}",
                placed::sha1(content)
            )));
        }
        params.mode = preserved(params.mode.take(), source.mode());
        Ok(Ready { params, source })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        ready.params.no_context(look).await?;
        match &ready.source {
            Source::Host => {
                let src = ready.params.src.as_deref().unwrap_or_default();
                RemoteCopy::look(look, src, &ready.params.dest, ready.params.follow)
                    .await
                    .map(Box::new)
                    .map(State::Remote)
            }
            Source::File { name, content, .. } => {
                let placed = Placed::look_in(
                    look,
                    &ready.params.dest,
                    name.as_deref(),
                    ready.params.follow,
                    content,
                )
                .await?;
                let makes_folder = ready.params.dest.ends_with('/') && placed.file.is_none();
                let missing = match placed.path.rsplit_once('/') {
                    Some((folder, _)) if makes_folder => folders::missing(look, folder).await?,
                    _ => Vec::new(),
                };
                Ok(State::File(Box::new(placed), missing))
            }
            Source::Tree(tree) => {
                let dest = expand(look, &ready.params.dest).await?;
                let dest = dest.trim_end_matches('/');
                let files =
                    tree.files.iter().map(|file| {
                        let path = format!("{dest}/{}", file.path);
                        async move {
                            Placed::look(look, &path, ready.params.follow, &file.content).await
                        }
                    });
                let (files, missing) = futures::try_join!(
                    try_join_all(files),
                    try_join_all(tree.folders.iter().map(|folder| {
                        let path = format!("{dest}/{folder}");
                        async move { folders::missing(look, &path).await }
                    }))
                )?;
                let mut missing: Vec<String> = missing.into_iter().flatten().collect();
                missing.sort();
                missing.dedup();
                Ok(State::Tree(files, missing))
            }
        }
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let (changes, steps) = match (&ready.source, state) {
            (Source::File { content, .. }, State::File(placed, missing)) => {
                if !ready.params.force && placed.file.is_some() {
                    let file = placed.file.as_ref();
                    let lines = file
                        .map(|file| ready.params.wanted().lines(&placed.path, file))
                        .unwrap_or_default();
                    if lines.is_empty() || !placed.holds(content) {
                        return Ok(Plan::nothing());
                    }
                }
                let (mut changes, mut steps) = new_folders(&ready.params, missing);
                let (more, then) = placed.plan(content, &ready.params.placing())?;
                changes.extend(more);
                steps.extend(then);
                (changes, steps)
            }
            (Source::Tree(tree), State::Tree(files, missing)) => {
                plan_tree(&ready.params, tree, files, missing)?
            }
            (_, State::Remote(copy)) => copy.plan(&ready.params.placing(), ready.params.force)?,
            _ => return Err("the probe looked at something else than was prepared".into()),
        };
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
        let mut result = TaskResult::of(plan, ran);
        match (&ready.source, after.unwrap_or(before)) {
            (Source::File { content, .. }, State::File(placed, _)) => {
                let file = placed
                    .file
                    .as_ref()
                    .filter(|_| after.is_some() || !plan.is_change());
                placed::tell(
                    &mut result,
                    &placed.path,
                    content,
                    file,
                    &ready.params.wanted(),
                );
            }
            (_, State::Remote(copy)) => {
                copy.tell(&mut result, &ready.params.wanted(), after.is_some());
            }
            _ => {
                result
                    .values
                    .insert("dest".into(), ready.params.dest.clone().into());
            }
        }
        if let Some(src) = &ready.params.src {
            result.values.insert("src".into(), src.clone().into());
        }
        result
    }
}

fn new_folders(
    params: &Params,
    missing: &[String],
) -> (Vec<super::Change>, Vec<crate::step::Step>) {
    let wanted = Wanted {
        mode: params.directory_mode.as_ref(),
        ..params.wanted()
    };
    let (changes, lines) = folders::make(missing, &wanted);
    let steps = if lines.is_empty() {
        Vec::new()
    } else {
        vec![placed::act("make folders", &lines)]
    };
    (changes, steps)
}

fn plan_tree(
    params: &Params,
    tree: &Tree,
    files: &[Placed],
    missing: &[String],
) -> Result<(Vec<super::Change>, Vec<crate::step::Step>), String> {
    let (mut changes, mut steps) = new_folders(params, missing);
    for (file, placed) in tree.files.iter().zip(files) {
        if !params.force && placed.file.is_some() {
            continue;
        }
        let mut placing = params.placing();
        let kept = Mode::Bits(file.mode);
        if placing.wanted.mode == Some(&Mode::Preserve) {
            placing.wanted.mode = Some(&kept);
        }
        let (more, then) = placed.plan(&Arc::clone(&file.content), &placing)?;
        changes.extend(more);
        steps.extend(then);
    }
    Ok((changes, steps))
}

#[cfg(test)]
mod tests;
