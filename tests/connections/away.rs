//! `reboot` and `wait_for_connection`, with an sshd that ends with all its sessions and is started
//! again, and a file that stands for the kernel's boot id.

use crate::apply;
use crate::sshd::Sshd;
use std::time::{Duration, Instant};

/// Takes sshd and the session away and starts it anew; `$1` is the next boot's id.
const REBOOT: &str = r#"#!/bin/sh
folder=${0%/*}
setsid sh -c '
    kill -9 "$(cat "$1/pid")"; sh "$1/cut"
    while kill -0 "$(cat "$1/session")"; do :; done
    echo "$2" >"$1/boot"
    exec /usr/sbin/sshd -D -e -f "$1/config"
' reboot "$folder" "$1" >/dev/null 2>&1 </dev/null &
echo $! >"$folder/pid.new"
sleep 20
"#;

/// The server that was started by a test's own script.
struct Again<'a>(&'a Sshd);

impl Drop for Again<'_> {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.0.path("pid.new")).unwrap_or_default();
        let _ = std::process::Command::new("kill").arg(pid.trim()).status();
    }
}

fn rebooting() -> Sshd {
    let sshd = Sshd::start();
    std::fs::write(sshd.path("pid"), sshd.server.id().to_string()).expect("a file");
    std::fs::write(sshd.path("boot"), "1").expect("a file");
    std::fs::write(sshd.path("reboot"), REBOOT).expect("a file");
    sshd
}

#[test]
fn a_reboot_ends_when_another_boot_answers_and_passes_its_test() {
    let sshd = rebooting();
    let _again = Again(&sshd);
    let tasks = r"
    - reboot:
        boot_time_command: cat {F}/boot
        reboot_command: /bin/sh {F}/reboot 2
        reboot_timeout: 60
        test_command: touch {F}/tested
      register: booted
    - assert: {that: [booted.changed, booted.rebooted, booted.elapsed < 60]}
    - {name: Go on, command: cat {F}/boot, register: boot, failed_when: boot.stdout != '2'}
";
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(0), "{told}");
    assert!(sshd.path("tested").exists(), "{told}");
}

#[test]
fn the_same_boot_is_no_reboot() {
    let sshd = rebooting();
    let _again = Again(&sshd);
    let tasks = r"
    - reboot:
        boot_time_command: cat {F}/boot
        reboot_command: /bin/sh {F}/reboot 1
        reboot_timeout: 3
";
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(2), "{told}");
    assert!(
        told.contains("here is not back after 3 s: it is still the same boot"),
        "{told}"
    );
}

#[test]
fn a_command_that_does_not_reboot_is_told() {
    let sshd = rebooting();
    let tasks = r"
    - reboot:
        boot_time_command: cat {F}/boot
        reboot_command: /bin/sh -c 'echo not today >&2; exit 3'
";
    let begun = Instant::now();
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("not today"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(300), "{told}");
}

#[test]
fn the_controller_is_not_rebooted_from_under_the_run() {
    let sshd = Sshd::start();
    let tasks = r"
    - reboot: {reboot_command: /bin/true}
      delegate_to: localhost
";
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("would take the controller away"), "{told}");
}

#[test]
fn a_host_that_is_not_up_yet_is_waited_for() {
    let mut sshd = Sshd::start();
    sshd.stop();
    let _again = Again(&sshd);
    let tasks = r"
    - name: It comes up by and by
      shell: (sleep 1; exec /usr/sbin/sshd -D -e -f {F}/config) >/dev/null 2>&1 </dev/null & echo $! >{F}/pid.new
      delegate_to: localhost
    - {wait_for_connection: {timeout: 60}, register: waited}
    - {name: Go on, command: 'true'}
";
    let (status, told) = apply(&sshd, tasks);
    assert_eq!(status, Some(0), "{told}");
}

#[test]
fn a_host_that_does_not_come_is_given_up() {
    let mut sshd = Sshd::start();
    sshd.stop();
    let (status, told) = apply(&sshd, "\n    - wait_for_connection: {timeout: 2}\n");
    assert_eq!(status, Some(2), "{told}");
    assert!(
        told.contains("here is not back after 2 s: can't connect"),
        "{told}"
    );
}
