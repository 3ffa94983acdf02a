//! A file whose whole content a task decides: how it is looked at, and the steps that put it in place.

use super::attributes::{self, Wanted};
use super::mode::octal;
use super::{Change, Detail, Sign, TaskResult};
use crate::facts::{Bytes, Content, File, FileAt, Kind, Look, ProbeError, expand, found};
use crate::step::pinned::{self, Lines};
use crate::step::{Action, Script, Step, Upload};
pub use crate::step::{hex, sha256};
use serde_json::Value;
use sha1::Digest;
use std::sync::Arc;

/// Texts larger than this are shown by their hash.
const SHOWN: usize = 256 * 1024;

/// What stands where a file shall be put.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The path that is written: links resolved where the task follows them.
    pub path: String,
    /// What stands there.
    pub file: Option<File>,
    /// Its text, asked for only when it differs and can be shown.
    pub text: Option<String>,
}

/// How a file is put in place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placing<'a> {
    /// Permissions and owner.
    pub wanted: Wanted<'a>,
    /// Keep what was there.
    pub backup: bool,
    /// The command that must accept the new file.
    pub validate: Option<&'a str>,
}

impl Placing<'_> {
    /// That the new file must be accepted first, beside the change that it is.
    pub fn note(&self, changes: &[Change]) -> Option<Change> {
        let command = self.validate?;
        Some(changes.first()?.note(validated_by(command)))
    }
}

/// That a command must accept a file, in words.
pub fn validated_by(command: &str) -> String {
    format!("validated by {command}")
}

/// SHA-1 in hex: what Ansible calls `checksum`.
pub fn sha1(content: &[u8]) -> String {
    hex(&sha1::Sha1::digest(content))
}

/// The text that a diff can show.
fn shown(content: &[u8]) -> Option<String> {
    if content.len() > SHOWN || content.contains(&0) {
        return None;
    }
    std::str::from_utf8(content).ok().map(str::to_owned)
}

impl Placed {
    /// Looks at `path`; asks for its text only when it differs from `content`.
    pub async fn look(
        look: &Look,
        path: &str,
        follow: bool,
        content: &[u8],
    ) -> Result<Self, ProbeError> {
        let at = FileAt {
            path: path.to_owned(),
            follow,
            hash: true,
        };
        let (file, path) = found(look, at).await?;
        let differs = file.as_ref().is_some_and(|file| {
            file.kind == Kind::File && file.sha256.as_deref() != Some(&sha256(content))
        });
        let text = if differs && shown(content).is_some() {
            match look
                .fact(Content {
                    path: path.clone(),
                    limit: SHOWN as u64,
                })
                .await?
            {
                Bytes::Are(bytes) => shown(&bytes),
                _ => None,
            }
        } else {
            None
        };
        Ok(Self { path, file, text })
    }

    /// The same for a destination that may be a folder, in which the file is then called `name`.
    pub async fn look_in(
        look: &Look,
        dest: &str,
        name: Option<&str>,
        follow: bool,
        content: &[u8],
    ) -> Result<Self, ProbeError> {
        let dest = expand(look, dest).await?;
        let inside = |name: &str| format!("{}/{name}", dest.trim_end_matches('/'));
        if let (true, Some(name)) = (dest.ends_with('/'), name) {
            return Self::look(look, &inside(name), follow, content).await;
        }
        let placed = Self::look(look, &dest, follow, content).await?;
        let (Some(file), Some(name)) = (&placed.file, name) else {
            return Ok(placed);
        };
        let is_folder = match file.kind {
            Kind::Directory => true,
            Kind::Link => {
                let behind = look
                    .fact(FileAt {
                        path: dest.clone(),
                        follow: true,
                        hash: false,
                    })
                    .await?;
                behind.is_some_and(|file| file.kind == Kind::Directory)
            }
            _ => false,
        };
        if is_folder {
            Self::look(look, &inside(name), follow, content).await
        } else {
            Ok(placed)
        }
    }

    /// Whether what stands there holds `content`.
    pub fn holds(&self, content: &[u8]) -> bool {
        self.file.as_ref().is_some_and(|file| {
            file.kind == Kind::File && file.sha256.as_deref() == Some(&sha256(content))
        })
    }

