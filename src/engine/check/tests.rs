use super::check;
use crate::model::{Inventory, Loader};
use proptest::prelude::*;
use std::sync::Arc;

/// What the check says of a folder with files (each begins with `=== name`), `site.yml` its playbook.
fn checked(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for file in text.split("=== ").skip(1) {
        let (name, content) = file.split_once('\n').unwrap();
        let path = folder.path().join(name.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let hosts = folder.path().join("hosts.yml");
    if !hosts.exists() {
        std::fs::write(&hosts, "all:\n  hosts: {a: {x: 1}, b: {y: '{{ x }}'}}\n").unwrap();
    }
    let (inventory, _) = Inventory::load(&[hosts]).unwrap();
    let (loader, playbook, _) =
        Loader::load(&folder.path().join("site.yml"), Arc::default()).unwrap();
    let prefix = folder.path().display().to_string();
    let mut lines = Vec::new();
    let found = check(&playbook, &inventory, &loader);
    let lacking = found.lacking.iter().map(super::Lacking::warning);
    for diag in found.findings.into_iter().chain(lacking) {
        lines.push(diag.to_string());
        lines.extend(
            diag.also
                .iter()
                .map(|(span, label)| format!("  {span} {label}")),
        );
    }
    let unseen = found.unseen.iter();
    lines.extend(unseen.map(|span| format!("{span}: not looked at")));
    lines
        .join("\n")
        .replace(&format!("{prefix}/"), "")
        .replace(&prefix, ".")
}

#[test]
fn modules_and_parameters() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  module_defaults: {file: {path: /x}}
  tasks:
    - comand: ls
    - community.general.copy: {src: a}
    - command: {cmd: ls, chidr: /}
    - copy: {dest: '{{ x }}', content: a, mode: [1]}
    - file: {state: directry}
    - file: {state: touch}
    - copy: a b c
    - debug: {msg: a}
      become: sometimes
      retries: many
      when: [[x]]
"), @"
    site.yml:4:7: there is no module `comand`; did you mean `command`?
    site.yml:5:7: there is no module `community.general.copy`; did you mean `ansible.builtin.copy`?
    site.yml:6:26: `command` has no parameter `chidr`; did you mean `chdir`?
    site.yml:7:49: `mode`: a mode like '0644' or 'u=rw,g=r,o=' is wanted here, not sequence
    site.yml:8:21: `state`: `directry` is not one of `absent`, `directory`, `file`, `hard`, `link`, `touch`; did you mean `directory`?
    site.yml:10:13: `copy` takes no free text (`a b c`); write its parameters as `name: value` lines
    site.yml:12:15: `become`: a boolean (`true` or `false`) is wanted here, not the string `sometimes`
    site.yml:13:16: `retries`: a number is wanted here, not the string `many`
    site.yml:14:14: a condition is an expression, not a list; quote it, if it begins with a bracket
    ");
}

#[test]
fn variables_that_nothing_defines() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  vars: {one: '{{ two }}', two: '{{ thre }}', three: 3, unused: '{{ nothing }}', broken: '{{ 1 + }}'}
  vars_files: [more.yml]
  roles:
    - {role: r, given: 1}
  tasks:
    - debug: {msg: '{{ one }} {{ x }} {{ y }} {{ z }} {{ inventory_hostname }} {{ ansible_distribution }}'}
    - debug: {var: more_here.sub}
    - debug: {msg: '{{ item }} {{ looped }} {{ local }}'}
      loop: '{{ groups.all }}'
      loop_control: {loop_var: looped}
      vars: {local: 1}
    - debug: {msg: '{{ maybe }} {{ other | default(1) }}'}
      when: maybe is defined
    - command: ls
      register: out
      changed_when: out.rc == 5 and outt
    - set_fact: {fact: 1}
    - assert: {that: [fact == 1, fct == 1]}
    - debug: {msg: '{{ r_default }} {{ r_var }} {{ r_vra }}'}
    - include_tasks: later.yml
      loop: [1]
      vars: {handed: 1}
=== more.yml
more_here: 1
=== later.yml
- debug: {msg: '{{ item }} {{ handed }} {{ missing_here }}'}
=== roles/r/defaults/main.yml
r_default: 1
=== roles/r/vars/main.yml
r_var: 1
=== roles/r/tasks/main.yml
- debug: {msg: '{{ given }} {{ r_var }} {{ r_defalt }}'}
"), @"
    site.yml:2:37: nothing defines the variable `thre`; did you mean `three`?
      site.yml:2:19 used here
      site.yml:7:7 by this task
    site.yml:2:98: the template can't be read: unexpected end of variable block
    site.yml:7:50: nothing defines the variable `z`; define it, or give it a `default`
    site.yml:9:24: nothing defines the variable `item`; define it, or give it a `default`
    site.yml:17:37: nothing defines the variable `outt`; did you mean `out`?
    site.yml:19:34: nothing defines the variable `fct`; did you mean `fact`?
    site.yml:20:52: nothing defines the variable `r_vra`; did you mean `r_var`?
    roles/r/tasks/main.yml:1:44: nothing defines the variable `r_defalt`; did you mean `r_default`?
    later.yml:1:44: nothing defines the variable `missing_here`; define it, or give it a `default`
    ");
}

