//! Puts a rendered template in place.
//!
//! ```yaml
//! - template: { src: postgresql.conf.j2, dest: /etc/postgresql/17/main/conf.d/site.conf, mode: '0644' }
//!   notify: reload postgresql
//! ```

use super::attributes::file_params;
use super::placed::{self, Placed, Placing};
use super::source::preserved;
use super::unsupported::Unsupported;
use super::{Controller, Course, Module, Plan, RenderOptions, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::modules::defaults::{utf8, yes};
use serde::Deserialize;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// `template`
pub struct Template;

/// What ends a line of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
pub enum Newline {
    /// `\n`
    #[default]
    #[serde(rename = "\n", alias = "\\n")]
    Lf,
    /// `\r`
    #[serde(rename = "\r", alias = "\\r")]
    Cr,
    /// `\r\n`
    #[serde(rename = "\r\n", alias = "\\r\\n")]
    CrLf,
}

file_params! {
    /// The parameters of `template`.
    pub struct Params {
        /// The template, looked for in `templates` folders.
        pub src: String,
        /// Where it goes; a folder is meant when it ends with `/` or is one.
        pub dest: String,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// Replace a file that holds something else; otherwise only put one where none is.
        #[serde(default = "yes")]
        pub force: bool,
        /// Write through a link that stands at `dest` instead of replacing it.
        #[serde(default)]
        pub follow: bool,
        /// A command that must accept the file before it takes its place; `%s` is its path.
        #[serde(default)]
        pub validate: Option<String>,
        /// What ends a line.
        #[serde(default)]
        pub newline_sequence: Newline,
        /// The first newline after a block is removed.
        #[serde(default = "yes")]
        pub trim_blocks: bool,
        /// Blanks before a block are removed.
        #[serde(default)]
        pub lstrip_blocks: bool,
        /// The encoding of the file; only `utf-8`.
        #[serde(default = "utf8")]
        pub output_encoding: String,
        /// Not supported.
        #[serde(default)]
        pub block_start_string: Unsupported,
        /// Not supported.
        #[serde(default)]
        pub block_end_string: Unsupported,
        /// Not supported.
        #[serde(default)]
        pub variable_start_string: Unsupported,
        /// Not supported.
        #[serde(default)]
        pub variable_end_string: Unsupported,
        /// Not supported.
        #[serde(default)]
        pub comment_start_string: Unsupported,
        /// Not supported.
        #[serde(default)]
        pub comment_end_string: Unsupported,
    }
}

/// The task, its template rendered.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// The template's own name, where it has one.
    name: Option<String>,
    content: Arc<[u8]>,
}

/// What Ansible tells a template about itself.
fn about(path: &Path, dest: &str) -> serde_json::Map<String, serde_json::Value> {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut about = serde_json::Map::new();
    about.insert("ansible_managed".into(), "Ansible managed".into());
    about.insert("template_path".into(), path.display().to_string().into());
    about.insert(
        "template_fullpath".into(),
        full.display().to_string().into(),
    );
    about.insert("template_destpath".into(), dest.into());
    about
}

impl Module for Template {
    const NAME: &'static str = "template";
    const ABOUT: Option<&'static str> = Some("dest");
    type Params = Params;
    type Ready = Ready;
    type State = Placed;

    fn prepare(mut params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        if !matches!(
            params.output_encoding.to_ascii_lowercase().as_str(),
            "utf-8" | "utf8"
        ) {
            return Err(Diag::error("the output_encoding can only be utf-8"));
        }
        let path = controller.find("templates", &params.src)?;
        let options = RenderOptions {
            trim_blocks: params.trim_blocks,
            lstrip_blocks: params.lstrip_blocks,
            extra: about(&path, &params.dest),
        };
        let text = controller.render(&path, &options)?;
        let text = match params.newline_sequence {
            Newline::Lf => text,
            Newline::Cr => text.replace("\r\n", "\n").replace('\n', "\r"),
            Newline::CrLf => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        };
        let mode = std::fs::metadata(&path)
            .ok()
            .map(|meta| meta.permissions().mode() & 0o7777);
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        params.mode = preserved(params.mode.take(), mode);
        Ok(Ready {
            params,
            name,
            content: text.into_bytes().into(),
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<Placed, ProbeError> {
        ready.params.no_context(look).await?;
        let (name, content) = (ready.name.as_deref(), &ready.content);
        Placed::look_in(look, &ready.params.dest, name, ready.params.follow, content).await
    }

    fn plan(ready: &Ready, state: &Placed) -> Result<Plan, String> {
        if !ready.params.force && state.file.is_some() && !state.holds(&ready.content) {
            return Ok(Plan::nothing());
        }
        let placing = Placing {
            wanted: ready.params.wanted(),
            backup: ready.params.backup,
            validate: ready.params.validate.as_deref(),
        };
        let (changes, steps) = state.plan(&ready.content, &placing)?;
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
        let seen = after.unwrap_or(before);
        let file = seen
            .file
            .as_ref()
            .filter(|_| after.is_some() || !plan.is_change());
        placed::tell(
            &mut result,
            &seen.path,
            &ready.content,
            file,
            &ready.params.wanted(),
        );
        result.with("src", ready.params.src.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, settled};
    use serde_json::json;

    #[test]
    fn a_template_is_put_once() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("a.j2"), "a\nb\n").unwrap();
            let dest = folder.path().join("a");
            let args = json!({ "src": "a.j2", "dest": dest, "newline_sequence": "\\r\\n" });
            assert!(live::<Template>(&shell, folder.path(), args.clone()).changed);
            assert_eq!(std::fs::read_to_string(&dest).unwrap(), "a\r\nb\r\n");
            settled::<Template>(&shell, folder.path(), args);
        }
    }

    #[test]
    fn what_validate_refuses_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.j2"), "new").unwrap();
        let dest = folder.path().join("a");
        std::fs::write(&dest, "old").unwrap();
        let args = json!({ "src": "a.j2", "dest": dest, "validate": "grep old %s" });
        let result = live::<Template>(&Shell::dash(), folder.path(), args);
        assert!(result.failed.is_some() && !result.changed);
        assert_eq!(std::fs::read_to_string(&dest).unwrap(), "old");
    }
}
