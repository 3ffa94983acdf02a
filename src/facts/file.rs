//! What stands at a path: kind, permissions, owner, size, times, and the hash where it is asked for.

use super::path::absolute;
use super::{Ask, Foreseen, ProbeError, Question};
use crate::step::pinned::Seen;
use crate::step::{Output, quote, sha256};

/// Up to this many bytes a file is sent whole and hashed here: on hosts whose sha256sum loads
/// OpenSSL's library that costs half as much.
const SMALL: u64 = 64 << 10;

/// Asks what stands at a path.
#[derive(Clone, Debug)]
pub struct FileAt {
    /// The path.
    pub path: String,
    /// Describe what a symlink points to instead of the link itself.
    pub follow: bool,
    /// Ask for the SHA-256 of a regular file too.
    pub hash: bool,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A block device.
    Block,
    /// A character device.
    Char,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

impl Kind {
    /// The kind that the type bits of `st_mode` say.
    fn of(raw: u32) -> Option<Self> {
        Some(match raw & 0o170_000 {
            0o100_000 => Self::File,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Link,
            0o060_000 => Self::Block,
            0o020_000 => Self::Char,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            _ => return None,
        })
    }

    /// The word that Ansible's `state` has for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "link",
            Self::Block => "block",
            Self::Char => "char",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
        }
    }
}

/// What of a file a dry run can't know, since a pending task makes or changes it: what stands in its
/// place is made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loose {
    /// The task that decides it.
    pub until: String,
    /// The names of these, as `stat` has them.
    pub names: Vec<&'static str>,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it is.
    pub kind: Kind,
    /// The permission bits with setuid, setgid and sticky.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The owner's name; its number where it has none.
    pub owner: String,
    /// The group's name; its number where it has none.
    pub group: String,
    /// Bytes.
    pub size: u64,
    /// Last change of the content, seconds since 1970.
    pub mtime: i64,
    /// Last access.
    pub atime: i64,
    /// Last change of the inode.
    pub ctime: i64,
    /// The inode.
    pub inode: u64,
    /// The device.
    pub dev: u64,
    /// How many names it has.
    pub nlink: u64,
    /// SHA-256 in hex, when it was asked for and this is a regular file.
    pub sha256: Option<String>,
    /// Where a link at the path points, as written in it.
    pub target: Option<String>,
    /// The path with all links resolved, when a link stands there.
    pub real: Option<String>,
    /// Only in a dry run: what of this is not known.
    pub loose: Option<Loose>,
}

/// What `stat -c` is asked for; [`File::read_stat`] reads it.
pub(super) const STAT_FORMAT: &str = "%f %u %g %U %G %s %Y %X %Z %i %d %h";

impl File {
    /// Which file this is, so that what acts on it later knows whether it still is.
    pub fn seen(&self) -> Seen {
        Seen {
            device: self.dev,
            inode: self.inode,
        }
    }

    /// Takes what is not known out of what is told of it, and says which task decides that, where it is any.
    pub fn known(&self, told: &mut serde_json::Map<String, serde_json::Value>) -> Option<String> {
        let loose = self.loose.as_ref()?;
        let before = told.len();
        told.retain(|name, _| !loose.names.contains(&name.as_str()));
        (told.len() < before).then(|| loose.until.clone())
    }

    /// What the link that stands at `path` leads to, which may not be there.
    pub(super) fn leads(&self, path: &str) -> Option<String> {
        let target = || Some(absolute(path, self.target.as_ref()?));
        self.real.clone().or_else(target)
    }

    /// Reads a line of [`STAT_FORMAT`].
    pub(super) fn read_stat(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let raw = u32::from_str_radix(words.next()?, 16).ok()?;
        let uid = words.next()?.parse().ok()?;
        let gid = words.next()?.parse().ok()?;
        let name = |word: &str, number: u32| {
            if word == "UNKNOWN" {
                number.to_string()
            } else {
                word.to_owned()
            }
        };
        Some(Self {
            kind: Kind::of(raw)?,
            mode: raw & 0o7777,
            uid,
            gid,
            owner: name(words.next()?, uid),
            group: name(words.next()?, gid),
            size: words.next()?.parse().ok()?,
            mtime: words.next()?.parse().ok()?,
            atime: words.next()?.parse().ok()?,
            ctime: words.next()?.parse().ok()?,
            inode: words.next()?.parse().ok()?,
            dev: words.next()?.parse().ok()?,
            nlink: words.next()?.parse().ok()?,
            sha256: None,
            target: None,
            real: None,
            loose: None,
        })
    }
}