#[test]
fn what_only_the_run_knows_is_left_to_it() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  tasks:
    - include_tasks: '{{ x }}.yml'
    - debug: {msg: '{{ may_be_set_there }}'}
    - command: ls
      notify: may_be_there
- hosts: all
  needs: []
  tasks:
    - debug: {msg: '{{ nowhere }}'}
"), @"
    site.yml:10:24: nothing defines the variable `nowhere`; define it, or give it a `default`
    site.yml:3:22: not looked at
    ");
}

#[test]
fn names_that_rest_on_constants_are_followed() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  vars: {which: two, told: '{{ which }}'}
  roles: [r]
  tasks:
    - include_tasks: '{{ playbook_dir }}/one.yml'
    - include_tasks: '{{ told }}.yml'
    - include_tasks: '{{ item }}.yml'
      loop: [three, four]
    - include_role: {name: r, tasks_from: '{{ which }}.yml'}
=== one.yml
- debug: {msg: '{{ in_one }}'}
=== two.yml
- debug: {msg: '{{ in_two }}'}
=== three.yml
- debug: {msg: '{{ in_three }}'}
=== four.yml
- debug: {msg: '{{ in_four }}'}
=== roles/r/tasks/main.yml
- include_tasks: '{{ role_path }}/tasks/other.yml'
=== roles/r/tasks/other.yml
- comand: a
=== roles/r/tasks/two.yml
- debug: {mgs: a}
"), @"
    roles/r/tasks/other.yml:1:3: there is no module `comand`; did you mean `command`?
    one.yml:1:20: nothing defines the variable `in_one`; define it, or give it a `default`
    two.yml:1:20: nothing defines the variable `in_two`; define it, or give it a `default`
    three.yml:1:20: nothing defines the variable `in_three`; define it, or give it a `default`
    four.yml:1:20: nothing defines the variable `in_four`; define it, or give it a `default`
    roles/r/tasks/two.yml:1:11: `debug` has no parameter `mgs`; did you mean `msg`?
    ");
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  vars: {which: one}
  tasks:
    - set_fact: {which: two}
    - include_tasks: '{{ which }}.yml'
- hosts: all
  needs: []
  vars: {other: one}
  tasks:
    - include_tasks: '{{ other }}.yml'
    - include_vars: '{{ ansible_os_family }}.yml'
    - include_tasks: '{{ other }}.yml'
    - include_tasks: '{{ item }}.yml'
      loop: ['{{ other }}']
=== one.yml
- debug: {msg: [a]}
"), @"
    site.yml:5:22: not looked at
    site.yml:12:22: not looked at
    site.yml:13:22: not looked at
    ");
}

