//! Where the controller keeps what it made for an inventory: passwords, certificates.
//!
//! Two inventories may have one name (`a/prod` and `b/prod`), and must not share that. So the folder
//! is named by the inventory's name and its place, `prod-1a2b3c4d5e6f`. It was once named by the name
//! alone: such a folder is moved, by the first apply, and only once. What is kept may be the only
//! copy of a cluster's passwords, so where it is not sure whose it is, nothing is guessed.

use crate::model::Inventory;
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file in the folder that says whose it is: the inventory's place, and in a second line
/// whether the folder was once one of all inventories of the name.
const RECORD: &str = ".inventory";

/// What the second line says.
const SHARED: &str = "once kept by its name alone";

/// How many hexadecimal digits stand for a place.
const MARK: usize = 12;

/// What an inventory's state is called before it is known where it is.
#[derive(Clone, Debug)]
pub struct State {
    base: PathBuf,
    name: String,
    place: String,
}

/// Why an inventory has no folder, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is a folder that may be its own.
    #[error(
        "trueup keeps passwords and certificates in {}, and it is not sure whether they are of the \
         inventory {place}: {why}; if they are, run `{command} {} {}`; if not, run `mkdir -m 700 {}`, \
         and new ones are made",
        other.display(), other.display(), own.display(), own.display()
    )]
    Unsure {
        /// The folder that is there.
        other: PathBuf,
        /// The folder of this inventory.
        own: PathBuf,
        /// The inventory.
        place: String,
        /// What speaks against it.
        why: String,
        /// What makes it its own.
        command: &'static str,
    },
    /// It can't be moved or written to.
    #[error("can't keep the state of the inventory in {}: {source}; look at who owns it", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl State {
    /// That of an inventory, below `$XDG_STATE_HOME/trueup`.
    pub fn of(inventory: &Inventory) -> Self {
        let home = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let base = home("XDG_STATE_HOME")
            .or_else(|| home("HOME").map(|home| format!("{home}/.local/state")))
            .unwrap_or_else(|| "/var/lib".to_owned());
        Self {
            base: PathBuf::from(base).join("trueup"),
            name: inventory.name.clone(),
            place: inventory.place.clone(),
        }
    }

    /// The folder that is this inventory's and no other's, there or not.
    pub fn own(&self) -> PathBuf {
        let digest = Sha256::digest(self.place.as_bytes());
        let mark: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.base.join(format!("{}-{}", self.name, &mark[..MARK]))
    }

    /// The folder as it is now; one with the old name is read where it is. Nothing is changed.
    pub fn folder(&self) -> Result<PathBuf, StateError> {
        let own = self.own();
        if own.is_dir() {
            return Ok(own);
        }
        let old = self.base.join(&self.name);
        if old.is_dir() && record(&old).is_none_or(|(place, _)| place == self.place) {
            return Ok(old);
        }
        self.doubt().map_or(Ok(own), Err)
    }

    /// The same for a run that may keep something there: a folder with the old name is moved
    /// first. Then what was done is told in a sentence.
    pub fn take(&self) -> Result<(PathBuf, Option<String>), StateError> {
        let (own, now) = (self.own(), self.folder()?);
        if now == own {
            self.settle()?;
            return Ok((own, None));
        }
        let failed = |source| StateError::Io {
            path: own.clone(),
            source,
        };
        // The record moves with the folder, so that at no time it is nobody's.
        self.write_record(&now, true).map_err(failed)?;
        match fs::rename(&now, &own) {
            // Another run of the same inventory was first.
            Err(_) if own.is_dir() && !now.is_dir() => return Ok((own, None)),
            moved => moved.map_err(failed)?,
        }
        self.settle()?;
        let word = format!(
            "What is kept for the inventory {} was moved from {} to {}: other inventories may be called `{}` too.",
            self.place,
            now.display(),
            own.display(),
            self.name
        );
        Ok((own, Some(word)))
    }

    /// Writes down whose the folder is, if it is there, and lets nobody else in.
    pub fn settle(&self) -> Result<(), StateError> {
        let own = self.own();
        let work = || {
            if !own.is_dir() {
                return Ok(());
            }
            if fs::metadata(&own)?.permissions().mode() & 0o077 != 0 {
                fs::set_permissions(&own, Permissions::from_mode(0o700))?;
            }
            // One that was copied by hand says whose it was.
            match record(&own) {
                Some((place, _)) if place == self.place => Ok(()),
                _ => self.write_record(&own, false),
            }
        };
        work().map_err(|source| StateError::Io {
            path: own.clone(),
            source,
        })
    }

    /// Removes the folder; whether there was one.
    pub fn remove(&self) -> Result<bool, StateError> {
        let own = self.own();
        match fs::remove_dir_all(&own) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StateError::Io { path: own, source }),
        }
    }

    fn write_record(&self, folder: &Path, shared: bool) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", self.place)?;
        if shared {
            writeln!(file, "{SHARED}")?;
        }
        file.persist(folder.join(RECORD))?;
        Ok(())
    }

    /// Another folder of the name that may be this inventory's.
    fn doubt(&self) -> Option<StateError> {
        let lead = format!("{}-", self.name);
        let is_like = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.strip_prefix(&lead)
                .is_some_and(|mark| mark.len() == MARK)
        };
        let mut others: Vec<PathBuf> = fs::read_dir(&self.base)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(is_like)
            .collect();
        others.sort();
        others.into_iter().find_map(|other| {
            let (place, shared) = record(&other)?;
            let (there, here) = (Path::new(&place), Path::new(&self.place));
            let (why, command) = if there.is_absolute() && !there.exists() {
                (format!("they were made for {place}, which is gone"), "mv")
            } else if there.parent() == Some(here) || here.parent() == Some(there) {
                (format!("they were made for {place}"), "mv")
            } else if shared {
                let why = format!(
                    "they were kept for every inventory called `{}`, and {place} took them first",
                    self.name
                );
                (why, "cp -a")
            } else {
                return None;
            };
            Some(StateError::Unsure {
                other,
                own: self.own(),
                place: self.place.clone(),
                why,
                command,
            })
        })
    }
}