impl FileAt {
    /// The shell text that asks.
    pub(super) fn text(&self) -> String {
        let flag = if self.follow { "-L " } else { "" };
        let mut text = format!(
            "p={}\nif [ -e \"$p\" ]; then s=$(stat {flag}-c '{STAT_FORMAT}' \"$p\") || exit; echo \"$s\"\n",
            quote(&self.path)
        );
        // A link that points nowhere is described itself, whatever is asked.
        text.push_str(&format!(
            "elif [ -L \"$p\" ]; then stat -c '{STAT_FORMAT}' \"$p\" || exit; fi\n"
        ));
        text.push_str("if [ -L \"$p\" ]; then echo \"target $(readlink \"$p\")\"; echo \"real $(readlink -f \"$p\")\"; fi\n");
        if self.hash {
            let test = if self.follow {
                "[ -f \"$p\" ]"
            } else {
                "[ -f \"$p\" ] && [ ! -L \"$p\" ]"
            };
            text.push_str(&format!(
                "if {test}; then set -- $s; if [ \"$6\" -le {SMALL} ]; then echo bytes; cat \"$p\" || exit\n\
                 else echo \"sha256 $(sha256sum <\"$p\")\" || exit; fi; fi"
            ));
        }
        text
    }
}

impl Question for FileAt {
    type Answer = Option<File>;

    fn ask(&self) -> Ask {
        Ask::settled(self.text())
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let what = || format!("look at {}", self.path);
        if !output.ok() {
            return Err(ProbeError::answer(&what(), output));
        }
        let mark = b"\nbytes\n";
        let at = output
            .stdout
            .windows(mark.len())
            .position(|window| window == mark);
        let (told, content) = match at {
            Some(at) => (
                &output.stdout[..at],
                Some(&output.stdout[at + mark.len()..]),
            ),
            None => (output.stdout.as_slice(), None),
        };
        let text = String::from_utf8_lossy(told);
        let mut lines = text.lines();
        let Some(first) = lines.next() else {
            return Ok(None);
        };
        let mut file = File::read_stat(first)
            .ok_or_else(|| ProbeError::Failed(format!("{}: stat said `{first}`", what())))?;
        file.sha256 = content.map(sha256);
        for line in lines {
            match line.split_once(' ') {
                Some(("sha256", hash)) => {
                    file.sha256 = hash
                        .split(' ')
                        .next()
                        .filter(|hash| hash.len() == 64)
                        .map(str::to_owned);
                }
                Some(("target", target)) => file.target = Some(target.to_owned()),
                Some(("real", real)) if !real.is_empty() => file.real = Some(real.to_owned()),
                _ => {}
            }
        }
        if self.hash && file.kind == Kind::File && file.sha256.is_none() {
            return Err(ProbeError::Failed(format!(
                "{}: its content can't be read: {}",
                what(),
                output.err().trim()
            )));
        }
        Ok(Some(file))
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        let path = pending.real(&self.path, self.follow);
        Self { path, ..*self }.ask()
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        if self.hash {
            pending.file_with_sum(&self.path, None, self.follow, now)
        } else {
            pending.file(&self.path, None, self.follow, now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stdout: &str, hash: bool) -> Result<Option<File>, ProbeError> {
        let question = FileAt {
            path: "/etc/hosts".into(),
            follow: true,
            hash,
        };
        question.read(&Output {
            stdout: stdout.into(),
            ..Output::default()
        })
    }

    #[test]
    fn nothing_said_is_nothing_there() {
        assert_eq!(read("", true).unwrap(), None);
    }

    #[test]
    fn a_file_with_its_hash() {
        let hash = "f".repeat(64);
        let file = read(
            &format!("81a4 0 0 root root 174 1700000000 1700000001 1700000002 42 65025 1\nsha256 {hash}  -\n"),
            true,
        )
        .unwrap()
        .unwrap();
        assert_eq!((file.kind, file.mode, file.size), (Kind::File, 0o644, 174));
        assert_eq!(file.sha256.as_deref(), Some(hash.as_str()));
    }

    #[test]
    fn a_small_file_comes_whole_and_is_hashed_here() {
        let told = "81a4 0 0 root root 4 1 2 3 42 65025 1\ntarget /x\nreal /x\nbytes\n\nbytes\n";
        let file = read(told, true).unwrap().unwrap();
        assert_eq!(file.sha256, Some(sha256(b"\nbytes\n")));
        assert_eq!(file.target.as_deref(), Some("/x"));
    }

    #[test]
    fn an_owner_without_a_name_keeps_its_number() {
        let file = read("41ed 1234 0 UNKNOWN root 4096 1 2 3 42 65025 2\n", false)
            .unwrap()
            .unwrap();
        assert_eq!((file.kind, file.owner.as_str()), (Kind::Directory, "1234"));
    }

    #[test]
    fn an_unreadable_file_is_an_error_and_no_difference() {
        assert!(read("81a4 0 0 root root 174 1 2 3 42 65025 1\nsha256 \n", true).is_err());
    }
}
