//! Secret files on the controller: readable by their owner only, from the first byte; whole or not there.

use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// A secret file that can't be read or made.
#[derive(Debug, thiserror::Error)]
#[error("can't keep the secret {}: {source}; look at who owns its folder", path.display())]
pub struct KeepError {
    path: PathBuf,
    source: io::Error,
}

pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> KeepError + '_ {
    move |source| KeepError {
        path: path.to_owned(),
        source,
    }
}

/// What is kept at `path`, if something is.
pub(super) fn read(path: &Path) -> Result<Option<String>, KeepError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// Keeps `text` at `path` unless another process was first; gives what is kept.
pub(super) fn keep_first(path: &Path, text: &str) -> Result<String, KeepError> {
    match written(path, text)?.persist_noclobber(path) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| at(path)(ErrorKind::NotFound.into()))
        }
        Err(error) => Err(at(path)(error.error)),
    }
}

/// Keeps `text` at `path` in place of what was kept there.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), KeepError> {
    written(path, text)?
        .persist(path)
        .map(drop)
        .map_err(|error| at(path)(error.error))
}

/// A file next to `path` that holds `text`; it has no name that lasts.
fn written(path: &Path, text: &str) -> Result<NamedTempFile, KeepError> {
    let folder = folder_of(path);
    make_folder(folder).map_err(at(path))?;
    let write = || {
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(at(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the folders above `path` that are not there, for their owner only.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// How long another process may hold a folder: what is done there takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Holds the folder for this process alone until the file is dropped.
pub(super) fn lock(folder: &Path) -> Result<File, KeepError> {
    let path = folder.join(".lock");
    make_folder(folder).map_err(at(&path))?;
    let lock = || {
        let file = File::options().create(true).append(true).open(&path)?;
        let end = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        ErrorKind::TimedOut,
                        "another process holds its folder",
                    ));
                }
            }
        }
    };
    lock().map_err(at(&path))
}
