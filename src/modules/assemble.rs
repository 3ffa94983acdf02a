//! Makes one file of the files in a folder, in the order of their names.
//!
//! ```yaml
//! - assemble: { src: /etc/haproxy/conf.d, dest: /etc/haproxy/haproxy.cfg, validate: haproxy -c -f %s }
//! ```

use super::attributes::file_params;
use super::edited::pattern;
use super::placed::{self, Placed, Placing};
use super::source::Source;
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, Kind, Look, ProbeError, Tree, expand};
use crate::modules::defaults::yes;
use futures::future::try_join_all;
use regex::Regex;
use std::sync::Arc;

/// `assemble`
pub struct Assemble;

/// Parts larger than this are not taken.
const LIMIT: u64 = 16 * 1024 * 1024;

file_params! {
    /// The parameters of `assemble`.
    pub struct Params {
        /// The folder of the parts: of the host, or with `remote_src: false` of the controller.
        pub src: String,
        /// The file that they become.
        pub dest: String,
        /// What is put between two of them, on a line of its own; `\n` and the like may stand in it.
        #[serde(default)]
        pub delimiter: Option<String>,
        /// A regular expression that must match the names of parts.
        #[serde(default)]
        pub regexp: Option<String>,
        /// Leave out those whose name begins with a dot.
        #[serde(default)]
        pub ignore_hidden: bool,
        /// The parts are on the host.
        #[serde(default = "yes")]
        pub remote_src: bool,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// A command that must accept the file before it takes its place; `%s` is its path.
        #[serde(default)]
        pub validate: Option<String>,
        /// Decrypt vaulted parts; such a part is refused unless this is off.
        #[serde(default = "yes")]
        pub decrypt: bool,
    }
}

/// The task, with what was read on the controller.
#[derive(Debug)]
pub struct Ready {
    params: Params,
    regexp: Option<Regex>,
    /// The whole, where its parts are the controller's.
    whole: Option<Arc<[u8]>>,
}

/// What the file shall hold, and what stands there.
#[derive(Debug)]
pub struct State {
    whole: Arc<[u8]>,
    placed: Placed,
}

impl Ready {
    fn takes(&self, name: &str) -> bool {
        let hidden = self.params.ignore_hidden && name.starts_with('.');
        !hidden
            && self
                .regexp
                .as_ref()
                .is_none_or(|regexp| regexp.is_match(name))
    }

    fn joined(&self, parts: &[Arc<[u8]>]) -> Arc<[u8]> {
        let delimiter = self
            .params
            .delimiter
            .as_deref()
            .map(unescaped)
            .unwrap_or_default();
        let mut whole = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                if !whole.ends_with(b"\n") && !parts[at - 1].is_empty() {
                    whole.push(b'\n');
                }
                if !delimiter.is_empty() {
                    whole.extend(delimiter.as_bytes());
                    if !delimiter.ends_with('\n') {
                        whole.push(b'\n');
                    }
                }
            }
            whole.extend(part.iter());
        }
        whole.into()
    }
}

/// `\n` and its like, as Python reads them.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, if c == '\\' { rest.next() } else { None }) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('t')) => plain.push('\t'),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some('\\')) => plain.push('\\'),
            ('\\', Some(other)) => plain.extend(['\\', other]),
            (c, _) => plain.push(c),
        }
    }
    plain
}

