//! A real virtual machine: its own kernel, its own disk, a network that can be unplugged.
//!
//! `cargo test --test vm`; plain `cargo test` leaves it out, since it takes root to make the image
//! and minutes to boot where the processor is emulated.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../live/command.rs"]
#[allow(dead_code)] // The live tests use the rest of it.
mod command;
mod image;
mod machine;
#[path = "../live/wait.rs"]
mod wait;

use machine::Machine;
use std::path::Path;
use wait::wait_until;

/// What a person would write first.
const SMALL: &str = "\
- hosts: all
  tasks:
    - {name: Call it by its name, hostname: {name: node}}
    - name: Set the kernel
      ansible.posix.sysctl: {name: vm.swappiness, value: '7', sysctl_file: /etc/sysctl.d/60-node.conf}
    - name: Write a file
      copy: {dest: /etc/motd, content: \"whole\\n\", mode: '0640'}
    - name: It is a machine of its own
      assert: {that: [ansible_facts.virtualization_role == 'guest', ansible_facts.virtualization_type != 'systemd-nspawn']}
";

/// The pgpool topology's node, by its own role.
const PRIMARY: &str = "\
- hosts: databases
  become: true
  tasks:
    - import_role: {name: pgpool_cluster, tasks_from: host}
    - import_role: {name: pgpool_cluster, tasks_from: primary}
";

#[test]
fn a_machine_is_provisioned_loses_its_power_and_its_network() {
    let _turn = image::turn();
    let mut machine = Machine::new(&image::ensure());
    machine.power_on();
    provisioned(&machine);
    power_lost(&mut machine);
    cut_and_healed(&mut machine);
}

fn provisioned(machine: &Machine) {
    machine.apply("small.yml", SMALL).with_code(0);
    assert_eq!(machine.ask("hostname; sysctl -n vm.swappiness"), "node\n7");
    // The image's packages are those that the role wants, and the machine has no way out: apt's lists
    // are as new as the image.
    machine.ask("touch /var/lib/apt/lists/of-the-image_Packages");
    std::os::unix::fs::symlink(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/roles"),
        machine.folder().join("roles"),
    )
    .unwrap();
    machine.apply("primary.yml", PRIMARY).with_code(0);
}

/// Containers can't show this: what their killed processes wrote is safe in the kernel that they share.
fn power_lost(machine: &mut Machine) {
    machine.sql("create table kept (id int); insert into kept select generate_series(1, 1000)");
    machine.ask(
        "echo safe > /root/synced; sync /root/synced; head -c 4000000 /dev/zero > /root/unsynced",
    );
    machine.plug_pulled();

    machine.power_on();
    wait_until("PostgreSQL is back, by its guard", 300, || {
        machine.ssh("pg_isready -q -h /var/run/postgresql").code == Some(0)
    });
    assert_eq!(machine.sql("select count(*) from kept"), "1000");
    assert_eq!(machine.ask("cat /root/synced"), "safe");
    let left = "stat -c %s /root/unsynced 2>/dev/null || echo 0";
    assert_eq!(machine.ask(left), "0", "nobody synced it");
    // What trueup puts in place is synced before it has its name.
    let declared = "cat /etc/motd; stat -c %a /etc/motd; hostname; sysctl -n vm.swappiness";
    assert_eq!(machine.ask(declared), "whole\n640\nnode\n7");
}

fn cut_and_healed(machine: &mut Machine) {
    machine.link(false);
    // Its forwarder still accepts the connection: only silence tells that nobody is there.
    machine
        .trueup(&["plan", "small.yml"])
        .with_code(3)
        .saying("node");
    machine.link(true);
    wait_until("the machine is back in its network", 60, || {
        machine.ssh("true").code == Some(0)
    });
    machine
        .trueup(&["plan", "--detailed-exitcode", "small.yml"])
        .with_code(0);
    assert_eq!(machine.sql("select count(*) from kept"), "1000");
}
