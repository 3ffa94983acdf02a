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
mod processor;
#[path = "../live/wait.rs"]
mod wait;

use machine::Machine;
use processor::Processor;
use std::path::{Path, PathBuf};
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
    let mut machine = Machine::new(Processor::X86, image::ensure(Processor::X86));
    machine.power_on();
    provisioned(&machine);
    power_lost(&mut machine);
    cut_and_healed(&mut machine);
}

#[test]
#[ignore = "its image alone takes up to an hour: `make test-arm64`"]
fn an_arm64_machine_is_provisioned_loses_its_power_and_is_a_controller() {
    let _turn = image::turn();
    let mut machine = Machine::new(Processor::Arm, image::ensure(Processor::Arm));
    machine.power_on();
    machine.trueup(&["ping"]).with_code(0).saying("aarch64");
    provisioned(&machine);
    for playbook in ["small.yml", "primary.yml"] {
        let again = machine.trueup(&["apply", playbook]).with_code(0);
        again.saying("Nothing changed");
    }
    power_lost(&mut machine);
    controls_itself(&machine);
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

/// trueup as it is handed out, on a processor that is not a PC's: over ssh to itself, and without.
fn controls_itself(machine: &Machine) {
    machine.put(&archive(), "/root/trueup.tar.gz");
    machine.ask("tar -xzf trueup.tar.gz -C /usr/local --strip-components=1");
    machine.ask(
        "share=/usr/local/share/trueup && \
         trueup check $share/playbooks/pgpool.yml -i $share/inventories/lab-pgpool",
    );
    machine.ask(
        "cd .ssh && ssh-keygen -q -t ed25519 -N '' -f id_ed25519 && (echo; cat id_ed25519.pub) >> authorized_keys && \
         echo \"localhost $(cat /etc/ssh/ssh_host_ed25519_key.pub)\" > known_hosts",
    );
    machine.put(&machine.folder().join("small.yml"), "/root/small.yml");
    machine.ask("echo changed > /etc/motd");
    for inventory in ["localhost,", "localhost, -e ansible_connection=local"] {
        let apply = format!("NO_COLOR=1 trueup apply small.yml -i {inventory}");
        machine.ask(&format!("{apply} && grep whole /etc/motd"));
        let again = machine.ask(&apply);
        assert!(again.contains("Nothing changed"), "{again}");
        machine.ask("echo changed > /etc/motd");
    }
}

/// What `make dist` built.
fn archive() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/dist");
    let name = format!("trueup-{}-aarch64-linux.tar.gz", env!("CARGO_PKG_VERSION"));
    let archive = folder.join(name);
    assert!(
        archive.exists(),
        "there is no {}: `make dist` builds it",
        archive.display()
    );
    archive
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
