//! Hosts and groups that tasks bring, as a plan sees them.

use super::*;

const KNOWN: &str = "
- hosts: a
  gather_facts: false
  tasks:
    - add_host: {name: c, groups: fresh, ansible_connection: local, here: '{{ playbook_dir }}', number: 3}
    - {name: Those with a name, group_by: {key: 'is {{ inventory_hostname }}'}}
- hosts: fresh:is-a
  gather_facts: false
  tasks:
    - {name: Make it, command: 'touch {{ here }}/{{ inventory_hostname }}{{ number | default(0) }}'}
";

#[test]
fn a_plan_goes_on_with_hosts_that_come() {
    let folder = fresh();
    let (status, said) = run(&folder, KNOWN, &["plan", "--detailed-exitcode"]);
    assert_eq!(status, Some(5), "{said}");
    insta::assert_snapshot!(said, @"
    PLAY [a]

    TASK [add_host]
    + [a] host c of this run, in fresh

    TASK [Those with a name]
    + [a] group is-a of this run holds it

    PLAY [fresh:is-a]

    TASK [Make it]
    > [a] touch a0
    > [c] touch c3

    Plan: 2 hosts: 4 to change (2 runs, 1 host, 1 group).
    Next: trueup apply site.yml -i hosts.yml
    warning: the hosts of this play come from the task `add_host`, and are known once it has run
     --> site.yml:7:10
      |
    7 | - hosts: fresh:is-a
      |          ^^^^^^^^^^
    ");
    let (status, said) = run(&folder, KNOWN, &["apply"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(folder.path().join("c3").exists() && folder.path().join("a0").exists());
}

const UNKNOWN: &str = "
- hosts: a
  gather_facts: false
  tasks:
    - {name: Ask, command: 'echo c', register: name}
    - name: Bring it
      add_host: {name: '{{ name.stdout }}', groups: fresh, ansible_connection: local, here: '{{ playbook_dir }}'}
    - {name: Who is fresh, debug: {msg: '{{ groups.fresh }}'}}
    - {name: What of c, debug: {msg: '{{ hostvars.c.here }}'}}
    - {name: Who is old, debug: {msg: '{{ groups.old | default([]) }}'}}
    - {name: Maybe in it, group_by: {key: chosen}, when: name.rc == 0}
    - {name: Where am I, debug: {msg: '{{ group_names }}'}}
- name: the fresh ones
  hosts: fresh
  gather_facts: false
  tasks:
    - {name: Make it, copy: {content: x, dest: '{{ here }}/{{ inventory_hostname }}'}}
- name: one by its name
  hosts: c
  gather_facts: false
  tasks:
    - {name: Make another, copy: {content: x, dest: '{{ here }}/{{ inventory_hostname }}2'}}
- name: the chosen ones
  hosts: chosen
  gather_facts: false
  tasks:
    - {name: Make a third, copy: {content: x, dest: '{{ here }}/{{ inventory_hostname }}3'}}
- name: that one is known
  hosts: b
  gather_facts: false
  tasks:
    - {name: Say so, debug: {msg: b}}
";

#[test]
fn a_play_whose_hosts_rest_on_a_task_says_so() {
    let folder = fresh();
    let (status, said) = run(&folder, UNKNOWN, &["plan"]);
    assert_eq!(status, Some(0), "{said}");
    insta::assert_snapshot!(said, @"
    PLAY [a]

    TASK [Ask]
    > [a] echo c

    TASK [Bring it]
    ? [a] unknown until Ask: it is made from what that task decides

    TASK [Who is fresh]
    ? [a] unknown until Ask: it is made from what that task decides

    TASK [What of c]
    ? [a] unknown until Ask: it is made from what that task decides

    TASK [Who is old]
    ? [a] unknown until Ask: it is made from what that task decides

    TASK [Maybe in it]
    ? [a] unknown until Ask: its condition rests on that

    TASK [Where am I]
    ? [a] unknown until Ask: it is made from what that task decides

    warning: the hosts of this play rest on `Bring it`: unknown until Ask
      --> site.yml:14:10
       |
    14 |   hosts: fresh
       |          ^^^^^

    warning: the hosts of this play rest on `Bring it`: unknown until Ask
      --> site.yml:19:10
       |
    19 |   hosts: c
       |          ^

    warning: the hosts of this play rest on `Bring it`: unknown until Ask
      --> site.yml:24:10
       |
    24 |   hosts: chosen
       |          ^^^^^^

    TASK [Say so] (that one is known)
    ok: [b] => b

    Plan: 2 hosts: 1 to change (1 run), 6 unknown, 1 as declared.
    Next: trueup apply site.yml -i hosts.yml
    warning: the hosts of this play come from the task `Bring it`, and are known once it has run
      --> site.yml:14:10
       |
    14 |   hosts: fresh
       |          ^^^^^

    warning: the hosts of this play come from the task `Bring it`, and are known once it has run
      --> site.yml:19:10
       |
    19 |   hosts: c
       |          ^

    warning: the hosts of this play come from the task `Bring it`, and are known once it has run
      --> site.yml:24:10
       |
    24 |   hosts: chosen
       |          ^^^^^^
    ");
    let (_, said) = run(&folder, UNKNOWN, &["plan", "--output", "json"]);
    let untils: Vec<Option<String>> = said
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|event| event["event"] == "play_started")
        .map(|event| event["until"].as_str().map(str::to_owned))
        .collect();
    let ask = || Some("Ask".to_owned());
    assert_eq!(untils, [None, ask(), ask(), ask(), None]);
    let (status, said) = run(&folder, UNKNOWN, &["apply"]);
    assert_eq!(status, Some(0), "{said}");
    let made = |name: &str| folder.path().join(name).exists();
    assert!(made("c") && made("c2") && made("a3"), "{said}");
}

#[test]
fn lists_and_checks_know_that_hosts_come() {
    let folder = fresh();
    let playbook = KNOWN.replace(
        "number: 3}",
        "number: 3}\n    - debug: {msg: '{{ nobody }}'}",
    );
    let (_, said) = run(&folder, &playbook, &["check"]);
    insta::assert_snapshot!(said, @"
    error: nothing defines the variable `nobody`
     --> site.yml:6:24
      |
    6 |     - debug: {msg: '{{ nobody }}'}
      |                        ^^^^^^
      |
      = help: define it, or give it a `default`

    warning: the hosts of this play come from the task `add_host`, and are known once it has run
     --> site.yml:8:10
      |
    8 | - hosts: fresh:is-a
      |          ^^^^^^^^^^
    ");
    let (_, said) = run(&folder, KNOWN, &["apply", "--list-hosts"]);
    insta::assert_snapshot!(said, @"
    playbook: site.yml

      play #1 (a): a	TAGS: []
        hosts (1):
          a

      play #2 (fresh:is-a): fresh:is-a	TAGS: []
        hosts (0):
          and those that the task `add_host` brings
    warning: the hosts of this play come from the task `add_host`, and are known once it has run
     --> site.yml:7:10
      |
    7 | - hosts: fresh:is-a
      |          ^^^^^^^^^^
    ");
    let (status, said) = run(&folder, KNOWN, &["graph"]);
    assert_eq!(status, Some(0), "{said}");
}
