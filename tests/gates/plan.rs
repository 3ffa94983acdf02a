//! Gates in a plan, and under tags.

use super::*;

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

    Can't be known yet:
      ? [b, c] until work: the one before is there

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
