//! Hosts that go away under a run and come back.

use crate::command::{run, start};
use crate::lab::Lab;
use crate::wait::wait_until;
use crate::{Case, Suite};

pub const SUITE: Suite = Suite {
    name: "connections",
    lab,
    cases: &[
        Case {
            name: "a reboot ends when another boot lets us in, and the run goes on",
            run: reboots,
        },
        Case {
            name: "a dry run says that it would reboot, and does not",
            run: would_reboot,
        },
        Case {
            name: "a sshd that ends its sessions between two tasks stops nothing",
            run: sessions_end,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    one: {ansible_host: 10.77.41.11}
";
    Lab::new("live-connections", image, hosts, "")
}

fn play(lab: &Lab, name: &str, tasks: &str) -> String {
    let play = "- hosts: one\n  gather_facts: false\n  become: true\n  tasks:\n";
    lab.write(name, &format!("{play}{tasks}"))
}

fn boot_id(lab: &Lab) -> String {
    lab.ask("one", "cat /proc/sys/kernel/random/boot_id")
}

fn reboots(lab: &Lab) {
    lab.up();
    let before = boot_id(lab);
    let tasks = "
    - {name: Boot anew, reboot: {reboot_timeout: 120}, register: booted}
    - name: It went well
      assert: {that: [booted.changed, booted.rebooted, booted.elapsed > 0]}
    - {name: Go on, command: cat /proc/sys/kernel/random/boot_id, register: boot}
    - {name: It is another boot, assert: {that: [boot.stdout != 'BEFORE']}}
"
    .replace("BEFORE", &before);
    let playbook = play(lab, "reboot.yml", &tasks);
    let running = start(lab.command(&["apply", &playbook]));
    // A lab host that boots anew only goes off: the plug is ours.
    wait_until("the host goes down", 60, || !is_on(lab));
    lab.lab(&["poweron", "one"]);
    running.end(180).with_code(0);
    assert_ne!(boot_id(lab), before);
}

fn would_reboot(lab: &Lab) {
    let before = boot_id(lab);
    let playbook = play(lab, "would.yml", "    - reboot: {}\n");
    let planned = lab
        .trueup(&["plan", "--detailed-exitcode", &playbook])
        .with_code(5);
    assert!(
        planned.stdout.contains("> [one] reboot"),
        "{}",
        planned.stdout
    );
    assert_eq!(boot_id(lab), before);
}

fn sessions_end(lab: &Lab) {
    let tasks = "
    - name: Every session ends in a moment
      shell: (sleep 0.3; pkill -9 -f '^sshd.*lab') >/dev/null 2>&1 </dev/null &
      changed_when: false
    - {name: Meanwhile, pause: {seconds: 1}}
    - {name: Go on, command: id -un, register: me, changed_when: false}
    - {name: As whom it should, assert: {that: [me.stdout == 'root']}}
";
    let playbook = play(lab, "sessions.yml", tasks);
    let mut command = lab.command(&["apply", &playbook]);
    command.env("TRUEUP_LOG", "trueup=info");
    let ended = run(command, 120).with_code(0);
    assert!(
        ended.stderr.contains("connecting again"),
        "{}",
        ended.stderr
    );
}

fn is_on(lab: &Lab) -> bool {
    lab.status()[0]["on"] == true
}
