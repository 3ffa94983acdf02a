//! How many inotify instances root may have: each host's systemd takes dozens, and the kernel's
//! default of 128 is used up by a second lab, whose hosts then die while they boot.

use std::fs;
use std::path::PathBuf;

use super::error::Trying;
use super::{Folders, LabError};

const LIMIT: &str = "/proc/sys/fs/inotify/max_user_instances";
const ENOUGH: u32 = 1024;

/// Raises the limit where it is too low, and keeps what it was.
pub(super) fn raise(folders: &Folders) -> Result<(), LabError> {
    let before = fs::read_to_string(LIMIT).trying(|| format!("read {LIMIT}"))?;
    if before.trim().parse().is_ok_and(|limit: u32| limit < ENOUGH) {
        let mark = mark(folders);
        fs::write(&mark, before).trying(|| format!("write {}", mark.display()))?;
        fs::write(LIMIT, ENOUGH.to_string()).trying(|| format!("raise {LIMIT}"))?;
    }
    Ok(())
}

/// Sets the limit back to what it was if it was labs that raised it; for the last lab to call.
pub(super) fn restore(folders: &Folders) -> Result<(), LabError> {
    let mark = mark(folders);
    if mark.exists() {
        let before = fs::read_to_string(&mark).trying(|| format!("read {}", mark.display()))?;
        fs::write(LIMIT, before).trying(|| format!("set {LIMIT} back"))?;
        fs::remove_file(&mark).trying(|| format!("remove {}", mark.display()))?;
    }
    Ok(())
}

fn mark(folders: &Folders) -> PathBuf {
    folders.state().join(".inotify-was")
}
