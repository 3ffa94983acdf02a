use super::*;
use crate::model::{Action, Part};
use std::fmt::Write;
use tempfile::TempDir;

/// A folder with files; each begins with `=== name`.
fn files(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in text.split("=== ").skip(1) {
        let (name, content) = file.split_once('\n').unwrap();
        let path = folder.path().join(name.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn load(folder: &TempDir) -> Result<(Loader, Playbook), String> {
    let extra = yaml::parse(&Source::new("-e", "{which: more}")).unwrap();
    let extra = Arc::new(var_map(extra.as_map().unwrap()));
    match Loader::load(&folder.path().join("site.yml"), extra) {
        Ok((loader, playbook, _)) => Ok((loader, playbook)),
        Err(diags) => Err(told(folder, &diags)),
    }
}

fn told(folder: &TempDir, diags: &[Diag]) -> String {
    let prefix = format!("{}/", folder.path().display());
    let lines: Vec<String> = diags
        .iter()
        .map(|diag| {
            diag.to_string()
                .replace(&prefix, "")
                .replace(prefix.trim_end_matches('/'), ".")
        })
        .collect();
    lines.join("\n")
}

fn refused(text: &str) -> String {
    load(&files(text))
        .map(|(_, playbook)| shown(&playbook))
        .unwrap_err()
}

fn shown(playbook: &Playbook) -> String {
    let mut text = String::new();
    for play in &playbook.plays {
        writeln!(text, "PLAY {} ({})", play.name, play.hosts.to_json()).unwrap();
        for section in play
            .sections
            .iter()
            .filter(|section| !section.tasks.is_empty())
        {
            writeln!(text, " {}", section.name).unwrap();
            section
                .tasks
                .iter()
                .for_each(|task| writeln!(text, "  {}", line(task)).unwrap());
        }
        if !play.handlers.is_empty() {
            writeln!(text, " handlers").unwrap();
            play.handlers
                .iter()
                .for_each(|task| writeln!(text, "  {}", line(task)).unwrap());
        }
    }
    text
}

fn line(task: &Task) -> String {
    let mut line = String::new();
    if let Some(role) = &task.role {
        write!(line, "{}: ", role.name).unwrap();
    }
    line += &task.title();
    if let Action::Module { args, name } = &task.action {
        write!(line, " | {} {}", name.as_str().unwrap(), args.to_json()).unwrap();
    }
    let k = &task.keywords;
    let json = |nodes: &[Node]| {
        nodes
            .iter()
            .map(|node| node.to_json().to_string())
            .collect::<Vec<_>>()
            .join(" & ")
    };
    for (word, value) in [
        ("when", json(&k.when)),
        ("tags", k.tags.join(",")),
        (
            "become",
            k.r#become
                .as_ref()
                .map(|node| node.to_json().to_string())
                .unwrap_or_default(),
        ),
        ("environment", json(&k.environment)),
        ("notify", json(&k.notify)),
        (
            "delegate_to",
            k.delegate_to
                .as_ref()
                .map(|node| node.to_json().to_string())
                .unwrap_or_default(),
        ),
        ("listen", task.listen.join(",")),
    ] {
        if !value.is_empty() {
            write!(line, " | {word} {value}").unwrap();
        }
    }
    if !k.vars.is_empty() {
        write!(
            line,
            " | vars {}",
            serde_json::Value::Object(k.vars.to_json())
        )
        .unwrap();
    }
    if let Some(repeat) = &k.repeat {
        write!(
            line,
            " | loop {} {} as {}",
            repeat.lookup,
            repeat.over.to_json(),
            repeat.var
        )
        .unwrap();
    }
    for (block, part) in &task.blocks {
        let part = match part {
            Part::Body => "body",
            Part::Rescue => "rescue",
            Part::Always => "always",
        };
        write!(
            line,
            " | {part} of a block{}",
            if block.rescues { " that rescues" } else { "" }
        )
        .unwrap();
    }
    line
}

#[test]
fn a_playbook_with_all_that_it_imports() {
    let folder = files(
        "
=== site.yml
- import_playbook: first.yml
  tags: early
  when: go
  vars: {x: 2}
- name: second
  hosts: [db, '!pg-c']
  become: true
  environment: {A: 1}
  vars: {y: 1}
  pre_tasks:
    - apt: name=postgresql state=present
  roles:
    - common
    - {role: web, listen_port: 80, when: is_web, tags: [w], vars: {v: 1}}
    - common
  tasks:
    - name: grouped
      when: outer
      tags: t1, t2
      vars: {a: 1, b: 1}
      environment: {B: 2}
      block:
        - command: creates=/x make all
          args: {chdir: /src}
          when: [inner, more]
          vars: {b: 2}
          become: no
          notify: restart
        - import_tasks: more.yml
          tags: t3
          vars: {c: 3}
      rescue:
        - ansible.builtin.debug: {msg: sorry}
      always:
        - block:
            - local_action: command date
    - include_tasks: {file: later.yml, apply: {tags: x}}
      with_items: [1, 2]
      loop_control: {loop_var: it}
    - import_role: {name: common, tasks_from: extra}
      vars: {p: 1}
    - meta: flush_handlers
    - action: {module: copy, src: a, dest: b}
  handlers:
    - name: restart
      service: name=x state=restarted
      listen: [both, 'more']
=== first.yml
- hosts: all
  vars: {x: 1}
  tags: own
  tasks:
    - shell: |
        echo a=1
        echo b
      when: here
=== more.yml
- setup:
- debug: var=x
  tags: t3
=== roles/common/tasks/main.yml
- stat: path=/etc
=== roles/common/tasks/extra.yaml
- import_tasks: deep/file.yml
=== roles/common/tasks/deep/file.yml
- wait_for: port=1
=== roles/common/handlers/main.yml
- name: restart common
  command: 'true'
=== roles/web/meta/main.yml
dependencies:
  - role: common
    other: 1
=== roles/web/tasks/main.yml
- template: {src: a.j2, dest: /a}
=== roles/web/defaults/main.yml
listen_port: 8080
=== roles/web/vars/main/a.yml
v: 2
w: 2
",
    );
    let (loader, playbook) = load(&folder).unwrap();
    insta::assert_snapshot!(shown(&playbook), @r#"
    PLAY all ("all")
     tasks
      shell | shell {"_raw_params":"echo a=1\necho b"} | when "go" & "here" | tags early,own
    PLAY second (["db","!pg-c"])
     pre_tasks
      apt | apt {"name":"postgresql","state":"present"} | become true | environment {"A":1}
     tasks
      common: stat | stat {"path":"/etc"} | become true | environment {"A":1}
      common: stat | stat {"path":"/etc"} | when "is_web" | tags w | become true | environment {"A":1}
      web: template | template {"src":"a.j2","dest":"/a"} | when "is_web" | tags w | become true | environment {"A":1}
      command | command {"chdir":"/src","creates":"/x","_raw_params":"make all"} | when "outer" & "inner" & "more" | tags t1,t2 | become false | environment {"A":1} & {"B":2} | notify "restart" | vars {"a":1,"b":2} | body of a block that rescues
      setup | setup {} | when "outer" | tags t1,t2,t3 | become true | environment {"A":1} & {"B":2} | vars {"a":1,"b":1,"c":3} | body of a block that rescues
      debug | debug {"var":"x"} | when "outer" | tags t1,t2,t3 | become true | environment {"A":1} & {"B":2} | vars {"a":1,"b":1,"c":3} | body of a block that rescues
      ansible.builtin.debug | ansible.builtin.debug {"msg":"sorry"} | when "outer" | tags t1,t2 | become true | environment {"A":1} & {"B":2} | vars {"a":1,"b":1} | rescue of a block that rescues
      command | command {"_raw_params":"date"} | when "outer" | tags t1,t2 | become true | environment {"A":1} & {"B":2} | delegate_to "localhost" | vars {"a":1,"b":1} | always of a block that rescues | body of a block
      include_tasks | become true | environment {"A":1} | loop items [1,2] as it
      common: wait_for | wait_for {"port":"1"} | become true | environment {"A":1} | vars {"p":1}
      meta | become true | environment {"A":1}
      copy | copy {"src":"a","dest":"b"} | become true | environment {"A":1}
     handlers
      common: restart common | command {"_raw_params":"true"} | become true | environment {"A":1}
      common: restart common | command {"_raw_params":"true"} | when "is_web" | tags w | become true | environment {"A":1}
      common: restart common | command {"_raw_params":"true"} | become true | environment {"A":1} | vars {"p":1}
      restart | service {"name":"x","state":"restarted"} | become true | environment {"A":1} | listen both,more
    "#);
    assert_eq!(playbook.plays[0].vars.to_json()["x"], 2);
    let web = playbook.plays[1]
        .roles
        .iter()
        .find(|role| role.name == "web")
        .unwrap();
    assert_eq!(
        (
            web.params.to_json()["listen_port"].clone(),
            web.defaults.to_json()["listen_port"].clone()
        ),
        (80.into(), 8080.into())
    );
    assert_eq!(
        serde_json::Value::Object(web.vars.to_json()).to_string(),
        r#"{"v":2,"w":2}"#
    );
    assert!(
        loader
            .files_read()
            .iter()
            .any(|source| source.name().ends_with("deep/file.yml"))
    );
    let ids: Vec<usize> = playbook
        .plays
        .iter()
        .flat_map(|play| &play.sections)
        .flat_map(|section| &section.tasks)
        .map(|task| task.id)
        .collect();
    assert!(ids.is_sorted());
}

#[test]
fn what_is_included_inherits_what_the_include_stands_in_and_what_it_applies() {
    let folder = files(
        "
=== site.yml
- hosts: all
  become: true
  tasks:
    - block:
        - include_tasks: {file: later.yml, apply: {tags: applied, when: also}}
          when: only_the_include
          tags: only_the_include
        - include_role: {name: r, tasks_from: other}
      when: outer
      tags: outer
=== later.yml
- command: id
  when: own
=== roles/r/tasks/other.yml
- command: pwd
=== roles/r/handlers/main.yml
- name: h
  command: uptime
",
    );
    let (loader, playbook) = load(&folder).unwrap();
    let tasks = &playbook.plays[0].sections[1].tasks;
    let vars = yaml::parse(&Source::new("v", "{item: 1}"))
        .unwrap()
        .as_map()
        .unwrap()
        .clone();
    let Action::IncludeTasks { apply, .. } = &tasks[0].action else {
        panic!()
    };
    let included = loader
        .include_tasks(
            &folder.path().join("later.yml"),
            &tasks[0],
            apply.as_ref(),
            vars,
        )
        .unwrap();
    insta::assert_snapshot!(line(&included[0]), @r#"command | command {"_raw_params":"id"} | when "outer" & "also" & "own" | tags outer,applied | become true | vars {"item":1} | body of a block"#);
    let role = loader.include_role("r", &tasks[1], Mapping::new()).unwrap();
    insta::assert_snapshot!(format!("{}\n{}", line(&role.tasks[0]), line(&role.handlers[0])), @r#"
    r: command | command {"_raw_params":"pwd"} | when "outer" | tags outer | become true | body of a block
    r: h | command {"_raw_params":"uptime"} | when "outer" | tags outer | become true
    "#);
    assert!(!role.role.public);
    let missing = loader
        .include_role("rr", &tasks[1], Mapping::new())
        .unwrap_err();
    insta::assert_snapshot!(told(&folder, &missing), @"site.yml:8:32: there is no role `rr`; did you mean `r`?");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    insta::assert_snapshot!(refused("
=== site.yml
- hosts: all
  taks: []
  strategy: free
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
      async: 10
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
    site.yml:3:13: linear is the only strategy; remove it; `needs` lets plays run side by side
    site.yml:4:10: `a-b` can't be the name of a variable; a name has letters, digits and underscores, and does not begin with a digit
    site.yml:5:3: `vars_prompt` is not supported; give the variables with `--extra-vars`
    site.yml:8:7: `regsiter` is no keyword of a task; did you mean `register`?
    site.yml:10:7: a task has one module, and this one has two: `copy` and `template`; make it two tasks, or check the indentation
    site.yml:11:7: this task does nothing; name a module, such as `command:` or `copy:`
    site.yml:12:14: the arguments of `debug` are a mapping or a string, not a list
    site.yml:13:16: a quote (') is never closed; close it
    site.yml:15:7: `async` is not supported; let the task wait, with `timeout` to bound it
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
    site.yml:28:13: `flush` is no action of `meta`; known are flush_handlers, noop, end_host, end_play, end_batch, clear_host_errors, clear_facts, refresh_inventory, reset_connection
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
    site.yml:2:10: this is no order of hosts; known are inventory, reverse_inventory, sorted, reverse_sorted, shuffle
    site.yml:3:19: a boolean (`true` or `false`) is wanted here, not the string `maybe`
    ");
    insta::assert_snapshot!(refused("=== other.yml\n"), @"there is no file site.yml");
}

#[test]
fn imports_and_roles_that_go_in_circles_are_refused() {
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  tasks: [import_tasks: a.yml]\n=== a.yml\n- import_tasks: a.yml\n"), @"a.yml:1:3: the files import each other; remove this import");
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  roles: [a]\n=== roles/a/meta/main.yml\ndependencies: [b]\n=== roles/b/meta/main.yml\ndependencies: [a]\n"), @"roles/b/meta/main.yml:1:16: the role `a` depends on itself; remove this dependency");
}

#[test]
fn plays_need_others_by_name() {
    let (_, playbook) = load(&files("=== site.yml\n- {name: a, hosts: x}\n- {name: b, hosts: x, needs: []}\n- {name: c, hosts: x, needs: [a, b]}\n- {name: d, hosts: x}\n- {name: e, hosts: x, needs: b}\n")).unwrap();
    assert_eq!(playbook.needs(2), [0, 1]);
    assert_eq!(playbook.needs(3), [2]);
    assert_eq!(playbook.before(3), [0, 1, 2]);
    assert_eq!(playbook.before(4), [1]);
    insta::assert_snapshot!(refused("=== site.yml\n- {name: first, hosts: x, needs: third}\n- {name: second, hosts: x, needs: [frist, 5]}\n- {name: third, hosts: x}\n"), @"
    site.yml:2:36: there is no play called `frist`; did you mean `first`?
    site.yml:2:43: `needs` names plays, it can't hold an integer; write the `name` of a play, or a list of them
    ");
    insta::assert_snapshot!(refused("=== site.yml\n- {name: first, hosts: x, needs: [third]}\n- {name: second, hosts: x}\n- {name: third, hosts: x, needs: [second]}\n"), @"site.yml:1:35: the play `first` needs itself, by way of what it needs; break the cycle: a play without `needs` needs the one before it, `needs: []` nothing");
}
