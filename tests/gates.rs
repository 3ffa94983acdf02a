//! Rolling plays as a user sees them: `gate`, `serial` and what ends a play, on hosts that are
//! this machine under several names. Each host leaves a file where a task ran on it.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

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
fn a_gate_that_fails_before_a_host_leaves_it_and_those_behind_it_untouched() {
    let gate = "    - name: well\n      assert: {that: number != 2, fail_msg: unwell}";
    let ran = run(&fresh(), &rolling("1", gate), &["apply"]);
    assert_eq!(ran.status, Some(2));
    assert_eq!(ran.files, "ran-a told-a");
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
    fatal: [b]: FAILED! => unwell

    The gate before b does not hold: b failed. The play [roll] ends for all its hosts.
      done: a
      not begun: b, c

    PLAY RECAP
    a                          : ok=4    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
    b                          : ok=0    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0

    1 of 2 hosts failed, after TIME.
    failed b: gate before, well, site.yml:7:7
    Next: mend it, then trueup apply site.yml -i hosts.yml
    ");
}

#[test]
fn a_gate_that_fails_after_a_host_stops_there() {
    let gate =
        "    - name: well\n      command: test ! -e {{ here }}/told-{{ inventory_hostname }}";
    let ran = run(&fresh(), &rolling("1", gate), &["apply"]);
    assert_eq!(ran.status, Some(2));
    assert_eq!(ran.files, "ran-a told-a");
    insta::assert_snapshot!(ran.said, @"
    PLAY [roll]

    GATE BEFORE [well]
    ok: [a]

    TASK [work]
    changed: [a]

    RUNNING HANDLER [tell]
    changed: [a]

    GATE AFTER [well]
    fatal: [a]: FAILED! => non-zero return code

    The gate after a does not hold: a failed. The play [roll] ends for all its hosts.
      begun, not shown to be well: a
      not begun: b, c

    PLAY RECAP
    a                          : ok=3    changed=2    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0

    1 of 1 host failed, after TIME.
    failed a: gate after, well, site.yml:7:7
    Next: mend it, then trueup apply site.yml -i hosts.yml
    ");
}

#[test]
fn one_host_of_a_batch_stops_all_of_it() {
    let gate = "    - name: well\n      assert: {that: number != 2}";
    let ran = run(&fresh(), &rolling("2", gate), &["apply"]);
    assert_eq!((ran.status, ran.files.as_str()), (Some(2), ""));
    assert!(
        ran.said
            .contains("The gate before a, b does not hold: b failed."),
        "{}",
        ran.said
    );
    assert!(ran.said.contains("not begun: a, b, c"), "{}", ran.said);
}

#[test]
fn a_host_that_fails_in_its_tasks_is_one_that_the_gate_does_not_hold_for() {
    let playbook = rolling("2", "    - name: well\n      command: /bin/true").replace(
        "command: touch {{ here }}/ran",
        "command: '{{ (number == 2) | ternary(\"false\", \"touch\") }} {{ here }}/ran",
    );
    let playbook = playbook.replace(
        "/ran-{{ inventory_hostname }}",
        "/ran-{{ inventory_hostname }}'",
    );
    let ran = run(&fresh(), &playbook, &["apply"]);
    assert_eq!(ran.status, Some(2));
    assert_eq!(ran.files, "ran-a told-a");
    assert!(
        ran.said
            .contains("The gate after a, b does not hold: b failed."),
        "{}",
        ran.said
    );
    assert!(
        ran.said
            .contains("begun, not shown to be well: a, b\n  not begun: c"),
        "{}",
        ran.said
    );
}

#[test]
fn a_host_that_cannot_be_reached_ends_the_play() {
    let folder = fresh();
    let hosts = HOSTS.replace(
        "b: {number: 2}",
        "b: {number: 2, ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}",
    );
    std::fs::write(folder.path().join("hosts.yml"), hosts).expect("an inventory");
    let ran = run(
        &folder,
        &rolling("1", "    - name: well\n      ping:"),
        &["apply"],
    );
    assert_eq!((ran.status, ran.files.as_str()), (Some(3), "ran-a told-a"));
    assert!(
        ran.said
            .contains("The gate before b does not hold: b failed."),
        "{}",
        ran.said
    );
    assert!(
        ran.said.contains("done: a\n  not begun: b, c"),
        "{}",
        ran.said
    );
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
fn what_converges_never_acts_in_a_gate() {
    let gate = "    - name: there
      file: {path: '{{ here }}/made-by-gate', state: touch}
      check_mode: false
    - name: folder
      file: {path: '{{ here }}/folder-by-gate', state: directory}";
    for verb in ["plan", "apply"] {
        let ran = run(&fresh(), &rolling("1", gate), &[verb, "-l", "a"]);
        assert_eq!(
            (ran.status, ran.files.as_str()),
            (Some(2), ""),
            "{}",
            ran.said
        );
        assert!(ran.said.contains("a gate changes nothing"), "{}", ran.said);
    }
}

#[test]
fn a_plan_asks_too_and_says_that_a_gate_does_not_hold_now() {
    let gate = "    - name: well
      command: test -e {{ here }}/is-well
      retries: 100
      delay: 60";
    let ran = run(&fresh(), &rolling("1", gate), &["plan"]);
    assert_eq!((ran.status, ran.files.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ran.said, @"
    PLAY [roll]

    GATE BEFORE [well]
    fatal: [a]: FAILED! => non-zero return code

    The gate before a does not hold: a failed. The play [roll] ends for all its hosts.
      not begun: a, b, c

    Plan: 3 hosts: 1 failed.
    failed a: gate before, well, site.yml:7:7
    Next: mend it, then trueup plan site.yml -i hosts.yml
    ");
    let waits = "    - name: well\n      wait_for: {path: '{{ here }}/is-well', timeout: 600}";
    let ran = run(&fresh(), &rolling("1", waits), &["plan"]);
    assert_eq!(ran.status, Some(2), "{}", ran.said);
    assert!(
        ran.said.contains("The gate before a does not hold"),
        "{}",
        ran.said
    );
}

#[test]
fn a_plan_cannot_know_what_rests_on_a_pending_change() {
    let playbook = "
- name: roll
  hosts: all
  gather_facts: false
  serial: 1
  gate:
    - name: the one before is there
      command: test -e {{ here }}/ran-a
      failed_when: well.rc != 0
      register: well
      when: number > 1
  tasks:
    - name: work
      file: {path: '{{ here }}/ran-{{ inventory_hostname }}', state: touch}
";
    let ran = run(&fresh(), playbook, &["plan"]);
    assert_eq!(
        (ran.status, ran.files.as_str()),
        (Some(0), ""),
        "{}",
        ran.said
    );
    insta::assert_snapshot!(ran.said, @"
    PLAY [roll]

    TASK [work]
    + [a] ran-a

    GATE BEFORE [the one before is there]
    ? [b] unknown until work: non-zero return code

    TASK [work]
    + [b] ran-b

    GATE AFTER [the one before is there]
    ? [b] unknown until work: non-zero return code

    GATE BEFORE [the one before is there]
    ? [c] unknown until work: non-zero return code

    TASK [work]
    + [c] ran-c

    GATE AFTER [the one before is there]
    ? [c] unknown until work: non-zero return code

    Plan: 3 hosts: 3 to change (3 files), 4 unknown.
    Next: trueup apply site.yml -i hosts.yml
    ");
    let ran = run(&fresh(), playbook, &["apply"]);
    assert_eq!(
        (ran.status, ran.files.as_str()),
        (Some(0), "ran-a ran-b ran-c"),
        "{}",
        ran.said
    );
}

#[test]
fn tags_choose_what_a_gate_guards_but_not_its_tasks() {
    let gate = "    - name: well\n      assert: {that: number != 2}\n      tags: [health]";
    let playbook = rolling("1", gate).replace("- name: work", "- name: work\n      tags: [work]");
    let ran = run(
        &fresh(),
        &playbook,
        &["apply", "-t", "work", "--skip-tags", "health"],
    );
    assert_eq!(
        (ran.status, ran.files.as_str()),
        (Some(2), "ran-a told-a"),
        "{}",
        ran.said
    );
    let ran = run(&fresh(), &playbook, &["apply", "-t", "other"]);
    assert_eq!(
        (ran.status, ran.files.as_str()),
        (Some(0), ""),
        "{}",
        ran.said
    );
    assert!(!ran.said.contains("GATE"), "{}", ran.said);
}

#[test]
fn keywords_that_end_a_play_are_rendered() {
    let playbook = |word: &str| {
        format!(
            "
- name: fails
  hosts: all
  gather_facts: false
  vars: {{strict: true, share: 10}}
  {word}
  tasks:
    - name: fails on b
      command: /bin/false
      when: number == 2
    - name: goes on
      command: touch {{{{ here }}}}/ran-{{{{ inventory_hostname }}}}
"
        )
    };
    let after = |word: &str, more: &[&str]| {
        run(&fresh(), &playbook(word), &[&["apply"], more].concat()).files
    };
    assert_eq!(after("strategy: linear", &[]), "ran-a ran-c");
    assert_eq!(after("any_errors_fatal: '{{ strict }}'", &[]), "");
    assert_eq!(
        after("any_errors_fatal: '{{ strict }}'", &["-e", "strict=no"]),
        "ran-a ran-c"
    );
    assert_eq!(after("max_fail_percentage: '{{ share }}'", &[]), "");
    assert_eq!(
        after("max_fail_percentage: '{{ share }}'", &["-e", "share=50"]),
        "ran-a ran-c"
    );
    let ran = run(
        &fresh(),
        &playbook("max_fail_percentage: '{{ nobody_knows }}'"),
        &["apply"],
    );
    assert_eq!((ran.status, ran.files.as_str()), (Some(2), ""));
    assert!(ran.said.contains("`nobody_knows`"), "{}", ran.said);
    let ran = run(&fresh(), &playbook("serial: '{{ \"few\" }}'"), &["apply"]);
    assert_eq!((ran.status, ran.files.as_str()), (Some(2), ""));
    assert!(
        ran.said.contains("`few` is no size of a batch"),
        "{}",
        ran.said
    );
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