#[test]
fn what_an_include_is_guarded_by_is_there_in_it() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  tasks:
    - include_tasks: inc.yml
      when: maybe is defined
    - include_role: {name: r}
      when: maybe is defined and other
=== inc.yml
- debug: {msg: '{{ maybe }} {{ other }}'}
- include_tasks: deeper.yml
=== deeper.yml
- debug: {msg: '{{ maybe }}'}
=== roles/r/tasks/main.yml
- debug: {msg: '{{ maybe }}'}
"), @"
    site.yml:6:34: nothing defines the variable `other`; define it, or give it a `default`
    inc.yml:1:32: nothing defines the variable `other`; define it, or give it a `default`
    ");
}

#[test]
fn what_trueup_lacks_is_wrong_where_it_is_reached() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  tasks:
    - pacman: {name: a}
    - frobnicate:
    - pacman: {name: b}
      when: ansible_os_family == 'Archlinux'
    - include_tasks: other.yml
      when: ansible_os_family == 'Other'
    - block:
        - yum_repositry: {name: a}
        - frobnicate:
      when: x
    - frobnicate:
      loop: '{{ [] }}'
    - frobnicate:
      tags: never
    - meta: end_host
      when: x
    - frobnicate:
  handlers:
    - name: h
      frobnicate:
- hosts: nobody
  tasks:
    - frobnicate:
=== other.yml
- community.general.apk: {name: a}
- win_copy: {src: a}
- comand: ls
"), @"
    site.yml:3:7: there is no module `pacman`; trueup knows the modules that its documentation lists; `command` runs anything
    site.yml:4:7: there is no module `frobnicate`; trueup knows the modules that its documentation lists; `command` runs anything
    site.yml:10:11: there is no module `yum_repositry`; did you mean `yum_repository`?
    site.yml:23:10: `nobody` is no host and no group of the inventory
    other.yml:3:3: there is no module `comand`; did you mean `command`?
    there is no module `pacman`, which need not be reached: the task at site.yml:5:7 fails if it is
    there is no module `community.general.apk`, which need not be reached: the task at other.yml:1:3 fails if it is
    there is no module `win_copy`, which need not be reached: the task at other.yml:2:3 fails if it is
    there is no module `frobnicate`, which need not be reached: 6 tasks fail if they are, the first at site.yml:11:11
    ");
}

#[test]
fn permissions_that_were_read_as_decimal() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  tasks:
    - file: {path: /a, state: directory, mode: 644}
    - file: {path: /a, state: directory, mode: 0644}
    - file: {path: /a, state: directory, mode: '644'}
    - file: {path: /a, state: directory, mode: 0o644}
    - file: {path: /a, state: directory, mode: 420}
    - copy: {content: a, dest: /a, directory_mode: 1777}
    - copy: content=a dest=/a mode={{ m }}
      vars: {m: '0640'}
"), @"
    site.yml:3:48: 644 is decimal and means 1204; write '0644'
    site.yml:7:48: 420 is decimal and means 0644; write '0420'
    site.yml:8:52: 1777 is decimal and means 3361; write '1777'
    ");
}

#[test]
fn template_files() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  tasks:
    - name: Write it
      template: {src: a.conf.j2, dest: /a}
    - template: {src: gone.j2, dest: /a}
    - copy: {src: gone, dest: /a}
    - copy: {src: /there, dest: /a, remote_src: true}
    - include_tasks: gone.yml
=== templates/a.conf.j2
x = {{ x }}
{% for one in [1] %}
{{ one }} {{ template_path }} {{ gone }}
{% endfor %}
"), @"
    site.yml:5:23: the file `gone.j2` is not there; put it at one of: templates/gone.j2, gone.j2
    site.yml:6:19: the file `gone` is not there; put it at one of: files/gone, gone
    site.yml:8:22: the file `gone.yml` is not there; put it at one of: tasks/gone.yml, gone.yml
    templates/a.conf.j2:3:34: nothing defines the variable `gone`; define it, or give it a `default`
      site.yml:3:7 by this task
    ");
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all
  tasks:
    - template: {src: a.j2, dest: /a}
    - debug: {msg: '{{ x | nofilter }} {{ x is notest }}'}
      when: x ==
