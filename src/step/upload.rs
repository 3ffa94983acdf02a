//! A file that is put in place whole, and the script that does it.

use super::{Script, pinned, quote};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// Takes the content in beside the destination, where nobody else can come in, and moves it over
/// the destination only when it is whole, has its owner and mode, is valid and synced. A link at the
/// destination is replaced: whoever wants what it leads to names that.
const BODY: &str = include_str!("put.sh");

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
        let sum = Sha256::digest(&self.content)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                // Writing to a String can't fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        self.put("cat", &sum, self.content.len() as u64)
    }

    /// The same for what a file of the host holds, known by its SHA-256 in hex and its bytes.
    pub fn copy_of(&self, source: &str, sha256: &str, bytes: u64) -> Script {
        self.put(&format!("cat <{}", quote(source)), sha256, bytes)
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
