//! Rolling plays as a user sees them: `gate`, `serial` and what ends a play, on hosts that are
//! this machine under several names. Each host leaves a file where a task ran on it.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

mod ends;
mod plan;

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const HOSTS: &str = "
all:
  vars: {ansible_connection: local, here: '{{ playbook_dir }}'}
  hosts: {a: {number: 1}, b: {number: 2}, c: {number: 3}}
";

/// A play that leaves a file for each host, with `gate` as its gate.
fn rolling(serial: &str, gate: &str) -> String {
    format!(
        "
- name: roll
  hosts: all
  gather_facts: false
  serial: {serial}
  gate:
{gate}
  tasks:
    - name: work
      command: touch {{{{ here }}}}/ran-{{{{ inventory_hostname }}}}
      notify: tell
  handlers:
    - name: tell
      command: touch {{{{ here }}}}/told-{{{{ inventory_hostname }}}}
- name: later
  hosts: a
  gather_facts: false
  tasks:
    - name: after it
      command: touch {{{{ here }}}}/later-{{{{ inventory_hostname }}}}
"
    )
}

/// The playbook run with `words`: its exit status, what was told, and which files are there.
struct Ran {
    status: Option<i32>,
    said: String,
    files: String,
}

fn run(folder: &TempDir, playbook: &str, words: &[&str]) -> Ran {
    let path = folder.path();
    std::fs::write(path.join("site.yml"), playbook).expect("a playbook");
    if !path.join("hosts.yml").exists() {
        std::fs::write(path.join("hosts.yml"), HOSTS).expect("an inventory");
    }
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
    Ran {
        status: output.status.code(),
        said: plain(&said, path),
        files: files(path),
    }
}

/// Without what differs from run to run.
fn plain(said: &str, folder: &Path) -> String {
    let stars = regex::Regex::new(r" \*{3,}").expect("a pattern");
    let took = regex::Regex::new(r"(in|after) [0-9][0-9.ms]*s").expect("a pattern");
    let said = said.replace(&format!("{}/", folder.display()), "");
    let said = stars.replace_all(&said, "");
    took.replace_all(&said, "$1 TIME").trim().to_owned()
}

fn files(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.contains('-'))
        .collect();
    names.sort();
    names.join(" ")
}

fn fresh() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_gate_stands_before_each_batch_and_behind_its_handlers() {
    let ran = run(
        &fresh(),
        &rolling("[1, 2]", "    - name: well\n      command: /bin/true"),
        &["apply", "-l", "a,b"],
    );
    assert_eq!(ran.status, Some(0));
    insta::assert_snapshot!(ran.said, @"
    PLAY [roll]

    GATE BEFORE [well]
    ok: [a]

    TASK [work]
    changed: [a]

    RUNNING HANDLER [tell]
    changed: [a]

    GATE AFTER [well]
    ok: [a]

    GATE BEFORE [well]
    ok: [b]

    TASK [work]
    changed: [b]

    RUNNING HANDLER [tell]
    changed: [b]

    GATE AFTER [well]
    ok: [b]

    PLAY [later]

    TASK [after it]
    changed: [a]

    PLAY RECAP
    a                          : ok=5    changed=3    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
    b                          : ok=4    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

    Done: 5 changes on 2 hosts, in TIME.
    ");
    assert_eq!(ran.files, "later-a ran-a ran-b told-a told-b");
}

#[test]
fn a_rescue_in_a_gate_holds_it_and_is_not_entered_again_where_nothing_failed() {
    let gate = "    - block:
        - name: asked
          command: test -e {{ here }}/ran-{{ inventory_hostname }}
      rescue:
        - name: asked otherwise
          command: test ! -e {{ here }}/ran-{{ inventory_hostname }}";
    let ran = run(&fresh(), &rolling("1", gate), &["apply", "-l", "a"]);
    assert_eq!(ran.status, Some(0));
    assert_eq!(ran.files, "later-a ran-a told-a");
    insta::assert_snapshot!(ran.said, @"
    PLAY [roll]

    GATE BEFORE [asked]
    fatal: [a]: FAILED! => non-zero return code

    GATE BEFORE [asked otherwise]
    ok: [a]

    TASK [work]
    changed: [a]

    RUNNING HANDLER [tell]
    changed: [a]

    GATE AFTER [asked]
    ok: [a]

    PLAY [later]

    TASK [after it]
    changed: [a]

    PLAY RECAP
    a                          : ok=5    changed=3    unreachable=0    failed=0    skipped=0    rescued=1    ignored=0

    Done: 3 changes on 1 host, in TIME.
    ");
}

#[test]
fn a_gate_waits_retries_registers_and_asks_elsewhere() {
    let gate = "    - name: comes by itself
      shell: (sleep 1; touch {{ here }}/come-up) >/dev/null 2>&1 &
    - name: waited for
      wait_for: {path: '{{ here }}/come-up', timeout: 20}
    - name: asked until it holds
      shell: echo x >> {{ here }}/asked-often; wc -l < {{ here }}/asked-often
      register: asked
      until: asked.stdout | int >= 3
      retries: 5
      delay: 0
    - name: once for all
      assert: {that: asked.stdout | int >= 3}
      run_once: true
    - name: asked elsewhere
      command: test {{ inventory_hostname }} = a
      delegate_to: c";
    let ran = run(&fresh(), &rolling("1", gate), &["apply", "-l", "a"]);
    assert_eq!(ran.status, Some(0), "{}", ran.said);
    assert!(ran.said.contains("ok: [a -> c]"), "{}", ran.said);
    assert!(ran.said.contains("changed=3 "), "{}", ran.said);
}

#[test]
fn run_once_is_rendered_when_its_turn_comes() {
    let playbook = "
- name: once
  hosts: all
  gather_facts: false
  tasks:
    - name: decide
      set_fact: {alone: '{{ given | default(true) | bool }}'}
    - name: maybe once
      command: touch {{ here }}/ran-{{ inventory_hostname }}
      run_once: '{{ alone }}'
    - name: wrong
      command: touch {{ here }}/wrong-{{ inventory_hostname }}
      run_once: '{{ number / 0 }}'
      when: broken is defined
";
    let after = |more: &[&str]| {
        run(
            &fresh(),
            playbook,
            &[&["apply", "--skip-tags", "x"], more].concat(),
        )
    };
    let ran = after(&["-e", "broken=1"]);
    assert_eq!(
        (ran.status, ran.files.as_str()),
        (Some(2), "ran-a"),
        "{}",
        ran.said
    );
    let ran = after(&["-e", "given=no"]);
    assert_eq!(ran.files, "ran-a ran-b ran-c", "{}", ran.said);
}
