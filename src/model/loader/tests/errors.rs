use super::refused;

#[test]
fn all_that_is_wrong_is_told_at_once() {
    insta::assert_snapshot!(refused("
=== site.yml
- hosts: all
  taks: []
  strategy: debug
  vars: {a-b: 1}
  vars_prompt: [x]
  tasks:
    - comand: ls
      regsiter: x
    - copy: {src: a}
      template: {src: b}
    - name: nothing
    - debug: [1]
    - command: echo 'open
    - command: ls
      become_exe: su
      register: 1x
      become_method: su
    - block: []
      loop: [1]
      retry: 3
    - import_tasks: missing.yml
    - import_tasks: site.yml
      loop: [1]
    - include_tasks: x.yml
      become: true
    - include_tasks: {fle: x.yml}
    - include: x.yml
    - meta: flush
    - just text
    - action: {src: a}
    - debug: msg=a
      loop: [1]
      with_items: [1]
      loop_control: {var: x}
    - include_role: {name: r, tags: x}
  handlers:
    - block: []
  roles: [nobody, {port: 1}]
- import_playbook: gone.yml
- import_playbook: site.yml
- name: no hosts
  tasks: []
- command: ls
"), @"
    site.yml:2:3: `taks` is no keyword of a play; did you mean `tasks`?
    site.yml:3:13: this is no strategy; known are linear, free and host_pinned; all run as linear does, an order that the others allow
    site.yml:4:10: `a-b` can't be the name of a variable; a name has letters, digits and underscores, and does not begin with a digit
    site.yml:5:3: `vars_prompt` is not supported; give the variables with `--extra-vars`
    site.yml:8:7: `regsiter` is no keyword of a task; did you mean `register`?
    site.yml:10:7: a task has one module, and this one has two: `copy` and `template`; make it two tasks, or check the indentation
    site.yml:11:7: this task does nothing; name a module, such as `command:` or `copy:`
    site.yml:12:14: the arguments of `debug` are a mapping or a string, not a list
    site.yml:13:16: a quote (') is never closed; close it
    site.yml:15:7: `become_exe` is not supported; sudo is found by its name
    site.yml:16:17: `1x` can't be the name of a variable; a name has letters, digits and underscores, and does not begin with a digit
    site.yml:17:22: sudo is the only method to become another user; remove it
    site.yml:19:7: `loop` is no keyword of a block; it is one of a task; give it to the tasks in the block
    site.yml:20:7: `retry` is no keyword of a block; see Ansible's playbook keywords
    site.yml:21:21: there is no file `missing.yml`; looked in .
    site.yml:23:7: an import can't be looped over; use include_tasks
    site.yml:25:7: `become` does nothing on `include_tasks`; put it under `apply:`, or use import_tasks
    site.yml:26:22: `include_tasks` needs `file`
    site.yml:26:23: `include_tasks` has no parameter `fle`; did you mean `file`?; variables stand under `vars:`
    site.yml:27:7: `include` is gone from Ansible; use include_tasks or import_tasks
    site.yml:28:13: `flush` is no action of `meta`; known are flush_handlers, noop, end_host, end_play, end_batch, end_role, clear_host_errors, clear_facts, refresh_inventory, reset_connection
    site.yml:29:7: a task is a mapping, not a string; write `module: arguments` or `module:`
    site.yml:30:15: the `module` is missing here; add `module: name`
    site.yml:33:7: a task has one loop, and this one has two; remove one of them
    site.yml:34:22: `var` is no part of `loop_control`
    site.yml:35:31: `include_role` has no parameter `tags`; variables stand under `vars:`
    site.yml:37:7: a handler can't be a block; use `listen` to run several handlers
    site.yml:38:11: there is no role `nobody`; looked in roles, roles, .
    site.yml:38:19: the role's name is missing; add `role: name`
    site.yml:39:20: there is no playbook gone.yml; the name counts from the folder of the playbook that imports it
    site.yml:40:20: the playbooks import each other; remove this import
    site.yml:41:3: a play needs `hosts`; say which, or `hosts: all`
    site.yml:43:3: `command` is no keyword of a play; see Ansible's playbook keywords; tasks stand under `tasks:`
    ");
}

#[test]
fn a_task_outside_of_a_play_and_files_that_are_no_playbooks() {
    insta::assert_snapshot!(refused("=== site.yml\nhosts: all\n"), @"site.yml:1:1: a playbook is a list of plays, not a mapping; begin each play with `- hosts:`");
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  tasks: {command: ls}\n"), @"site.yml:2:10: tasks are a list, not a mapping; begin each task with `- `");
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  order: random\n  force_handlers: maybe\n"), @"
    site.yml:2:10: this is no order of hosts; known are inventory, reverse_inventory, sorted, reverse_sorted, shuffle, replicas_first
    site.yml:3:19: a boolean (`true` or `false`) is wanted here, not the string `maybe`
    ");
    insta::assert_snapshot!(refused("=== other.yml\n"), @"there is no file site.yml");
}

#[test]
fn imports_and_roles_that_go_in_circles_are_refused() {
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  tasks: [import_tasks: a.yml]\n=== a.yml\n- import_tasks: a.yml\n"), @"a.yml:1:3: the files import each other; remove this import");
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  roles: [a]\n=== roles/a/meta/main.yml\ndependencies: [b]\n=== roles/b/meta/main.yml\ndependencies: [a]\n"), @"roles/b/meta/main.yml:1:16: the role `a` depends on itself; remove this dependency");
}
