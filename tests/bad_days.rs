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

/// Two handlers, of which the first fails on `b`, and a host `a` that fails before its turn.
const HANDLERS: &str = "
- hosts: all
  gather_facts: false
  tasks:
    - name: Configuration
      command: 'true'
      notify: Restart it
    - name: More of it
      command: 'true'
      notify: [Restart it, Tell]
    - name: Fails
      command: 'false'
      when: inventory_hostname == 'a'
  handlers:
    - name: Restart it
      command: 'false'
    - name: Tell
      command: 'true'
    - name: Never notified
      command: 'true'
";

#[test]
fn handlers_that_did_not_do_their_work_are_named_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = apply(folder.path(), HANDLERS, &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let end = said.split_once(" failed, after").map_or("", |(_, end)| end);
    let end = end.split_once('\n').map_or("", |(_, end)| end);
    insta::assert_snapshot!(end, @"
    failed a: Fails, site.yml:11:7
    failed b: Restart it, site.yml:15:7
    not run: handler Restart it, site.yml:15:7 (notified by Configuration, More of it) on a
    failed: handler Restart it, site.yml:15:7 (notified by Configuration, More of it) on b
    not run: handler Tell, site.yml:17:7 (notified by More of it) on a, b
    A further apply does not notify them: the changes that did are made. `force_handlers: true` in the play runs handlers although a host failed.
    Next: do by hand what these handlers do, mend what failed, then trueup apply site.yml -i hosts.yml
    ");
    let json = apply(folder.path(), HANDLERS, &["--output", "json"]);
    let text = String::from_utf8_lossy(&json.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    let event: serde_json::Value = serde_json::from_str(last).expect("an event");
    let owed = event["owed"].as_array().expect("a list");
    let told: Vec<String> = owed
        .iter()
        .map(|owed| format!("{} {} {}", owed["host"], owed["handler"], owed["tried"]))
        .collect();
    assert_eq!(
        told,
        [
            "\"a\" \"Restart it\" false",
            "\"b\" \"Restart it\" true",
            "\"a\" \"Tell\" false",
            "\"b\" \"Tell\" false"
        ]
    );
    assert_eq!(
        owed[0]["notified_by"],
        serde_json::json!(["Configuration", "More of it"])
    );
}

#[test]
fn what_handlers_did_after_all_is_not_owed() {
    let folder = tempfile::tempdir().expect("a folder");
    let forced = HANDLERS
        .replace("- hosts: all", "- hosts: all\n  force_handlers: true")
        .replace(
            "- name: Restart it\n      command: 'false'",
            "- name: Restart it\n      command: 'true'",
        );
    let output = apply(folder.path(), &forced, &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("Next: mend it, then") && !said.contains("not run"),
        "{said}"
    );
}
