//! What ends a rolling play, and what it leaves untouched.

use super::*;

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
