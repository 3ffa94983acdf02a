//! A host's file systems: its layer over the image, and the small disk where it has one.

use std::fs::{self, OpenOptions};
use std::path::Path;

use super::command::run;
use super::error::Trying;
use super::folders::HostFolder;
use super::{HostSpec, LabError};

/// Mounts what the host boots from.
pub(super) fn mount(folder: &HostFolder, host: &HostSpec, image: &Path) -> Result<(), LabError> {
    for path in [folder.upper(), folder.work(), folder.root()] {
        fs::create_dir_all(&path).trying(|| format!("make {}", path.display()))?;
    }
    if !is_mounted(&folder.root())? {
        let layers = format!(
            "lowerdir={},upperdir={},workdir={}",
            image.display(),
            folder.upper().display(),
            folder.work().display()
        );
        run([
            "mount",
            "-t",
            "overlay",
            "-o",
            &layers,
            "trueup-lab",
            &folder.root().to_string_lossy(),
        ])?;
    }
    if let Some(limit) = &host.disk_limit {
        mount_disk(folder, limit.mib)?;
    }
    Ok(())
}

fn mount_disk(folder: &HostFolder, mib: u64) -> Result<(), LabError> {
    let (file, disk) = (folder.disk_file(), folder.disk());
    if is_mounted(&disk)? {
        return Ok(());
    }
    let file_text = file.to_string_lossy();
    if !file.exists() {
        let making = folder.path().join("disk.img.new");
        OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .open(&making)
            .and_then(|new| new.set_len(mib * 1024 * 1024))
            .trying(|| format!("make {}", making.display()))?;
        run([
            "mkfs.ext4",
            "-q",
            "-F",
            "-m",
            "0",
            &making.to_string_lossy(),
        ])?;
        fs::rename(&making, &file).trying(|| format!("make {}", file.display()))?;
    }
    fs::create_dir_all(&disk).trying(|| format!("make {}", disk.display()))?;
    run(["mount", "-o", "loop", &file_text, &disk.to_string_lossy()]).map(drop)
}

/// Unmounts all of a host; what isn't mounted is no error.
pub(super) fn unmount(folder: &HostFolder) -> Result<(), LabError> {
    for path in [folder.disk(), folder.root()] {
        if is_mounted(&path)? {
            run(["umount", &path.to_string_lossy()])?;
        }
    }
    Ok(())
}

fn is_mounted(path: &Path) -> Result<bool, LabError> {
    let table =
        fs::read_to_string("/proc/self/mountinfo").trying(|| "read the table of mounts".into())?;
    Ok(lists(&table, path))
}

/// The fifth word of a line is the mount point, with blanks and the like as octal escapes; the
/// names that labs allow need none.
fn lists(table: &str, path: &Path) -> bool {
    table.lines().any(|line| {
        line.split(' ')
            .nth(4)
            .is_some_and(|point| Path::new(point) == path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_mounts_is_read_by_mount_point() {
        let table = "36 35 98:0 /x /var/lib/a/root rw,noatime - overlay trueup-lab rw\n";
        assert!(lists(table, Path::new("/var/lib/a/root")));
        assert!(!lists(table, Path::new("/x")) && !lists(table, Path::new("/var/lib/a")));
    }
}
