//! Modules over a tool of the system: what is told is done, a second run finds nothing to do, and the
//! tools themselves say that it is so.

use crate::lab::Lab;
use crate::{Case, Suite};

pub const SUITE: Suite = Suite {
    name: "system_modules",
    lab,
    cases: &[
        Case {
            name: "what tools of the system keep comes true once",
            run: kept,
        },
        Case {
            name: "the packet filter and the firewall over it",
            run: firewall,
        },
        Case {
            name: "a disk is parted, and a file system made where nothing is",
            run: disks,
        },
        Case {
            name: "what a task before brings is waited for in a plan",
            run: brought,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "all:\n  hosts:\n    one: {ansible_host: 10.77.57.11}\n";
    Lab::new("live-system", image, hosts, "")
}

/// Packages that the modules stand over, and an archive of one's own that holds nothing.
const GROUND: &str = "sudo sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends tzdata locales iptables openssh-client kmod && \
    mkdir -p /srv/archive && : >/srv/archive/Packages'";

/// How long that may take.
const GROUND_LIMIT: u64 = 300;

const KEPT: &str = "
- hosts: one
  become: true
  tasks:
    - getent: { database: passwd, key: root }
    - assert: { that: \"ansible_facts.getent_passwd.root[4] == '/root'\" }
    - package_facts:
    - assert: { that: \"'dpkg' in ansible_facts.packages and packages.dpkg[0].source == 'apt'\" }
    - service_facts:
    - assert: { that: \"services['systemd-journald.service'].state == 'running'\" }
    - timezone: { name: Europe/Vienna, hwclock: UTC }
    - locale_gen: { name: [ de_AT.UTF-8 ] }
    - debconf: { name: tzdata, question: tzdata/Areas, vtype: select, value: Asia }
    - known_hosts: { path: /etc/ssh/ssh_known_hosts, name: pg-b, key: 'pg-b ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC0', hash_host: true }
    - openssh_keypair: { path: /srv/id, type: ed25519, comment: lab, owner: lab, mode: '0600' }
      register: pair
    - alternatives: { name: lab-word, link: /usr/local/bin/lab-word, path: /usr/bin/true }
    - alternatives: { name: lab-word, path: /usr/bin/false, priority: 90, state: present }
    - apt_repository: { repo: 'deb [trusted=yes]  file:/srv/archive ./', filename: own }
    - modprobe: { name: softdog, params: soft_margin=60, state: absent, persistent: present }
";

/// What is told is done, and then nothing is left to do.
fn done(lab: &Lab, name: &str, text: &str, changes: u32) {
    let play = lab.write(name, text);
    lab.trueup(&["plan", "--detailed-exitcode", &play])
        .with_code(5);
    let apply = lab.trueup(&["apply", &play]).with_code(0);
    apply.saying(&format!("changed={changes}"));
    lab.trueup(&["apply", &play])
        .with_code(0)
        .saying("changed=0");
    lab.trueup(&["plan", "--detailed-exitcode", &play])
        .with_code(0);
}

fn kept(lab: &Lab) {
    lab.up();
    lab.start_ssh("one", GROUND).end(GROUND_LIMIT).with_code(0);
    done(lab, "kept.yml", KEPT, 9);
    let says = |question: &str| lab.ask("one", question);
    assert!(["CET", "CEST"].contains(&says("date +%Z").as_str()));
    assert_eq!(says("locale -a | grep -c de_AT"), "1");
    assert!(says("sudo debconf-show tzdata").contains("tzdata/Areas: Asia"));
    assert!(says("ssh-keygen -F pg-b -f /etc/ssh/ssh_known_hosts").contains("line 1"));
    assert!(says("sudo ssh-keygen -l -f /srv/id").ends_with("lab (ED25519)"));
    assert_eq!(
        says("stat -c '%a %U' /srv/id /srv/id.pub | tr '\\n' ' '"),
        "600 lab 600 lab"
    );
    // Chosen by hand it stays, whatever has a higher priority.
    assert_eq!(says("readlink -f /usr/local/bin/lab-word"), "/usr/bin/true");
    assert!(says("apt-cache policy").contains("file:/srv/archive"));
    assert_eq!(says("cat /etc/modules-load.d/softdog.conf"), "softdog");
}

const FILTER: &str = "
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - iptables: { chain: LAB, chain_management: true }
    - iptables: { chain: LAB, protocol: tcp, destination_ports: [ '80', '8080:8081' ], source: 10.0.0.0/24, jump: ACCEPT, comment: for the lab }
    - iptables: { chain: LAB, ctstate: [ ESTABLISHED ], jump: ACCEPT, action: insert }
    - iptables: { chain: FORWARD, policy: DROP }
";

const FIREWALL: &str = "
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - ufw: { rule: allow, port: '22', proto: tcp, comment: the way in }
    - ufw: { rule: deny, src: 192.0.2.0/24, port: '5432', proto: tcp, insert: 1 }
    - ufw: { state: enabled, policy: deny, logging: medium }
";

const GONE: &str = "
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - ufw: { rule: deny, src: 192.0.2.0/24, port: '5432', proto: tcp, delete: true }
    - ufw: { state: disabled }
    - iptables: { chain: LAB, ctstate: [ ESTABLISHED ], jump: ACCEPT, state: absent }
";

fn firewall(lab: &Lab) {
    done(lab, "filter.yml", FILTER, 4);
    let rules = lab.ask("one", "sudo iptables -S LAB");
    let lines: Vec<&str> = rules.lines().collect();
    assert!(lines[1].contains("--ctstate ESTABLISHED"), "{rules}");
    assert!(
        lines[2].contains("--dports 80,8080:8081") && lines[2].contains("for the lab"),
        "{rules}"
    );
    lab.start_ssh(
        "one",
        "sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends ufw",
    )
    .end(GROUND_LIMIT)
    .with_code(0);
    done(lab, "firewall.yml", FIREWALL, 3);
    let status = lab.ask("one", "sudo ufw status verbose");
    for told in [
        "Status: active",
        "Logging: on (medium)",
        "deny (incoming)",
        "the way in",
    ] {
        assert!(status.contains(told), "{told}: {status}");
    }
    done(lab, "gone.yml", GONE, 3);
    assert_eq!(lab.ask("one", "sudo ufw status"), "Status: inactive");
}

const DISKS: &str = "
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - parted: { device: /srv/disk, number: 1, state: present, label: gpt, name: data, part_end: 50% }
    - parted: { device: /srv/disk, number: 2, state: present, label: gpt, part_start: 50%, flags: [ lvm ] }
    - filesystem: { dev: /srv/own, fstype: ext4, opts: -L own }
";

fn disks(lab: &Lab) {
    let ground = "sudo sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends parted e2fsprogs && \
        truncate -s 64M /srv/disk /srv/own'";
    lab.start_ssh("one", ground).end(GROUND_LIMIT).with_code(0);
    done(lab, "disks.yml", DISKS, 3);
    let told = lab.ask("one", "sudo parted -s -m /srv/disk print");
    assert!(told.contains(":data:") && told.contains(":lvm;"), "{told}");
    assert_eq!(
        lab.ask("one", "sudo blkid -o value -s LABEL /srv/own"),
        "own"
    );
    let other = DISKS.replace("ext4", "ext2");
    let play = lab.write("other.yml", &other);
    lab.trueup(&["apply", &play])
        .with_code(2)
        .saying("holds ext4 already");
}

const BROUGHT: &str = "
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - apt: { name: debconf-utils, state: absent }
    - apt: { name: locales, state: present }
    - locale_gen: { name: [ en_GB.UTF-8 ] }
";

fn brought(lab: &Lab) {
    lab.ask(
        "one",
        "sudo DEBIAN_FRONTEND=noninteractive apt-get purge -y -q locales >/dev/null 2>&1",
    );
    let play = lab.write("brought.yml", BROUGHT);
    lab.trueup(&["plan", &play]).with_code(0).saying("unknown");
    lab.trueup(&["apply", &play]).with_code(0);
    lab.trueup(&["apply", &play])
        .with_code(0)
        .saying("changed=0");
}
