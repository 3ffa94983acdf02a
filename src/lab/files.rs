//! Files and folders of labs, written and removed whole.

use std::fs;
use std::path::Path;

use super::LabError;
use super::error::Trying;

/// Writes a file that is there with all its content or as it was.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), LabError> {
    let new = path.with_extension("new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, path))
        .trying(|| format!("write {}", path.display()))
}

/// Removes a folder and all in it, if it is there.
pub(super) fn remove_tree(path: &Path) -> Result<(), LabError> {
    if path.exists() {
        fs::remove_dir_all(path).trying(|| format!("remove {}", path.display()))
    } else {
        Ok(())
    }
}
