//! What a plan can't know, as a user sees it, on hosts that are this machine under several names;
//! and that an apply of the same playbook does what was told.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

mod joins;
mod predicted;
mod results;
mod taken;

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const HOSTS: &str = "
all:
  vars: {ansible_connection: local, here: '{{ playbook_dir }}'}
  hosts: {a: {}, b: {}}
";

/// The playbook run by `verb`: its exit status, and what was told.
fn run(folder: &TempDir, playbook: &str, words: &[&str]) -> (Option<i32>, String) {
    let path = folder.path();
    std::fs::write(path.join("site.yml"), playbook).expect("a playbook");
    std::fs::write(path.join("hosts.yml"), HOSTS).expect("an inventory");
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(words)
        .args(["site.yml", "-i", "hosts.yml"])
        .current_dir(path)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "40")
        .output()
        .expect("trueup");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), plain(&said, path))
}

/// What is told of a play of these tasks on one host.
fn output_of(verb: &str, folder: &TempDir, tasks: &str) -> String {
    let playbook = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    let words: &[&str] = match verb {
        "check" => &[verb],
        _ => &[verb, "-l", "a"],
    };
    run(folder, &playbook, words).1
}

/// Without what differs from run to run.
fn plain(said: &str, folder: &Path) -> String {
    let stars = regex::Regex::new(r" \*{3,}").expect("a pattern");
    let took = regex::Regex::new(r"(in|after) [0-9][0-9.ms]*s").expect("a pattern");
    let said = said.replace(&format!("{}/", folder.display()), "");
    let said = stars.replace_all(&said, "");
    in_order(took.replace_all(&said, "$1 TIME").trim())
}

/// Hosts of a task are told as they end: here by their names.
fn in_order(said: &str) -> String {
    let paragraph = |paragraph: &str| {
        if !paragraph.starts_with("TASK ") {
            return paragraph.to_owned();
        }
        let mut blocks: Vec<String> = Vec::new();
        for line in paragraph.lines() {
            match blocks.last_mut().filter(|_| line.starts_with(' ')) {
                Some(block) => *block += &format!("\n{line}"),
                None => blocks.push(line.to_owned()),
            }
        }
        let host = |block: &String| block.split_once('[').map(|(_, rest)| rest.to_owned());
        blocks[1..].sort_by_key(host);
        blocks.join("\n")
    };
    // What the end sums up was told above.
    let sums_up = |one: &&str| one.starts_with("Takes away") || one.starts_with("Can't be known");
    let paragraphs = said.split("\n\n").filter(|one| !sums_up(one));
    let paragraphs: Vec<String> = paragraphs.map(paragraph).collect();
    paragraphs.join("\n\n")
}

fn fresh() -> TempDir {
    tempfile::tempdir().expect("a folder")
}
