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

/// Unmounts all that is mounted below a folder: what lies there may be this machine's own.
pub(super) fn unmount_below(folder: &Path) -> Result<(), LabError> {
    for point in below(&table()?, folder) {
        run(["umount", &point])?;
    }
    Ok(())
}

fn is_mounted(path: &Path) -> Result<bool, LabError> {
    let table = table()?;
    Ok(points(&table).any(|point| Path::new(point) == path))
}

fn table() -> Result<String, LabError> {
    fs::read_to_string("/proc/self/mountinfo").trying(|| "read the table of mounts".into())
}

/// The fifth word of a line is the mount point, with blanks and the like as octal escapes; the
/// names that labs allow need none.
fn points(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter_map(|line| line.split(' ').nth(4))
}

/// The mount points below a folder, the last mounted first.
fn below(table: &str, folder: &Path) -> Vec<String> {
    let below = |point: &&str| Path::new(point).starts_with(folder);
    let mut points: Vec<String> = points(table).filter(below).map(str::to_owned).collect();
    points.reverse();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_mounts_is_read_by_mount_point() {
        let table = "36 35 98:0 /x /var/lib/a/root rw,noatime - overlay trueup-lab rw\n\
                     37 36 0:5 / /var/lib/a/root/dev rw - tmpfs none rw\n\
                     38 37 0:6 / /var/lib/a/root/dev/pts rw - devpts none rw\n\
                     39 35 0:7 / /var/lib/ab rw - tmpfs none rw\n";
        let all: Vec<_> = points(table).collect();
        assert!(all.contains(&"/var/lib/a/root") && !all.contains(&"/x"));
        assert_eq!(
            below(table, Path::new("/var/lib/a")),
            [
                "/var/lib/a/root/dev/pts",
                "/var/lib/a/root/dev",
                "/var/lib/a/root"
            ]
        );
    }
}