impl Module for Assemble {
    const NAME: &'static str = "assemble";
    const ABOUT: Option<&'static str> = Some("dest");
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        let regexp = params.regexp.as_deref();
        let regexp = regexp
            .map(|text| pattern("regexp", text, false, false))
            .transpose()?;
        let mut ready = Ready {
            params,
            regexp,
            whole: None,
        };
        if ready.params.remote_src {
            return Ok(ready);
        }
        let folder = controller.find("files", &ready.params.src)?;
        let source = Source::read(&folder, &format!("{}/", ready.params.src), true)?
            .opened(ready.params.decrypt)?;
        let Source::Tree(tree) = source else {
            return Err(Diag::error(format!("{} is no folder", folder.display())));
        };
        let parts = tree
            .files
            .iter()
            .filter(|file| !file.path.contains('/') && ready.takes(&file.path));
        let parts: Vec<_> = parts.map(|file| Arc::clone(&file.content)).collect();
        ready.whole = Some(ready.joined(&parts));
        Ok(ready)
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        ready.params.no_context(look).await?;
        let whole = match &ready.whole {
            Some(whole) => Arc::clone(whole),
            None => ready.joined(&parts(ready, look).await?),
        };
        let dest = expand(look, &ready.params.dest).await?;
        let placed = Placed::look(look, &dest, false, &whole).await?;
        Ok(State { whole, placed })
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let placing = Placing {
            wanted: ready.params.wanted(),
            backup: ready.params.backup,
            validate: ready.params.validate.as_deref(),
        };
        let (changes, steps) = state.placed.plan(&state.whole, &placing)?;
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
        let now = after.unwrap_or(before);
        let file = now.placed.file.as_ref();
        let file = file.filter(|_| after.is_some() || !plan.is_change());
        let wanted = ready.params.wanted();
        placed::tell(&mut result, &now.placed.path, &now.whole, file, &wanted);
        result
            .with("src", ready.params.src.clone())
            .with("msg", "OK")
    }
}

/// The parts on the host, in the order of their names.
async fn parts(ready: &Ready, look: &Look) -> Result<Vec<Arc<[u8]>>, ProbeError> {
    let folder = expand(look, &ready.params.src).await?;
    let tree = Tree {
        path: format!("{}/", folder.trim_end_matches('/')),
        levels: Some(1),
        follow: false,
    };
    let mut inside = look.fact(tree).await?;
    if inside
        .first()
        .is_none_or(|(_, file)| file.kind != Kind::Directory)
    {
        let why = format!("the host has no folder {folder} of parts");
        return Err(ProbeError::Failed(why));
    }
    inside.retain(|(path, file)| {
        let name = path.rsplit('/').next().unwrap_or_default();
        !name.is_empty() && file.kind != Kind::Directory && ready.takes(name)
    });
    inside.sort_by(|(one, _), (other, _)| one.cmp(other));
    let contents = inside
        .into_iter()
        .map(|(path, _)| look.fact(Content { path, limit: LIMIT }));
    let mut parts = Vec::new();
    for content in try_join_all(contents).await? {
        match content {
            Bytes::Are(bytes) if ready.params.decrypt && bytes.starts_with(b"$ANSIBLE_VAULT;") => {
                return Err(ProbeError::Failed(format!(
                    "a part in {folder} is encrypted by Ansible Vault; `decrypt: false` takes it as it is"
                )));
            }
            Bytes::Are(bytes) => parts.push(bytes.into()),
            Bytes::TooLarge(size) => {
                let why = format!("a part in {folder} has {size} bytes, too many to be taken");
                return Err(ProbeError::Failed(why));
            }
            Bytes::Absent | Bytes::NoFile => {}
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, settled};
    use serde_json::json;
    use std::fs;

    #[test]
    fn parts_become_one_file_in_the_order_of_their_names() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let parts = folder.path().join("parts");
            fs::create_dir_all(parts.join("sub")).unwrap();
            for (name, text) in [
                ("20", "two"),
                ("10", "one\n"),
                (".x", "dot\n"),
                ("no", "no\n"),
            ] {
                fs::write(parts.join(name), text).unwrap();
            }
            let dest = folder.path().join("whole");
            let args = json!({ "src": parts, "dest": dest, "regexp": "[0-9x]$",
                               "delimiter": "# --\\n", "ignore_hidden": true, "mode": "0600" });
            assert!(live::<Assemble>(&shell, folder.path(), args.clone()).changed);
            assert_eq!(
                fs::read_to_string(&dest).unwrap(),
                "one\n# --\ntwo",
                "{shell:?}"
            );
            settled::<Assemble>(&shell, folder.path(), args);
            let args = json!({ "src": parts, "dest": dest });
            live::<Assemble>(&shell, folder.path(), args);
            assert_eq!(fs::read_to_string(&dest).unwrap(), "dot\none\ntwo\nno\n");
        }
    }
}
