//! What lies over a path, effect by effect.

use super::super::{File, Kind, Loose, ProbeError};
use super::Pending;
use super::brought::Brings;
use super::path::is_under;
use crate::step::{Access, Holds, Place, sha256};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What becomes of a path.
pub(super) enum Becomes<'a> {
    /// It stays what it is.
    Same,
    Nothing,
    Something,
    File(&'a Holds),
    Folder,
    Link(&'a str),
    Unknown(&'a str),
}

impl Place {
    /// Whether what stood at `path` is no more once this is made of `of`.
    pub(super) fn ends(&self, path: &str, of: &str) -> bool {
        match self {
            Self::Access(_) | Self::Folders(_) | Self::Something | Self::Brought => false,
            _ => path == of || is_under(path, of),
        }
    }
}

/// What lies over a path.
pub(super) struct Over<'a> {
    pub(super) path: String,
    pub(super) becomes: Becomes<'a>,
    /// Where the access that it has now is not lost on the way.
    pub(super) keeps: bool,
    pub(super) access: Access,
    /// The last that decides it.
    pub(super) last: Option<&'a Pending>,
    /// What may put something there where nothing is: a new package, or a task of which not more is known.
    pub(super) brought: Option<Brings<'a>>,
}

impl Over<'_> {
    pub(super) fn unknown(&self, why: &str) -> ProbeError {
        match self.last {
            Some(pending) => pending.unknown(why),
            None => ProbeError::Failed(why.to_owned()),
        }
    }

    /// Whether what stands there now plays no part.
    pub(super) fn decided(&self) -> bool {
        !matches!(self.becomes, Becomes::Same)
    }
}

impl<'a> Over<'a> {
    pub(super) fn lay(&mut self, place: &'a Place) {
        match place {
            Place::File(holds, access) => {
                if !matches!(self.becomes, Becomes::Same | Becomes::File(_)) {
                    self.lose(Becomes::File(holds));
                }
                self.becomes = Becomes::File(holds);
                self.access = access.over(&self.access);
            }
            Place::Folder(access) | Place::Folders(access) => self.folder(access),
            Place::Access(access) => self.access = access.over(&self.access),
            Place::Link(target) => self.lose(Becomes::Link(target)),
            Place::Twin(_) => self.lose(Becomes::Unknown(
                "it becomes a second name of a file that changes",
            )),
            Place::Nothing => self.lose(Becomes::Nothing),
            Place::Unknown(why) => self.lose(Becomes::Unknown(why)),
            // It decides nothing of what stands there.
            Place::Brought => {}
            Place::Something => {
                if matches!(self.becomes, Becomes::Same | Becomes::Nothing) {
                    self.lose(Becomes::Something);
                }
            }
        }
    }

    pub(super) fn folder(&mut self, access: &Access) {
        if !matches!(self.becomes, Becomes::Same | Becomes::Folder) {
            self.lose(Becomes::Folder);
        }
        self.becomes = Becomes::Folder;
        self.access = access.over(&self.access);
    }

    pub(super) fn lose(&mut self, becomes: Becomes<'a>) {
        self.becomes = becomes;
        self.keeps = false;
        self.access = Access::default();
    }

    /// The same with what is brought where nothing stands, `there` being whether something does now.
    pub(super) fn filled(self, there: bool) -> Result<Self, ProbeError> {
        let is_free = match self.becomes {
            Becomes::Same => !there,
            Becomes::Nothing => true,
            _ => false,
        };
        let Some(brings) = self.brought.filter(|_| is_free) else {
            return Ok(self);
        };
        let place = brings.place.ok_or_else(|| brings.unknown())?;
        let later = self.access;
        let mut filled = Self {
            becomes: Becomes::Nothing,
            access: Access::default(),
            last: Some(brings.pending),
            brought: None,
            ..self
        };
        filled.lay(place);
        filled.access = later.over(&filled.access);
        Ok(filled)
    }

    pub(super) fn stands(self, now: Option<File>) -> Result<Option<File>, ProbeError> {
        self.filled(now.is_some())?.filled_stands(now)
    }