    /// What is to do so that `content` stands there.
    pub fn plan(
        &self,
        content: &Arc<[u8]>,
        placing: &Placing<'_>,
    ) -> Result<(Vec<Change>, Vec<Step>), String> {
        let Placing { wanted, .. } = placing;
        let path = &self.path;
        if let Some(file) = &self.file {
            if matches!(file.kind, Kind::Directory) {
                return Err(format!(
                    "{path} is a directory where a file is wanted: name the file in it, or remove it"
                ));
            }
            if self.holds(content) {
                let lines = wanted.lines(path, file);
                return Ok(if lines.is_empty() {
                    (Vec::new(), Vec::new())
                } else {
                    (
                        wanted.changes(path, file),
                        vec![act(format!("set attributes of {path}"), &lines)],
                    )
                });
            }
        }
        let mut changes = Vec::new();
        let mode = match &self.file {
            None => {
                changes.push(Change {
                    sign: Sign::Add,
                    what: path.clone(),
                    detail: added(content),
                });
                changes.extend(wanted.additions(path, false));
                wanted.new_bits(false)
            }
            Some(file) => {
                changes.push(Change {
                    sign: Sign::Modify,
                    what: path.clone(),
                    detail: self.changed(content, file),
                });
                let is_file = file.kind == Kind::File;
                if is_file {
                    changes.extend(wanted.changes(path, file));
                }
                wanted
                    .mode
                    .map(|mode| mode.bits(if is_file { file.mode } else { 0o644 }, false))
            }
        };
        if let Some(command) = placing.validate.filter(|command| !command.contains("%s")) {
            return Err(format!(
                "`validate` must contain %s, which is the new file: {command}"
            ));
        }
        let note = placing.note(&changes);
        changes.extend(note);
        let upload = Upload {
            path: path.clone(),
            content: Arc::clone(content),
            mode,
            owner: wanted.owner.map(str::to_owned),
            group: wanted.group.map(str::to_owned),
            backup: placing.backup && self.file.is_some(),
            validate: placing.validate.map(str::to_owned),
        };
        Ok((
            changes,
            vec![Step::new(format!("write {path}"), Action::Put(upload))],
        ))
    }

    fn changed(&self, content: &[u8], file: &File) -> Detail {
        match (&self.text, shown(content)) {
            (Some(before), Some(after)) => Detail::Text {
                before: Some(before.clone()),
                after: Some(after),
            },
            _ if file.kind != Kind::File => Detail::Attribute {
                name: "state".into(),
                from: Some(file.kind.word().into()),
                to: Some("file".into()),
            },
            _ => Detail::Attribute {
                name: "sha256".into(),
                from: file.sha256.clone(),
                to: Some(sha256(content)),
            },
        }
    }
}

fn added(content: &[u8]) -> Detail {
    match shown(content) {
        Some(text) => Detail::Text {
            before: None,
            after: Some(text),
        },
        None => Detail::Attribute {
            name: "sha256".into(),
            from: None,
            to: Some(sha256(content)),
        },
    }
}

/// A step that runs a script.
pub fn run(what: impl Into<String>, text: impl Into<String>) -> Step {
    Step::new(what, Action::Run(Script::new(text)))
}

/// A step of [`pinned`]'s lines.
pub fn act(what: impl Into<String>, lines: &Lines) -> Step {
    run(what, pinned::script(&lines.text)).making(lines.makes.iter().cloned())
}

/// Adds Ansible's return values for a file that was put in place: `dest`, `checksum`, `md5sum` and
/// the attributes; those of the declared file where the real one is not known (a dry run).
pub fn tell(
    result: &mut TaskResult,
    path: &str,
    content: &[u8],
    after: Option<&File>,
    wanted: &Wanted<'_>,
) {
    match after {
        Some(file) => attributes::tell(result, file),
        None => {
            let declared = [
                ("mode", wanted.new_bits(false).map(octal)),
                ("owner", wanted.owner.map(str::to_owned)),
                ("group", wanted.group.map(str::to_owned)),
                ("state", Some("file".to_owned())),
            ];
            for (name, value) in declared {
                if let Some(value) = value {
                    result.values.insert(name.into(), value.into());
                }
            }
        }
    }
    let told: [(&str, Value); 4] = [
        ("dest", path.into()),
        ("size", content.len().into()),
        ("checksum", sha1(content).into()),
        ("md5sum", hex(&md5::Md5::digest(content)).into()),
    ];
    for (name, value) in told {
        result.values.insert(name.into(), value);
    }
}
