//! Tasks that rest on each other come as `plan` told of them, each against what those before it
//! leave: the two runs tell the same of every task.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What a run told of each task: its name, how it ended, what differed.
fn outcomes(verb: &str, folder: &Path) -> Vec<(String, String, Value)> {
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args([verb, "site.yml", "-i", "hosts", "--output", "json"])
        .current_dir(folder)
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event a line"))
        .collect();
    let name = |id: &Value| {
        let task = events
            .iter()
            .map(|event| &event["task"])
            .find(|task| task["id"] == *id)
            .expect("the task's start");
        task["name"].to_string()
    };
    let ended = events.iter().filter(|e| e["event"] == "host_finished");
    let told: Vec<_> = ended
        .map(|event| {
            let outcome = &event["outcome"];
            (
                name(&event["task"]),
                outcome["status"].to_string(),
                outcome["changes"].clone(),
            )
        })
        .collect();
    assert!(
        !told.is_empty(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    told
}

/// Plans and applies `tasks`, in which HERE is a folder that `before` was called with; a second
/// plan has nothing to tell.
fn comes_as_told(before: impl Fn(&Path), tasks: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().to_str().expect("its name");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    let tasks = tasks.replace("HERE", here);
    write(
        "site.yml",
        &format!("- hosts: h1\n  gather_facts: false\n  tasks:\n{tasks}"),
    );
    write("hosts", "h1 ansible_connection=local\n");
    write("note.txt", "a note\n");
    before(folder.path());
    let planned = outcomes("plan", folder.path());
    assert_eq!(planned, outcomes("apply", folder.path()));
    let unknown = planned
        .iter()
        .find(|(_, status, _)| status.contains("unknown"));
    assert_eq!(unknown, None);
}

#[test]
fn a_folder_that_is_taken_away_is_empty_when_it_is_made_anew() {
    comes_as_told(
        |here| {
            std::fs::create_dir(here.join("q1")).expect("a folder");
            std::fs::write(here.join("q1/f"), "a\n").expect("a file");
        },
        r#"
    - {name: Take it away, file: {path: HERE/q1, state: absent}}
    - {name: Make it anew, file: {path: HERE/q1, state: directory, mode: "0755"}}
    - {name: Put the file in, copy: {content: "a\n", dest: HERE/q1/f}}
"#,
    );
}

#[test]
fn a_file_is_put_into_the_folder_that_is_made_for_it() {
    comes_as_told(
        |_| (),
        r"
    - {name: Folder, file: {path: HERE/q2, state: directory}}
    - {name: File into it, copy: {src: note.txt, dest: HERE/q2}}
",
    );
}

#[test]
fn an_edit_is_one_of_the_text_that_the_tasks_before_leave() {
    comes_as_told(
        |here| {
            std::fs::write(here.join("c3"), "keep\nport = 1\n").expect("a file");
            std::fs::write(here.join("c4"), "a\n").expect("a file");
        },
        r#"
    - {name: Write, copy: {content: "keep\nport = 2\nold = 1\n", dest: HERE/c3}}
    - {name: Drop a line of the new text, lineinfile: {path: HERE/c3, regexp: "^old", state: absent}}
    - {name: First line, lineinfile: {path: HERE/c4, line: b}}
    - {name: Second line, lineinfile: {path: HERE/c4, line: c}}
    - {name: The first once more, lineinfile: {path: HERE/c4, line: b}}
    - {name: Lines, lineinfile: {path: HERE/c4, line: "{{ item }}"}, loop: [d, b, e]}
    - {name: A mode, file: {path: HERE/c4, mode: "0600"}}
    - {name: The same mode, file: {path: HERE/c4, mode: "0600"}}
"#,
    );
}

#[test]
fn what_a_task_registers_is_known_where_all_that_it_does_is() {
    comes_as_told(
        |_| (),
        r#"
    - {name: Write, copy: {content: "a\n", dest: HERE/f}, register: wrote}
    - {name: Look, stat: {path: HERE/f}, register: found}
    - name: Only behind a change
      copy: {content: "{{ wrote.checksum }} {{ found.stat.size }}\n", dest: HERE/g}
      when: wrote is changed and found.stat.exists and found.stat.checksum == wrote.checksum
    - name: Never
      copy: {content: b, dest: HERE/h}
      when: not found.stat.exists
    - {name: Read, slurp: {src: HERE/f}, register: read}
    - {name: From what was read, copy: {content: "{{ read.content | b64decode }}", dest: HERE/i}}
"#,
    );
}

#[test]
fn a_link_is_followed_before_it_is_there() {
    comes_as_told(
        |here| std::fs::create_dir(here.join("v1")).expect("a folder"),
        r#"
    - {name: The version, copy: {content: "1\n", dest: HERE/v1/is}}
    - {name: The link, file: {path: HERE/now, src: HERE/v1, state: link}}
    - {name: As it is, copy: {content: "1\n", dest: HERE/now/is}}
    - {name: Another, copy: {content: "2\n", dest: HERE/now/is}}
    - {name: As it became, lineinfile: {path: HERE/v1/is, line: "2"}}
"#,
    );
}
