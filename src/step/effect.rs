//! What a step makes true, as data: so that a dry run can lay it over what a host says.

use std::sync::Arc;

/// What a step makes true, as far as that can be said before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Of an absolute path.
    Path(String, Place),
}

/// What a step makes of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A regular file stands there, whatever stood there before.
    File(Holds, Access),
    /// A folder stands there; what it holds stays.
    Folder(Access),
    /// The same, and those above it are made where they are missing.
    Folders(Access),
    /// A symbolic link stands there and leads to this, as written in it.
    Link(String),
    /// A second name of the file at this path stands there.
    Twin(String),
    /// What stands there belongs to these and allows this; what it is stays.
    Access(Access),
    /// Something stands there.
    Something,
    /// Nothing stands there, and nothing under it.
    Nothing,
    /// What stands there, and under it, can't be said; in one sentence why.
    Unknown(String),
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// So many bytes, known by their SHA-256 in hex.
    Sum(String, u64),
    /// What can't be said beforehand; in one sentence why.
    Unknown(String),
}

/// Whose a path is and what it allows. `None` leaves what is there; what is made anew belongs to
/// whom the step runs as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The owner's name or number.
    pub owner: Option<String>,
    /// The group's name or number.
    pub group: Option<String>,
    /// The permission bits.
    pub mode: Option<u32>,
}

impl Access {
    /// From the words that chown and chmod take: `OWNER:GROUP`, octal digits; empty leaves it.
    pub fn of_words(whom: &str, mode: &str) -> Self {
        let word = |word: &str| (!word.is_empty()).then(|| word.to_owned());
        let (owner, group) = whom.split_once(':').unwrap_or((whom, ""));
        Self {
            owner: word(owner),
            group: word(group),
            mode: u32::from_str_radix(mode, 8).ok(),
        }
    }

    /// These where they say something, else those.
    #[must_use]
    pub fn over(&self, old: &Self) -> Self {
        Self {
            owner: self.owner.clone().or_else(|| old.owner.clone()),
            group: self.group.clone().or_else(|| old.group.clone()),
            mode: self.mode.or(old.mode),
        }
    }
}
