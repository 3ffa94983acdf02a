//! A plan that is applied twice, and one that is gone on with where it was cut off.

use crate::ground::Ground;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;

/// A change, two commands of which the second waits, and what rests on both.
const PLAYBOOK: &str = "
- hosts: a
  gather_facts: false
  tasks:
    - {name: Change, copy: {content: declared, dest: HERE/changed, mode: '0644'}, notify: Tell}
    - {name: First, shell: 'echo first >> HERE/runs'}
    - name: Second
      shell: 'echo second >> HERE/runs; touch HERE/waits; until [ -e HERE/go ]; do sleep 0.05; done; echo out'
      register: second
    - {name: Rests, copy: {content: '{{ second.stdout }}', dest: HERE/rests, mode: '0644'}}
    - {name: Loop, shell: 'echo {{ item }} >> HERE/runs; [ {{ item }} != y ] || [ -e HERE/well ]', loop: [x, y, z]}
    - {name: Last, shell: 'echo last >> HERE/runs', when: second is changed}
  handlers:
    - {name: Tell, shell: 'echo told >> HERE/runs'}
";

fn ground() -> Ground {
    let ground = Ground::new(PLAYBOOK);
    ground.plan();
    ground
}

const ALL: &str = "first\nsecond\nx\ny\nz\nlast\ntold\n";

#[test]
fn a_plan_that_is_applied_twice_changes_nothing() {
    let ground = ground();
    ground.write("go", "");
    ground.write("well", "");
    let said = ground.apply().with(0);
    assert!(
        said.contains("Unknown in this plan, and done as it comes: 2 tasks."),
        "{said}"
    );
    assert_eq!(ground.read("runs"), ALL);
    let said = ground.apply().with(0);
    assert!(
        said.contains("nothing is left of it") && !said.contains("PLAY"),
        "{said}"
    );
    assert_eq!(ground.read("runs"), ALL);
    // What somebody undid is not done again by it either.
    ground.write("changed", "by hand");
    let said = ground.apply().with(6);
    assert!(said.contains("then: it was done by this plan"), "{said}");
    assert_eq!(ground.read("changed"), "by hand");
}

#[test]
fn a_plan_that_was_interrupted_is_gone_on_with() {
    let ground = ground();
    ground.write("well", "");
    let mut child = ground.apply_until("waits");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    // What runs may end.
    ground.write("go", "");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(ground.read("runs"), "first\nsecond\n");
    let said = ground.apply().with(0);
    assert!(said.contains("applied in part"), "{said}");
    assert_eq!(ground.read("runs"), ALL);
    assert_eq!(
        ground.read("rests"),
        "out",
        "what it registered is known still"
    );
    assert!(ground.apply().with(0).contains("nothing is left of it"));
}

#[test]
fn what_failed_is_tried_again_and_what_was_done_is_not() {
    let ground = ground();
    ground.write("go", "");
    let said = ground.apply().with(2);
    let next = "they are run.\nNext: mend it, then trueup apply --plan plan";
    assert!(said.contains(next), "{said}");
    assert_eq!(ground.read("runs"), "first\nsecond\nx\ny\nz\n");
    ground.write("well", "");
    ground.apply().with(0);
    assert_eq!(
        ground.read("runs"),
        "first\nsecond\nx\ny\nz\ny\nlast\ntold\n"
    );
}

#[test]
fn a_command_that_may_have_run_is_not_run_again() {
    let ground = ground();
    let mut child = ground.apply_until("waits");
    child.kill().unwrap();
    child.wait().unwrap();
    ground.write("go", "");
    let said = ground.apply().with(6);
    assert!(said.contains("whether it ended is not known"), "{said}");
    assert_eq!(ground.read("runs"), "first\nsecond\n");
}

#[test]
fn two_runs_do_not_apply_one_plan_at_once() {
    let ground = ground();
    ground.write("well", "");
    let mut child = ground.apply_until("waits");
    let other = ground.apply();
    ground.write("go", "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_ne!(other.status, 0, "{}", other.said);
    assert_eq!(ground.read("runs"), ALL);
    let kept = fs::read_dir(ground.path("state/trueup")).unwrap().count();
    assert_eq!(kept, 1);
}
