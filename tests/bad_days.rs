//! Runs that don't go well: what is told, and what is not done again and again.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use std::path::Path;
use std::process::{Command, Output};

/// Runs a playbook on this machine under two names.
fn apply(folder: &Path, playbook: &str, words: &[&str]) -> Output {
    let hosts = "all: {vars: {ansible_connection: local}, hosts: {a: , b: }}";
    std::fs::write(folder.join("site.yml"), playbook).expect("a playbook");
    std::fs::write(folder.join("hosts.yml"), hosts).expect("an inventory");
    Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["apply", "site.yml", "-i", "hosts.yml"])
        .args(words)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("trueup")
}

#[test]
fn a_block_that_does_not_find_itself_again_is_written_once() {
    let folder = tempfile::tempdir().expect("a folder");
    // The block holds a marker line of its own, so each further time would add one.
    let playbook = "
- hosts: a
  gather_facts: false
  tasks:
    - blockinfile: {path: '{{ playbook_dir }}/file', create: true, block: '# BEGIN ANSIBLE MANAGED BLOCK'}
";
    let output = apply(folder.path(), playbook, &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stdout);
    let words = "did not converge: this was done and still differs:";
    assert!(said.contains(words), "{said}");
    let text = std::fs::read_to_string(folder.path().join("file")).expect("the file");
    assert_eq!(text.lines().count(), 3, "{text}");
}
