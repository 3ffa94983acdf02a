mod errors;

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
        Err(diags) => Err(diag_lines(folder, &diags)),
    }
}

fn diag_lines(folder: &TempDir, diags: &[Diag]) -> String {
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
            &vars,
        )
        .unwrap();
    insta::assert_snapshot!(line(&included[0]), @r#"command | command {"_raw_params":"id"} | when "outer" & "also" & "own" | tags outer,applied | become true | vars {"item":1} | body of a block"#);
    let role = loader
        .include_role("r", &tasks[1], &Mapping::new())
        .unwrap();
    insta::assert_snapshot!(format!("{}\n{}", line(&role.tasks[0]), line(&role.handlers[0])), @r#"
    r: command | command {"_raw_params":"pwd"} | when "outer" | tags outer | become true | body of a block
    r: h | command {"_raw_params":"uptime"} | when "outer" | tags outer | become true
    "#);
    assert!(!role.role.public);
    let missing = loader
        .include_role("rr", &tasks[1], &Mapping::new())
        .unwrap_err();
    insta::assert_snapshot!(diag_lines(&folder, &missing), @"site.yml:8:32: there is no role `rr`; did you mean `r`?");
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

#[test]
fn names_of_imports_may_use_what_is_known_without_a_host() {
    let folder = files(
        "
=== site.yml
- hosts: all
  vars: {part: deep}
  tasks:
    - import_tasks: '{{ which }}.yml'
    - import_tasks: '{{ playbook_dir }}/{{ part }}/{{ own }}.yml'
      vars: {own: last}
=== more.yml
- command: one
=== deep/last.yml
- command: two
",
    );
    let (_, playbook) = load(&folder).unwrap();
    assert_eq!(playbook.plays[0].sections[1].tasks.len(), 2);
    insta::assert_snapshot!(refused("=== site.yml\n- hosts: all\n  tasks:\n    - import_tasks: '{{ inventory_hostname }}.yml'\n"), @"site.yml:3:25: `inventory_hostname` is undefined; imports are followed before any host is known: use include_* instead");
}
