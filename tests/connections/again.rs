//! What becomes of tasks when the connection dies.

use crate::apply;
use crate::sshd::Sshd;

#[test]
fn the_next_task_has_a_new_connection_and_what_needs_no_host_never_fails() {
    let sshd = Sshd::start();
    let tasks = r#"
    - {name: It dies, command: sh {F}/cut, changed_when: false}
    - {name: Meanwhile, pause: {seconds: 1}}
    - name: Until it is dead
      shell: while kill -0 "$(cat {F}/session)"; do :; done 2>/dev/null
      delegate_to: localhost
      changed_when: false
    - {name: Nobody is asked, assert: {that: [1 == 1]}}
    - {name: Go on, command: echo here, changed_when: false}
    - name: The machine is held again
      command: timeout -s INT 3 TRUEUP apply other.yml -i hosts.yml
      args: {chdir: '{F}'}
      delegate_to: localhost
      register: other
      failed_when: "'the other run that works on this machine' not in other.stdout"
"#;
    std::fs::write(
        sshd.path("other.yml"),
        "- hosts: here\n  gather_facts: false\n  tasks: [{command: 'true'}]\n",
    )
    .expect("a playbook");
    let (status, told) = apply(
        &sshd,
        &tasks.replace("TRUEUP", env!("CARGO_BIN_EXE_trueup")),
    );
    assert_eq!(status, Some(0), "{told}");
}

#[test]
fn a_step_that_was_cut_short_is_told_and_not_run_again() {
    let sshd = Sshd::start();
    let tasks = r"
    - name: It dies
      shell: echo ran >>{F}/runs; exec sh {F}/cut now
      ignore_unreachable: true
    - {name: Go on, command: grep -c ran {F}/runs, changed_when: false}
";
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(0), "{told}");
    assert!(
        told.contains("it may still run there or have ended"),
        "{told}"
    );
    let runs = std::fs::read_to_string(sshd.path("runs")).expect("it ran");
    assert_eq!(runs, "ran\n", "{told}");
}

#[test]
fn a_host_that_is_not_reached_again_is_out() {
    let sshd = Sshd::start();
    let tasks = r#"
    - {name: It dies, command: sh {F}/cut, changed_when: false}
    - name: And its sshd
      shell: kill "$(cat {F}/pid)"; while kill -0 "$(cat {F}/session)"; do :; done 2>/dev/null
      delegate_to: localhost
      changed_when: false
    - {name: Go on, command: touch {F}/gone-on}
    - {name: Not either, debug: {msg: not here}}
"#;
    std::fs::write(sshd.path("pid"), sshd.server.id().to_string()).expect("a file");
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(3), "{told}");
    assert!(!told.contains("not here"), "{told}");
    assert!(told.contains("it refuses: does sshd run there"), "{told}");
}