/// Whose a folder is, and whether it was once one of several.
fn record(folder: &Path) -> Option<(String, bool)> {
    let text = fs::read_to_string(folder.join(RECORD)).ok()?;
    let mut lines = text.lines();
    let place = lines.next()?.to_owned();
    Some((place, lines.any(|line| line == SHARED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ground(tempfile::TempDir);

    impl Ground {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// The state of an inventory at a place below the ground, which is there.
        fn at(&self, place: &str) -> State {
            let place = self.0.path().join(place);
            fs::create_dir_all(&place).unwrap();
            State {
                base: self.0.path().join("trueup"),
                name: "prod".to_owned(),
                place: place.display().to_string(),
            }
        }

        fn old(&self) -> PathBuf {
            let old = self.0.path().join("trueup/prod");
            fs::create_dir_all(&old).unwrap();
            fs::write(old.join("password"), "one").unwrap();
            old
        }
    }

    #[test]
    fn inventories_of_one_name_have_folders_of_their_own() {
        let ground = Ground::new();
        let (a, b) = (ground.at("a/prod"), ground.at("b/prod"));
        assert_ne!(a.folder().unwrap(), b.folder().unwrap());
        fs::create_dir_all(a.own()).unwrap();
        a.settle().unwrap();
        assert_eq!(
            b.folder().unwrap(),
            b.own(),
            "that of another is none of its own"
        );
        let mode = a.own().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_folder_with_the_old_name_is_moved_once_and_by_an_apply() {
        let ground = Ground::new();
        let (a, b) = (ground.at("a/prod"), ground.at("b/prod"));
        let old = ground.old();
        assert_eq!(a.folder().unwrap(), old);
        assert!(old.exists(), "who only reads moves nothing");
        let (own, word) = a.take().unwrap();
        assert!(word.unwrap().contains("was moved from"));
        assert_eq!(fs::read_to_string(own.join("password")).unwrap(), "one");
        assert!(!old.exists());
        assert!(a.take().unwrap().1.is_none(), "once");
        // The other may have shared it: it neither takes it nor makes new passwords.
        let refused = b.take().unwrap_err().to_string();
        assert!(
            refused.contains("`cp -a ") && refused.contains("took them first"),
            "{refused}"
        );
        assert!(b.folder().is_err());
        // What it is told to do works, both ways.
        fs::create_dir(b.own()).unwrap();
        assert_eq!(b.take().unwrap(), (b.own(), None));
        fs::remove_dir_all(b.own()).unwrap();
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([a.own(), b.own()])
            .status();
        assert!(copied.unwrap().success());
        assert_eq!(b.take().unwrap(), (b.own(), None));
        assert_eq!(fs::read_to_string(a.own().join("password")).unwrap(), "one");
    }

    #[test]
    fn what_was_kept_for_an_inventory_that_moved_away_is_not_passed_over() {
        let ground = Ground::new();
        let before = ground.at("a/prod");
        fs::create_dir_all(before.own()).unwrap();
        before.settle().unwrap();
        fs::rename(ground.0.path().join("a"), ground.0.path().join("c")).unwrap();
        let after = ground.at("c/prod");
        let refused = after.folder().unwrap_err().to_string();
        assert!(
            refused.contains("which is gone") && refused.contains("`mv "),
            "{refused}"
        );
        fs::rename(before.own(), after.own()).unwrap();
        after.settle().unwrap();
        assert_eq!(after.folder().unwrap(), after.own());
    }

    #[test]
    fn a_file_of_a_folder_is_not_taken_for_the_folder_in_silence() {
        let ground = Ground::new();
        let folder = ground.at("a/prod");
        fs::create_dir_all(folder.own()).unwrap();
        folder.settle().unwrap();
        assert!(ground.at("a/prod/hosts").folder().is_err());
        assert!(ground.at("a/other").folder().is_ok());
    }

    #[test]
    fn only_the_own_folder_is_removed() {
        let ground = Ground::new();
        let a = ground.at("a/prod");
        let old = ground.old();
        assert!(!a.remove().unwrap() && old.exists());
        a.take().unwrap();
        assert!(a.remove().unwrap() && !a.own().exists());
    }
}
