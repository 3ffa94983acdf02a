//! What `copy` and `template` read on the controller.

use super::mode::Mode;
use crate::diag::Diag;
use crate::secret::vault;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use walkdir::WalkDir;

/// `mode: preserve` replaced by the permissions of the source, where it has any.
pub fn preserved(mode: Option<Mode>, of: Option<u32>) -> Option<Mode> {
    match (mode, of) {
        (Some(Mode::Preserve), Some(bits)) => Some(Mode::Bits(bits)),
        (mode, _) => mode,
    }
}

/// What was read on the controller.
#[derive(Clone, Debug)]
pub enum Source {
    /// Nothing: the source is on the host.
    Host,
    /// A file, or a text that stands in the task.
    File {
        /// Its name, for a destination that is a folder.
        name: Option<String>,
        /// What it holds.
        content: Arc<[u8]>,
        /// Its permissions, for `mode: preserve`.
        mode: Option<u32>,
    },
    /// A folder.
    Tree(Tree),
}

/// A folder with all that is in it; paths are relative to the destination.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// All folders; where what is in the folder is meant, the destination itself is the empty one.
    pub folders: Vec<String>,
    /// All files.
    pub files: Vec<TreeFile>,
}

/// A file of a [`Tree`].
#[derive(Clone, Debug)]
pub struct TreeFile {
    /// Where it goes.
    pub path: String,
    /// What it holds.
    pub content: Arc<[u8]>,
    /// Its permissions.
    pub mode: u32,
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diag {
    Diag::error(format!("{} can't be read: {error}", path.display()))
}

fn load(path: &Path) -> Result<(Arc<[u8]>, u32), Diag> {
    let content = crate::diag::read(path).map_err(|error| unreadable(path, &error))?;
    let meta = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Ok((content.into(), meta.permissions().mode() & 0o7777))
}

impl Source {
    /// A text that stands in the task; what is no text becomes JSON, as in Ansible.
    pub fn text(content: &serde_json::Value) -> Self {
        let text = match content {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Self::File {
            name: None,
            content: text.into_bytes().into(),
            mode: None,
        }
    }

    /// Reads the file or folder at `path`, which the task calls `written`.
    pub fn read(path: &Path, written: &str, follow: bool) -> Result<Self, Diag> {
        if !path.is_dir() {
            let (content, mode) = load(path)?;
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            return Ok(Self::File {
                name,
                content,
                mode: Some(mode),
            });
        }
        let inside = written.ends_with('/');
        let above = if inside { Some(path) } else { path.parent() };
        let above = above.ok_or_else(|| Diag::error("`/` can't be copied"))?;
        let mut tree = Tree::default();
        for entry in WalkDir::new(path).follow_links(follow).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                Diag::error(format!("{} can't be read: {error}", path.display()))
            })?;
            let place = entry
                .path()
                .strip_prefix(above)
                .unwrap_or(entry.path())
                .to_string_lossy()
                .into_owned();
            if entry.file_type().is_dir() {
                tree.folders.push(place);
            } else if entry.file_type().is_file() {
                let (content, mode) = load(entry.path())?;
                tree.files.push(TreeFile {
                    path: place,
                    content,
                    mode,
                });
            } else {
                return Err(Diag::error(format!(
                    "{} is no file and no folder",
                    entry.path().display()
                ))
                .help("links are copied as files only: leave `local_follow` on"));
            }
        }
        Ok(Self::Tree(tree))
    }

    /// The permissions of a single file, where it has any.
    pub fn mode(&self) -> Option<u32> {
        match self {
            Self::File { mode, .. } => *mode,
            Self::Host | Self::Tree(_) => None,
        }
    }

    /// The same with what ansible-vault encrypted in plain, unless it is to stay as it is.
    pub fn opened(mut self, decrypt: bool) -> Result<Self, Diag> {
        let open = |content: &mut Arc<[u8]>| -> Result<(), Diag> {
            if decrypt && vault::is_sealed(content) {
                let sealed = std::str::from_utf8(content).unwrap_or_default();
                let plain = vault::opened(sealed).map_err(|error| {
                    Diag::error(format!("the source can't be copied: {error}")).help(
                        "give the password with --vault-password-file, or set `decrypt: false` to copy it as it is",
                    )
                })?;
                *content = plain.to_vec().into();
            }
            Ok(())
        };
        match &mut self {
            Self::Host => {}
            Self::File { content, .. } => open(content)?,
            Self::Tree(tree) => {
                for file in &mut tree.files {
                    open(&mut file.content)?;
                }
            }
        }
        Ok(self)
    }
}
