//! The processes of a lab, as the kernel knows them: no pid file can be stale.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

struct Process {
    id: u32,
    parent: u32,
    words: Vec<String>,
}

/// The `systemd-nspawn` that runs this machine, if one does.
pub(super) fn nspawn(machine: &str) -> Option<u32> {
    let flag = format!("--machine={machine}");
    let ours: Vec<Process> = processes()
        .into_iter()
        .filter(|p| is_nspawn(p, &flag))
        .collect();
    // While it starts, its forks still carry its words: the first of the line is the one.
    ours.iter()
        .find(|p| ours.iter().all(|other| other.id != p.parent))
        .map(|p| p.id)
}

/// The processes that this one started.
pub(super) fn children(parent: u32) -> Vec<u32> {
    processes()
        .into_iter()
        .filter(|p| p.parent == parent)
        .map(|p| p.id)
        .collect()
}

/// Sends a signal; a process that is gone already is no error.
pub(super) fn kill(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _gone_already = kill_process(pid, signal);
    }
}

fn is_nspawn(process: &Process, flag: &str) -> bool {
    process
        .words
        .first()
        .is_some_and(|word| word.ends_with("systemd-nspawn"))
        && process.words.iter().any(|word| word == flag)
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| read(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

fn read(id: u32) -> Option<Process> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let parent = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))?
        .trim()
        .parse()
        .ok()?;
    let words = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let words = words
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    Some(Process { id, parent, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_and_killed() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        assert!(children(std::process::id()).contains(&child.id()));
        kill(child.id(), Signal::KILL);
        assert!(!child.wait().unwrap().success());
    }

    #[test]
    fn another_machines_container_is_not_ours() {
        let words = |words: &[&str]| Process {
            id: 2,
            parent: 1,
            words: words.iter().map(ToString::to_string).collect(),
        };
        assert!(is_nspawn(
            &words(&["/usr/bin/systemd-nspawn", "--machine=tu0a"]),
            "--machine=tu0a"
        ));
        assert!(!is_nspawn(
            &words(&["systemd-nspawn", "--machine=tu0a1"]),
            "--machine=tu0a"
        ));
        assert!(!is_nspawn(
            &words(&["sh", "--machine=tu0a"]),
            "--machine=tu0a"
        ));
    }
}