    fn filled_stands(&self, now: Option<File>) -> Result<Option<File>, ProbeError> {
        let kind = match self.becomes {
            Becomes::Same => {
                return Ok(now.map(|mut file| {
                    self.allow(&mut file);
                    if self.access != Access::default() {
                        self.loosen(&mut file, &["ctime"]);
                    }
                    file
                }));
            }
            Becomes::Nothing => return Ok(None),
            Becomes::Unknown(why) => return Err(self.unknown(why)),
            Becomes::Something => return Err(self.unknown("what it will be is not known")),
            Becomes::File(_) => Kind::File,
            Becomes::Folder => Kind::Directory,
            Becomes::Link(_) => Kind::Link,
        };
        // What is put in place of a file takes over whose that was, as a folder stays whose it is.
        let mut file = match now {
            Some(file) if self.keeps && file.kind == kind => file,
            _ => self.made(kind),
        };
        self.allow(&mut file);
        if kind != Kind::Directory || file.dev == 0 {
            (file.dev, file.inode) = (0, inode(&self.path));
        }
        match self.becomes {
            Becomes::File(Holds::Bytes(bytes)) => {
                file.size = bytes.len() as u64;
                file.sha256 = Some(sha256(bytes));
            }
            Becomes::File(Holds::Sum(sum, size)) => {
                file.size = *size;
                file.sha256 = Some(sum.clone());
            }
            Becomes::File(Holds::Unknown(_)) => file.sha256 = None,
            Becomes::Link(target) => {
                file.size = target.len() as u64;
                file.target = Some(target.to_owned());
            }
            _ => {}
        }
        let loose: &[&'static str] = match kind {
            Kind::Directory if file.dev != 0 => &["atime", "mtime", "ctime", "nlink", "size"],
            Kind::Directory => &["atime", "mtime", "ctime", "nlink", "size", "inode", "dev"],
            _ => &["atime", "mtime", "ctime", "inode", "dev"],
        };
        self.loosen(&mut file, loose);
        Ok(Some(file))
    }

    /// These of a file, and numbers and names of accounts that nobody told, are not known.
    fn loosen(&self, file: &mut File, names: &[&'static str]) {
        let mut names = names.to_vec();
        let stranger = |given: &Option<String>, name: &str, number: u32| {
            let by_number = given
                .as_ref()
                .is_some_and(|word| word.parse() == Ok(number));
            by_number && number != 0 && name == number.to_string()
        };
        if file.uid == u32::MAX {
            names.push("uid");
        }
        if stranger(&self.access.owner, &file.owner, file.uid) {
            names.extend(["owner", "pw_name"]);
        }
        if file.gid == u32::MAX {
            names.push("gid");
        }
        // Which group a user has is not told by the name, but for root's.
        let by = self.last.map_or("root", |pending| &pending.by);
        let usual = file.gid == u32::MAX && self.access.group.is_none() && by != "root";
        if usual || stranger(&self.access.group, &file.group, file.gid) {
            names.extend(["gid", "group", "gr_name"]);
        }
        file.loose = Some(Loose {
            until: self
                .last
                .map_or_else(String::new, |pending| pending.until.to_string()),
            names,
        });
    }

    pub(super) fn made(&self, kind: Kind) -> File {
        let by = self.last.map_or("root", |pending| &pending.by);
        let mut file = File {
            kind,
            mode: match kind {
                Kind::Directory => 0o755,
                Kind::Link => 0o777,
                _ => 0o644,
            },
            uid: u32::MAX,
            gid: u32::MAX,
            owner: String::new(),
            group: String::new(),
            size: 0,
            mtime: 0,
            atime: 0,
            ctime: 0,
            inode: 0,
            dev: 0,
            nlink: 1,
            sha256: None,
            target: None,
            real: None,
            loose: None,
        };
        (file.uid, file.owner) = account(by);
        (file.gid, file.group) = account(by);
        file
    }

    pub(super) fn allow(&self, file: &mut File) {
        if let Some(owner) = &self.access.owner {
            (file.uid, file.owner) = account(owner);
        }
        if let Some(group) = &self.access.group {
            (file.gid, file.group) = account(group);
        }
        if let Some(mode) = self.access.mode
            && file.kind != Kind::Link
        {
            file.mode = mode;
        }
    }

    /// What root may do, and others for what the mode says to all.
    pub(super) fn allowed(&self) -> [bool; 3] {
        let mode = self.access.mode.unwrap_or(0o644);
        let folder = matches!(self.becomes, Becomes::Folder);
        match self.last.map(|pending| &*pending.by) {
            Some("root") => [true, true, folder || mode & 0o111 != 0],
            _ => [0o444, 0o222, 0o111].map(|bits| mode & bits != 0),
        }
    }
}

/// The number and the name of an account that is told by either; of those, only root's are known.
pub(super) fn account(word: &str) -> (u32, String) {
    match word {
        "root" | "0" => (0, "root".to_owned()),
        _ => (word.parse().unwrap_or(u32::MAX), word.to_owned()),
    }
}

/// A number that stands for a file that is not there yet: one for each path.
pub(super) fn inode(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}