=== a.j2
line
{% if x %}
"), @"
    site.yml:4:28: there is no filter `nofilter`
    site.yml:4:48: there is no test `notest`; did you mean `test`?
    site.yml:5:15: the template can't be read: unexpected end of input, expected expression
    a.j2:2:9: unexpected end of input, expected end of block
      site.yml:3:7 rendered by this task
    ");
}

#[test]
fn handlers_and_hosts() {
    insta::assert_snapshot!(checked("
=== site.yml
- hosts: all,c
  tasks:
    - command: ls
      notify: [restart b, Restrat a, topic, 'r : h', '{{ x }}', 'b 5']
    - include_role: {name: r}
  handlers:
    - name: Restart a
      command: ls
      listen: topic
    - name: b {{ x }}
      command: ls
=== roles/r/handlers/main.yml
- name: h
  command: ls
=== roles/r/tasks/main.yml
- command: ls
  notify: h
"), @"
    site.yml:1:10: `c` is no host and no group of the inventory
    site.yml:4:16: no handler is called `restart b`; did you mean `Restart a`?
    site.yml:4:27: no handler is called `Restrat a`; did you mean `Restart a`?
    ");
}

#[test]
fn plays_that_read_what_other_plays_set() {
    insta::assert_snapshot!(checked("
=== site.yml
- name: one
  hosts: all
  tasks:
    - command: ls
      register: one_said
- name: two
  hosts: all
  needs: []
  tasks:
    - debug: {msg: '{{ one_said.stdout }} {{ three_set }}'}
- name: three
  hosts: all
  needs: [one, two]
  tasks:
    - debug: {msg: '{{ one_said.stdout }}'}
    - set_fact: {three_set: 1}
"), @"
    site.yml:10:24: `one_said` is set by the play `one`, which need not have ended here; add `one` to the `needs` of the play `two`
      site.yml:4:7 set here
    site.yml:10:46: `three_set` is set by the play `three`, which need not have ended here; that play comes later: change the order
      site.yml:16:18 set here
    ");
}

const WHOLE: &str = "\
- name: one
  hosts: all
  vars: {x: '{{ y }}', y: 1}
  serial: [1, 50%]
  roles: [{role: r, when: x}]
  tasks:
    - block:
        - command: creates=/x ls {{ x }}
          register: out
          until: out.rc == 0
          notify: [h]
          loop: [1, 2]
          loop_control: {loop_var: it, label: '{{ it }}'}
      rescue:
        - include_tasks: {file: site.yml, apply: {tags: a}}
      always:
        - meta: flush_handlers
    - set_fact: a=1
    - local_action: {module: debug, var: out}
  handlers:
    - {name: h, command: ls, listen: [t]}
- import_playbook: site.yml
- {hosts: a, needs: [one]}
";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever is cut out of a playbook and put in elsewhere: it is read or refused.
    #[test]
    fn mutilated_playbooks_are_read_or_refused(from in 0..WHOLE.len(), len in 0..40_usize, to in 0..WHOLE.len()) {
        let cut = &WHOLE[from..(from + len).min(WHOLE.len())];
        let rest = format!("{}{}", &WHOLE[..from], &WHOLE[from + cut.len()..]);
        let to = to.min(rest.len());
        let text = format!("{}{cut}{}", &rest[..to], &rest[to..]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.yml");
        std::fs::write(&path, &text).unwrap();
        let (inventory, _) = Inventory::load(&["a,b,".into()]).unwrap();
        let (loader, playbook, _) = Loader::read(&path, Arc::default());
        check(&playbook, &inventory, &loader);
    }
}
