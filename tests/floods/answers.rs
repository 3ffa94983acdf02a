//! Hosts that print without end instead of an answer.

use crate::{MEMORY, apply};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_host_that_floods_in_answer_to_a_question_fails_alone_and_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let stat = folder.path().join("stat");
    std::fs::write(&stat, "#!/bin/sh\nexec yes\n").expect("a tool");
    std::fs::set_permissions(&stat, PermissionsExt::from_mode(0o755)).expect("its mode");
    let hosts = format!(
        "all:\n  vars: {{ansible_connection: local, tools: ''}}\n  hosts: {{bad: {{tools: '{}:'}}, good: }}\n",
        folder.path().display()
    );
    let playbook = "
- hosts: all
  environment: {PATH: '{{ tools }}/usr/bin:/bin'}
  tasks:
    - stat: {path: /etc/passwd}
    - debug: {msg: 'on {{ inventory_hostname }}'}
";
    let ran = apply(&folder, &hosts, playbook, &[]);
    assert_eq!(ran.status, Some(2), "{}", ran.said);
    let failed = "fatal: [bad]: FAILED! => bad answers a question with more than can be taken in";
    assert!(ran.said.contains(failed), "{}", ran.said);
    assert!(ran.said.contains("ok: [good] => on good"), "{}", ran.said);
    assert!(ran.memory < MEMORY, "{} MB", ran.memory >> 20);
}
