//! Steps that print without end.

use crate::{MEMORY, apply};

const HERE: &str = "all: {hosts: {h1: {ansible_connection: local}}}";

/// Commands that print 50 MB: whole lines, short ones, one without end, and on stderr.
const FLOODS: [&str; 4] = [
    "yes 0123456789012345678901234567890123456789 | head -c 52428800",
    "yes | head -c 52428800",
    "head -c 52428800 /dev/zero | tr '\\\\0' x",
    "yes 012345678901234567890123456789 | head -c 52428800 >&2",
];

fn playbook(ending: &str) -> String {
    let tasks = FLOODS.iter().map(|flood| {
        format!("    - {{shell: \"{flood}; {ending}\", register: r, ignore_errors: true}}\n")
    });
    format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n{}",
        tasks.collect::<String>()
    )
}

#[test]
fn a_flood_takes_no_memory_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = apply(&folder, HERE, &playbook("true"), &[]);
    assert_eq!(ran.status, Some(0), "{}", ran.said);
    assert!(ran.memory < MEMORY, "{} MB", ran.memory >> 20);
    assert!(ran.said.len() < 2 << 20, "{} bytes told", ran.said.len());
    let counted = regex::Regex::new(r"\[WARNING\]: it printed \d+ MB; the first \d+ MB are not")
        .expect("a pattern");
    assert_eq!(counted.find_iter(&ran.said).count(), FLOODS.len());
}

#[test]
fn a_flood_that_fails_is_told_from_its_end_and_goes_with_the_same_bounds_as_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = apply(&folder, HERE, &playbook("echo the end; exit 3"), &["-vvv"]);
    assert!(ran.memory < MEMORY, "{} MB", ran.memory >> 20);
    assert!(ran.said.len() < 4 << 20, "{} bytes told", ran.said.len());
    assert!(ran.said.contains("the end"), "{}", ran.said.len());
    let told = apply(&folder, HERE, &playbook("exit 3"), &["--output", "json"]);
    assert!(told.memory < MEMORY, "{} MB", told.memory >> 20);
    let longest = told.said.lines().map(str::len).max();
    assert!(
        longest.is_some_and(|longest| longest < 1 << 20),
        "{longest:?}"
    );
    let left_out: u64 = told
        .said
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|event| event["left_out"].as_u64())
        .sum();
    assert!(left_out > 10 << 20, "{left_out}");
}
