//! The folder of an authority and its certificates, as one process sees it.

use super::super::Secret;
use super::super::keep::{KeepError, keep_first, lock, read, replace};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

type Unkept = HashMap<PathBuf, Secret>;

/// The files of a folder. Where nothing may be kept, what is written lies over them for as long as
/// this process lives, so that a dry run stays by its word.
pub(super) struct Shelf {
    folder: PathBuf,
    unkept: Option<MutexGuard<'static, Unkept>>,
    _held: Option<File>,
}

impl Shelf {
    /// Opens it, alone: others wait.
    pub fn open(folder: &Path, keep: bool) -> Result<Self, KeepError> {
        static UNKEPT: LazyLock<Mutex<Unkept>> = LazyLock::new(Mutex::default);
        Ok(Self {
            folder: folder.to_owned(),
            _held: if keep { Some(lock(folder)?) } else { None },
            unkept: if keep {
                None
            } else {
                Some(UNKEPT.lock().unwrap_or_else(PoisonError::into_inner))
            },
        })
    }

    /// Where a file lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What a file holds.
    pub fn read(&self, name: &str) -> Result<Option<Secret>, KeepError> {
        let path = self.path(name);
        let unkept = self.unkept.as_ref().and_then(|unkept| unkept.get(&path));
        match unkept {
            Some(text) => Ok(Some(text.clone())),
            None => Ok(read(&path)?.map(Secret::new)),
        }
    }

    /// Whether a file was written, and is kept nowhere.
    pub fn is_unkept(&self, name: &str) -> bool {
        let unkept = self.unkept.as_ref();
        unkept.is_some_and(|unkept| unkept.contains_key(&self.path(name)))
    }

    /// What a file holds on the disk.
    pub fn kept(&self, name: &str) -> Result<String, KeepError> {
        Ok(read(&self.path(name))?.unwrap_or_default())
    }

    /// Writes a file whole, in place of what was there.
    pub fn write(&mut self, name: &str, text: &str) -> Result<(), KeepError> {
        let path = self.path(name);
        match &mut self.unkept {
            Some(unkept) => {
                unkept.insert(path, Secret::new(text));
                Ok(())
            }
            None => replace(&path, text),
        }
    }

    /// Writes a file that must stay what it is: gives what is there in the end.
    pub fn write_first(&mut self, name: &str, text: &str) -> Result<Secret, KeepError> {
        match &self.unkept {
            Some(_) => {
                self.write(name, text)?;
                Ok(Secret::new(text))
            }
            None => keep_first(&self.path(name), text).map(Secret::new),
        }
    }

    /// The names of certificates' files, without their ending.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        let unkept = self.unkept.iter().flat_map(|unkept| unkept.keys().cloned());
        let mut names: Vec<String> = paths
            .chain(unkept)
            .filter(|path| path.parent() == Some(&self.folder))
            .filter_map(|path| {
                let name = path.file_name()?.to_str()?.strip_suffix(".pem")?;
                (name != "ca" && !name.starts_with('.')).then(|| name.to_owned())
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }
}
