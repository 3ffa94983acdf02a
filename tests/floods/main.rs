//! Hosts that print without end, seen from outside: what the run takes of this machine's memory,
//! and what it tells.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

mod answers;
mod output;

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No run with hosts that flood it may take more, of which a debug build needs some for itself.
const MEMORY: u64 = 300 << 20;

/// A run that has ended.
struct Ran {
    status: Option<i32>,
    /// All that was printed.
    said: String,
    /// The most memory it had at any time, in bytes.
    memory: u64,
}

fn apply(folder: &TempDir, hosts: &str, playbook: &str, words: &[&str]) -> Ran {
    let path = folder.path();
    std::fs::write(path.join("site.yml"), playbook).expect("a playbook");
    std::fs::write(path.join("hosts.yml"), hosts).expect("an inventory");
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["apply", "site.yml", "-i", "hosts.yml"])
        .args(words)
        .current_dir(path)
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("trueup");
    let mut streams = (
        child.stdout.take().expect("stdout"),
        child.stderr.take().expect("stderr"),
    );
    let out = std::thread::spawn(move || {
        let mut said = String::new();
        streams.0.read_to_string(&mut said).expect("text");
        streams.1.read_to_string(&mut said).expect("text");
        said
    });
    let mut memory = 0;
    let begun = Instant::now();
    let status = loop {
        memory = memory.max(most_memory(child.id()));
        if let Some(status) = child.try_wait().expect("its end") {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(120) {
            child.kill().expect("its end");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Ran {
        status: status.code(),
        said: out.join().expect("what it said"),
        memory,
    }
}

/// What the process had at most until now.
fn most_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}
