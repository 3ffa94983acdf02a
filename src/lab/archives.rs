//! Package files outlive the hosts that fetched them, so that a lab built anew fetches little.
//!
//! They are hard links where the file system allows: apt only ever makes and removes such files,
//! and checks what it finds against the signed index, so a host can't hand another a wrong one.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::LabError;
use super::error::Trying;
use super::folders::HostFolder;

const FOLDER: &str = "var/cache/apt/archives";

/// Lays what was fetched before into a host that is not mounted yet.
pub(super) fn hand_out(cache: &Path, host: &HostFolder) -> Result<(), LabError> {
    copy_packages(cache, &host.upper().join(FOLDER))
}

/// Keeps what the host has fetched.
pub(super) fn gather(cache: &Path, host: &HostFolder) -> Result<(), LabError> {
    copy_packages(&host.upper().join(FOLDER), cache)
}

fn copy_packages(from: &Path, to: &Path) -> Result<(), LabError> {
    fs::create_dir_all(to).trying(|| format!("make {}", to.display()))?;
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (file, target) = (entry.path(), to.join(entry.file_name()));
        let whole = file.extension() == Some(OsStr::new("deb"))
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        if whole && !target.exists() && fs::hard_link(&file, &target).is_err() {
            fs::copy(&file, &target)
                .trying(|| format!("copy {} to {}", file.display(), target.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Folders;

    #[test]
    fn packages_go_round_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("cache");
        let lab = dir.path().join("lab");
        let hosts = ["a", "b"].map(|name| {
            let folders = Folders::at(dir.path().join("state"), cache.clone());
            folders.lab("try").host(name)
        });
        let archives = hosts[0].upper().join(FOLDER);
        fs::create_dir_all(archives.join("partial")).unwrap();
        fs::write(archives.join("vim_1_amd64.deb"), "vim").unwrap();
        fs::write(archives.join("lock"), "").unwrap();
        gather(&cache, &hosts[0]).unwrap();
        hand_out(&cache, &hosts[1]).unwrap();
        let names = |path: &Path| {
            fs::read_dir(path)
                .unwrap()
                .map(|e| e.unwrap().file_name())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&cache), ["vim_1_amd64.deb"]);
        assert_eq!(names(&hosts[1].upper().join(FOLDER)), ["vim_1_amd64.deb"]);
        assert!(!lab.exists());
    }
}
