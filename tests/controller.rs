//! Runs that act on the controller itself do so at the same time.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use std::process::{Child, Command};

#[test]
fn two_runs_on_the_controller_do_not_wait_for_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    // Each begins, and ends only when the other has begun.
    let start = |own: &str, other: &str| -> Child {
        let playbook = format!(
            "
- hosts: localhost
  gather_facts: false
  tasks:
    - copy: {{dest: '{{{{ playbook_dir }}}}/{own}', content: ''}}
    - wait_for: {{path: '{{{{ playbook_dir }}}}/{other}', timeout: 30}}
"
        );
        let path = folder.path().join(format!("{own}.yml"));
        std::fs::write(&path, playbook).expect("a playbook");
        Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["apply", "-i", "nobody,"])
            .arg(path)
            .spawn()
            .expect("a run")
    };
    let (mut one, mut two) = (start("one", "two"), start("two", "one"));
    assert!(one.wait().expect("its end").success());
    assert!(two.wait().expect("its end").success());
}
