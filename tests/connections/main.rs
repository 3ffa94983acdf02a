//! Connections that die under a run, and hosts that go away and come back: a real sshd of the
//! test's own, from the playbook to the words that a user reads.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

mod again;
mod away;
#[path = "../remote/sshd.rs"]
#[allow(dead_code)] // Shared with the tests of connections alone.
mod sshd;

use sshd::{Sshd, own_name};
use std::process::Command;

/// Kills the sshd process that the session hangs on, as a restart of the network or an upgrade of
/// sshd does.
const CUT: &str = r#"#!/bin/sh
p=$$
while read -r _ comm _ parent _ <"/proc/$p/stat"; do
    case $comm in '(sshd'*) break ;; esac
    p=$parent
done
echo "$p" >"${0%/*}/session"
[ "$1" = now ] && { kill -9 "$p"; exec sleep 60; }
setsid sh -c 'sleep 0.3; kill -9 "$1"' cut "$p" >/dev/null 2>&1 </dev/null &
"#;

/// A play of these tasks on `here`, which is that sshd; `{F}` is a folder.
fn apply(sshd: &Sshd, tasks: &str) -> (Option<i32>, String) {
    let folder = sshd.path("");
    let shown = folder.display().to_string();
    let shown = shown.trim_end_matches('/');
    let hosts = format!(
        "all:\n  hosts:\n    here:\n      ansible_host: 127.0.0.1\n      ansible_port: {}\n      \
         ansible_user: {}\n      ansible_ssh_private_key_file: {shown}/user\n      \
         ansible_ssh_known_hosts_file: {shown}/known_hosts\n",
        sshd.port,
        own_name()
    );
    let play = format!("- hosts: here\n  gather_facts: false\n  tasks:\n{tasks}");
    for (name, text) in [("hosts.yml", &*hosts), ("site.yml", &*play), ("cut", CUT)] {
        std::fs::write(sshd.path(name), text.replace("{F}", shown)).expect("a file");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["apply", "-v", "site.yml", "-i", "hosts.yml"])
        .current_dir(&folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("trueup");
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code(), told.replace(shown, "{F}"))
}
