//! Results of commands that did not run, and what rests on them.

use super::*;

const PROBE: &str = "
    - name: Probe that fails
      command: test -e {{ here }}/never
      register: p
      ignore_errors: true
    - {name: It failed, debug: {msg: failed}, when: p is failed}
    - {name: It succeeded, command: 'touch {{ here }}/u1', when: p is succeeded}
    - {name: Not failed, debug: {msg: not failed}, when: not p.failed}
    - {name: Ended so, command: 'touch {{ here }}/u2', when: p.rc != 0}
    - {name: Not passed over, debug: {msg: it ran}, when: p is not skipped}
    - {name: Never, debug: {msg: never}, when: p.rc == 0 and inventory_hostname == 'b'}
";

#[test]
fn both_branches_behind_a_command_are_unknown_until_it() {
    insta::assert_snapshot!(output_of("plan", &fresh(), PROBE), @"
    PLAY [all]

    TASK [Probe that fails]
    > [a] test -e never

    TASK [It failed]
    ? [a] unknown until Probe that fails: its condition rests on that

    TASK [It succeeded]
    ? [a] unknown until Probe that fails: its condition rests on that

    TASK [Not failed]
    ? [a] unknown until Probe that fails: its condition rests on that

    TASK [Ended so]
    ? [a] unknown until Probe that fails: its condition rests on that

    TASK [Not passed over]
    ok: [a] => it ran

    Plan: 1 host: 1 to change (1 run), 4 unknown, 1 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
    let folder = fresh();
    output_of("apply", &folder, PROBE);
    assert!(folder.path().join("u2").exists() && !folder.path().join("u1").exists());
}

#[test]
fn what_its_author_knows_is_known() {
    let tasks = "
    - name: Ask
      command: test -e {{ here }}/never
      register: p
      changed_when: false
      failed_when: p.rc > 1
    - {name: Nothing changed, debug: {msg: quiet}, when: p is not changed}
    - {name: It may have failed, debug: {msg: failed}, when: p is failed}
    - name: Never fails
      command: test -e {{ here }}/never
      register: q
      failed_when: false
    - {name: It did not, debug: {msg: fine}, when: q is succeeded and q is changed}
    - {name: Yet how it ended, debug: {msg: fine}, when: q.rc == 0}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @"
    PLAY [all]

    TASK [Nothing changed]
    ok: [a] => quiet

    TASK [It may have failed]
    ? [a] unknown until Ask: its condition rests on that

    TASK [Never fails]
    > [a] test -e never

    TASK [It did not]
    ok: [a] => fine

    TASK [Yet how it ended]
    ? [a] unknown until Never fails: its condition rests on that

    Plan: 1 host: 1 to change (1 run), 2 unknown, 3 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn a_change_that_its_result_decides_is_unknown_and_so_is_its_handler() {
    let playbook = "
- hosts: a
  gather_facts: false
  tasks:
    - name: Promote it
      command: echo promoted
      register: p
      changed_when: \"'promoted' in p.stdout\"
      notify: tell
    - name: Surely
      command: echo
      notify: [tell surely]
  handlers:
    - {name: tell, command: echo told}
    - {name: tell surely, command: echo told}
";
    insta::assert_snapshot!(run(&fresh(), playbook, &["plan"]).1, @"
    PLAY [a]

    TASK [Promote it]
    ? [a] unknown until Promote it: `echo promoted` is run, and its result says whether that is a change

    TASK [Surely]
    > [a] echo

    RUNNING HANDLER [tell]
    ? [a] unknown until Promote it: it runs where that changes something

    RUNNING HANDLER [tell surely]
    > [a] echo told

    Plan: 1 host: 2 to change (2 runs), 2 unknown.
    Next: trueup apply site.yml -i hosts.yml
    ");
}

#[test]
fn each_item_of_a_loop_has_a_result_of_its_own() {
    let tasks = "
    - name: Probe each
      command: test -e {{ here }}/{{ item }} creates={{ here }}/hosts.yml-{{ item }}
      loop: [one, two]
      register: all
      ignore_errors: true
    - name: For each that failed
      command: touch {{ here }}/{{ item.item }}
      loop: '{{ all.results }}'
      loop_control: {label: '{{ item.item }}'}
      when: item.rc != 0
    - name: In a list
      debug: {msg: '{{ all.results | map(attribute=\"rc\") | list }}'}
    - name: How many
      debug: {msg: '{{ all.results | length }} were asked'}
    - {name: Any failed, debug: {msg: some}, when: all is failed}
    - {name: Over what it printed, debug: {msg: '{{ item }}'}, loop: '{{ all.results[0].stdout_lines }}'}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @"
    PLAY [all]

    TASK [Probe each]
    > [a] test -e one
    > [a] test -e two

    TASK [For each that failed]
    ? [a] unknown until Probe each: it is made from what that task decides

    TASK [In a list]
    ? [a] unknown until Probe each: it is made from what that task decides

    TASK [How many]
    ok: [a] => 2 were asked

    TASK [Any failed]
    ? [a] unknown until Probe each: its condition rests on that

    TASK [Over what it printed]
    ? [a] unknown until Probe each: it is made from what that task decides

    Plan: 1 host: 2 to change (2 runs), 4 unknown, 1 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn the_cause_is_the_task_that_decides_and_not_the_last_one_pending() {
    let tasks = "
    - {name: Find the leader, command: echo a, register: found}
    - {name: Remember, set_fact: {leader: '{{ found.stdout }}'}}
    - {name: Something else, command: echo b, register: other}
    - {name: On the leader, command: echo led, when: leader == inventory_hostname}
    - {name: On the others, command: echo follows, when: leader != inventory_hostname}
    - {name: Named after it, copy: {content: '{{ leader }}', dest: '{{ here }}/leader'}}
    - {name: Handed on, debug: {msg: '{{ hostvars.a.leader }}'}}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @"
    PLAY [all]

    TASK [Find the leader]
    > [a] echo a

    TASK [Remember]
    ? [a] unknown until Find the leader: it is made from what that task decides

    TASK [Something else]
    > [a] echo b

    TASK [On the leader]
    ? [a] unknown until Find the leader: its condition rests on that

    TASK [On the others]
    ? [a] unknown until Find the leader: its condition rests on that

    TASK [Named after it]
    ? [a] unknown until Find the leader: it is made from what that task decides

    TASK [Handed on]
    ? [a] unknown until Find the leader: it is made from what that task decides

    Plan: 1 host: 2 to change (2 runs), 5 unknown.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn a_rescue_is_quiet_unless_its_block_surely_fails() {
    let tasks = "
    - block:
        - {name: May fail, command: test -e /nowhere}
        - {name: Behind it, debug: {msg: goes on}}
      rescue:
        - {name: Mend it, command: echo mended}
      always:
        - {name: In any case, debug: {msg: always}}
    - block:
        - {name: Surely fails, fail: {msg: broken}}
      rescue:
        - {name: Mend that, command: echo mended}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @"
    PLAY [all]

    TASK [May fail]
    > [a] test -e /nowhere

    TASK [Behind it]
    ok: [a] => goes on

    TASK [In any case]
    ok: [a] => always

    TASK [Surely fails]
    fatal: [a]: FAILED! => broken

    TASK [Mend that]
    > [a] echo mended

    Plan: 1 host: 2 to change (2 runs), 1 failed, 2 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn what_an_include_would_have_set_is_unknown_with_it() {
    let folder = fresh();
    std::fs::write(
        folder.path().join("more.yml"),
        "- {name: Inside, command: echo x, register: inside}\n- {set_fact: {made: 1}}\n",
    )
    .expect("a file of tasks");
    let tasks = "
    - {name: Ask, command: echo a, register: p}
    - {name: Perhaps, include_tasks: more.yml, when: p.stdout == 'b'}
    - {name: Rests on it, debug: {msg: '{{ inside.stdout }}'}}
    - {name: Whether it was, debug: {msg: made}, when: made is defined}
";
    insta::assert_snapshot!(output_of("plan", &folder, tasks), @"
    PLAY [all]

    TASK [Ask]
    > [a] echo a

    TASK [Perhaps]
    ? [a] unknown until Ask: its condition rests on that

    TASK [Rests on it]
    ? [a] unknown until Ask: it is made from what that task decides

    TASK [Whether it was]
    ? [a] unknown until Ask: its condition rests on that

    Plan: 1 host: 1 to change (1 run), 3 unknown.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn a_host_that_may_have_left_the_play_is_told_so() {
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - {name: Ask, command: echo a, register: p}
    - {meta: end_host, when: p.rc == 0 and inventory_hostname == 'a'}
    - {name: Behind it, command: echo b}
    - {name: Not here, command: echo b, when: false}
- hosts: all
  gather_facts: false
  tasks:
    - {name: The next play, command: echo c}
";
    insta::assert_snapshot!(run(&fresh(), playbook, &["plan"]).1, @"
    PLAY [all]

    TASK [Ask]
    > [a, b] echo a

    TASK [meta]
    ? [a] unknown until Ask: its condition rests on that

    TASK [Behind it]
    ? [a] unknown until Ask: the host may have left the play by then
    > [b] echo b

    PLAY [all]

    TASK [The next play]
    > [a, b] echo c

    Plan: 2 hosts: 5 to change (5 runs), 2 unknown.
    Next: trueup apply site.yml -i hosts.yml
    ");
}

#[test]
fn a_question_that_a_plan_does_not_ask_is_no_change() {
    let tasks = "
    - {name: Ask the page, uri: {url: 'http://127.0.0.1:9/'}, register: page}
    - {name: Rests on it, debug: {msg: up}, when: page.status == 200}
    - {name: Nothing changed, debug: {msg: quiet}, when: page is not changed}
    - {name: Tell it, uri: {url: 'http://127.0.0.1:9/', method: POST}}
    - {name: Count, community.postgresql.postgresql_query: {query: select 1}, register: count}
    - {name: As counted, debug: {msg: some}, when: count.rowcount > 0}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @"
    PLAY [all]

    TASK [Rests on it]
    ? [a] unknown until Ask the page: its condition rests on that

    TASK [Nothing changed]
    ok: [a] => quiet

    TASK [Tell it]
    > [a] POST http://127.0.0.1:9/

    TASK [As counted]
    ? [a] unknown until Count: its condition rests on that

    Plan: 1 host: 1 to change (1 run), 2 unknown, 3 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
}

#[test]
fn of_a_file_that_is_to_come_nothing_is_made_up() {
    let tasks = "
    - {name: Make it, copy: {content: x, dest: '{{ here }}/new'}, register: made}
    - {name: Look at it, stat: {path: '{{ here }}/new'}, register: it}
    - {name: It is there, debug: {msg: there}, when: it.stat.exists and it.stat.isreg and it.stat.size == 1}
    - {name: It is old, debug: {msg: old}, when: it.stat.mtime < 100}
    - {name: Which it is, debug: {msg: '{{ it.stat.inode }}'}}
    - {name: All of it, debug: {var: it.stat}}
    - {name: Where it went, debug: {msg: '{{ made.dest | basename }}'}}
    - {name: Look beside it, stat: {path: '{{ here }}/none'}, register: gone}
    - {name: It is not, debug: {msg: '{{ gone.stat.exists }}'}, when: not gone.stat.exists}
";
    insta::assert_snapshot!(output_of("plan", &fresh(), tasks), @r"
    PLAY [all]

    TASK [Make it]
    + [a] new
        @@ -0,0 +1 @@
        +x
        \ No newline at end of file

    TASK [It is there]
    ok: [a] => there

    TASK [It is old]
    ? [a] unknown until Make it: its condition rests on that

    TASK [Which it is]
    ? [a] unknown until Make it: it is made from what that task decides

    TASK [All of it]
    ? [a] unknown until Make it: it is made from what that task decides

    TASK [Where it went]
    ok: [a] => new

    TASK [It is not]
    ok: [a]
        msg: false

    Plan: 1 host: 1 to change (1 file), 3 unknown, 5 as declared.
    Next: trueup apply site.yml -i hosts.yml -l a
    ");
    let said = output_of("apply", &fresh(), tasks);
    assert!(!said.contains("old\n"), "{said}");
}
