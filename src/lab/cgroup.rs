//! A cgroup for each host, where no systemd outside gives it one.
//!
//! Without it all hosts would share one subtree, and the systemd in one host, killing the last
//! processes of its `ssh.service`, would kill those of its neighbours.

use std::fs;
use std::path::{Path, PathBuf};

use super::LabError;
use super::error::Trying;

/// Whether a systemd runs this machine and makes the cgroups itself.
pub(super) fn systemd_outside() -> bool {
    Path::new("/run/systemd/system").exists()
}

/// Makes the host's cgroups and returns the files that a process enters them by.
pub(super) fn make(machine: &str) -> Result<Vec<PathBuf>, LabError> {
    let mut doors = Vec::new();
    for folder in of(machine)? {
        fs::create_dir_all(&folder).trying(|| format!("make the cgroup {}", folder.display()))?;
        doors.push(folder.join("cgroup.procs"));
    }
    Ok(doors)
}

/// Removes the host's cgroups, from the leaves up; the kernel refuses any that still holds a process.
pub(super) fn remove(machine: &str) -> Result<(), LabError> {
    for folder in of(machine)? {
        for entry in walkdir::WalkDir::new(&folder)
            .contents_first(true)
            .into_iter()
            .flatten()
        {
            if entry.file_type().is_dir() {
                fs::remove_dir(entry.path())
                    .trying(|| format!("remove the cgroup {}", entry.path().display()))?;
            }
        }
    }
    Ok(())
}

fn of(machine: &str) -> Result<Vec<PathBuf>, LabError> {
    let table =
        fs::read_to_string("/proc/self/mountinfo").trying(|| "read the table of mounts".into())?;
    Ok(hierarchies(&table)
        .into_iter()
        .map(|mount| mount.join(format!("trueup-{machine}")))
        .collect())
}

/// The mount points of the hierarchies that systemd inside a host writes to.
fn hierarchies(table: &str) -> Vec<PathBuf> {
    let found = table.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let (name, options) = (kind.next()?, kind.next_back()?);
        let systemds = name == "cgroup2"
            || (name == "cgroup" && options.split(',').any(|o| o == "name=systemd"));
        systemds
            .then(|| mount.split(' ').nth(4).map(PathBuf::from))
            .flatten()
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchies_of_a_hybrid_machine_are_found() {
        let table = "\
            30 29 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
            31 29 0:27 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n\
            32 29 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        let expected = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"].map(PathBuf::from);
        assert_eq!(hierarchies(table), expected);
    }
}
