//! Saved plans of playbooks whose tasks bring hosts.

use super::ground::Ground;

const PLAYBOOK: &str = "
- hosts: a
  gather_facts: false
  tasks:
    - add_host: {name: c, groups: fresh, ansible_connection: local}
    - {name: Ask, command: 'echo d', register: name}
    - {name: Bring it, add_host: {name: '{{ name.stdout }}', groups: late, ansible_connection: local}}
- hosts: fresh
  gather_facts: false
  tasks:
    - {name: Make it, copy: {content: x, dest: 'HERE/{{ inventory_hostname }}'}}
- hosts: late
  gather_facts: false
  tasks:
    - {name: Make another, copy: {content: x, dest: 'HERE/{{ inventory_hostname }}'}}
";

#[test]
fn what_is_done_on_hosts_that_come_is_held_to_where_it_was_told() {
    let ground = Ground::new(PLAYBOOK);
    let said = ground.plan();
    assert!(
        said.contains("rest on `Bring it`: unknown until Ask"),
        "{said}"
    );
    let said = ground.apply().with(0);
    assert_eq!(ground.read("c") + &ground.read("d"), "xx", "{said}");
    let said = ground.apply().with(0);
    assert!(!said.contains("moved"), "{said}");
}

#[test]
fn a_host_that_comes_is_watched_as_any_other() {
    let ground = Ground::new(PLAYBOOK);
    ground.plan();
    ground.write("c", "somebody else's");
    let ended = ground.apply();
    assert_ne!(ended.status, 0, "{}", ended.said);
    assert_eq!(ground.read("c"), "somebody else's");
}
