//! A file that is put in place whole, and the script that does it.

use super::{Access, Action, Effect, Holds, Place, Script, Step, pinned, quote};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// Takes the content in beside the destination, where nobody else can come in, and moves it over
/// the destination only when it is whole, has its owner and mode, is valid and synced. A link at the
/// destination is replaced: whoever wants what it leads to names that.
const BODY: &str = include_str!("put.sh");

/// SHA-256 in hex.
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A file to put in place whole: written beside the destination with its owner and mode from
/// the first byte, synced, renamed over it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The absolute path on the host.
    pub path: String,
    /// What the file holds.
    pub content: Arc<[u8]>,
    /// The mode's bits; `None` keeps the mode of the file that is there, else 0644 less the umask 022.
    pub mode: Option<u32>,
    /// The owner's name or number; `None` keeps the owner of the file that is there.
    pub owner: Option<String>,
    /// The group's name or number; `None` keeps the group of the file that is there.
    pub group: Option<String>,
    /// Keep what was there as `PATH.PID.DATE~`, as Ansible's `backup` does.
    pub backup: bool,
    /// A command that must succeed on the new file before it takes its place; `%s` is its path.
    pub validate: Option<String>,
}

impl Upload {
    /// The script that puts in place what comes over its stdin. On stdout it prints the backup's
    /// path, where one was made; a status other than 0 tells on stderr why the old file stands.
    pub fn script(&self) -> Script {
        self.put("cat", &sha256(&self.content), self.content.len() as u64)
    }

    /// The step that does the same with what a file of the host holds, known by its SHA-256 in hex
    /// and its bytes.
    pub fn copy_of(&self, source: &str, sha256: &str, bytes: u64) -> Step {
        let script = self.put(&format!("cat <{}", quote(source)), sha256, bytes);
        let what = format!("copy {source} to {}", self.path);
        let holds = Holds::Sum(sha256.to_owned(), bytes);
        Step::new(what, Action::Run(script)).making([self.makes(holds)])
    }

    /// What it makes true.
    pub(super) fn effect(&self) -> Effect {
        self.makes(Holds::Bytes(Arc::clone(&self.content)))
    }

    fn makes(&self, holds: Holds) -> Effect {
        let access = Access {
            owner: self.owner.clone(),
            group: self.group.clone(),
            mode: self.mode,
        };
        Effect::Path(self.path.clone(), Place::File(holds, access))
    }

    fn put(&self, take: &str, sum: &str, bytes: u64) -> Script {
        let word = |word: &Option<String>| quote(word.as_deref().unwrap_or_default());
        let mode = self
            .mode
            .map(|mode| format!("{mode:o}"))
            .unwrap_or_default();
        let validate = match &self.validate {
            // As in Ansible, the path replaces %s in the command's text, whatever quotes it stands
            // in. It may ask as another user, who must come through to the file.
            Some(command) => {
                let pieces: Vec<String> = command.split("%s").map(quote).collect();
                format!(
                    "chmod 711 . && sh -c {} >&2 </dev/null",
                    pieces.join("\"$1\"")
                )
            }
            None => ":".to_owned(),
        };
        Script::new(pinned::script(&format!(
            "path={}\nowner={}\ngroup={}\nmode={mode}\nbackup={}\nsum={}\nsize={bytes}\n\
             take() {{ {take}\n}}\nvalidate() {{ {validate}\n}}\n{BODY}",
            quote(&self.path),
            word(&self.owner),
            word(&self.group),
            if self.backup { "yes" } else { "''" },
            quote(sum),
        )))
    }
}
