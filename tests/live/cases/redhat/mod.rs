//! Red Hat's kin: the roles with PostgreSQL's own archive of rpms, firewalld, and files where `SELinux` is on.
//! The hosts are Debians that say that they are a Rocky Linux 9, with Debian's dnf, rpm and firewalld; the
//! packages are made of Debian's, and are called, placed and started as the archive's.

mod selinux;

use crate::cluster::{apply, plan, poweroff, poweron, second_run, sql};
use crate::lab::Lab;
use crate::wait::wait_until;
use crate::{Case, Suite};

const PLAYBOOK: &str = "pgpool.yml";

pub const SUITE: Suite = Suite {
    name: "redhat",
    lab,
    cases: &[
        Case {
            name: "PostgreSQL's archive of rpms becomes a cluster under pgpool, and stays one",
            run: built,
        },
        Case {
            name: "the primary's power is lost and its data deleted: it comes home and leads again",
            run: home,
        },
        Case {
            name: "firewalld lets in what is declared, now and for good",
            run: firewalld,
        },
        Case {
            name: "a file keeps the context of the one that it replaces",
            run: selinux::kept,
        },
    ],
};

fn lab(_: &str) -> Lab {
    let hosts = "\
all:
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 10.77.56.11, pg_role: primary}
            pg-b: {ansible_host: 10.77.56.12, pg_role: synchronous}
        pool: {hosts: {pgpool: {ansible_host: 10.77.56.14}}}
        clients: {hosts: {pgpool: }}
";
    Lab::new("live-redhat", "debian-13", hosts, "timings: fast\n")
}

/// dnf is a lot of Python.
const GROUND_LIMIT: u64 = 600;

/// Runs a script of several lines on a host, as root.
fn start(lab: &Lab, host: &str, script: &str) -> crate::command::Running {
    let script = format!("sudo sh -c '{}'", script.replace('\'', r"'\''"));
    lab.start_ssh(host, &script)
}

/// SQL of the application, through pgpool. The programs are Debian's, and look for services elsewhere.
fn through_pgpool(lab: &Lab, sql: &str) -> String {
    let psql = "sudo PGSYSCONFDIR=/etc/sysconfig/pgsql timeout 30 psql -XAtq service=app";
    lab.ask("pgpool", &format!("{psql} -c \"{sql}\""))
}

fn built(lab: &Lab) {
    lab.up();
    let grounds =
        ["pg-a", "pg-b", "pgpool"].map(|host| start(lab, host, include_str!("ground.sh")));
    for ground in grounds {
        ground.end(GROUND_LIMIT).with_code(0);
    }
    start(lab, "pgpool", include_str!("archive.sh"))
        .end(GROUND_LIMIT)
        .with_code(0);
    let print = lab.ask("pgpool", "cat /srv/yum/fingerprint");
    let source = |print: &str| {
        let mirror = "http://10.77.56.14:8000";
        format!(
            "pg_source: pgdg\npg_version: 17\npgdg_mirror: {mirror}\npgdg_fingerprint: '{print}'\n"
        )
    };
    lab.group_vars("cluster", &source(&"0".repeat(40)));
    apply(lab, PLAYBOOK, &[])
        .with_code(2)
        .saying("it is not imported");
    lab.group_vars("cluster", &source(&print));
    plan(lab, PLAYBOOK, &[])
        .with_code(5)
        .saying("package postgresql17-server")
        .saying("package pgpool-II-pcp");
    apply(lab, PLAYBOOK, &[]).with_code(0);
    through_pgpool(
        lab,
        "create table orders (id int primary key); insert into orders values (1)",
    );
    assert_eq!(sql(lab, "pg-b", "select pg_is_in_recovery()"), "t");
    let started = "systemctl is-active postgresql-17; systemctl is-enabled postgresql-17; \
                   sudo -u postgres psql -XAtc 'show data_directory' -c 'show config_file'; true";
    assert_eq!(
        lab.ask("pg-a", started),
        "active\ndisabled\n/var/lib/pgsql/17/data\n/var/lib/pgsql/17/data/postgresql.conf"
    );
    // The module no longer hides it, and no upgrade that nobody means takes the server along.
    lab.ask(
        "pg-a",
        "grep -x state=disabled /etc/dnf/modules.d/postgresql.module",
    );
    assert_eq!(
        lab.ask("pg-a", "sudo dnf -q -C repoquery 'postgresql17*'; true"),
        ""
    );
    second_run(lab, PLAYBOOK);
}

fn home(lab: &Lab) {
    poweroff(lab, &["pg-a"]);
    wait_until("a new primary", 60, || {
        crate::cluster::is_primary(lab, "pg-b")
    });
    through_pgpool(lab, "insert into orders values (2)");
    poweron(lab, &["pg-a"]);
    lab.ask("pg-a", "sudo rm -r /var/lib/pgsql/17/data");
    apply(lab, "restore-primary.yml", &[])
        .with_code(0)
        .saying("way: pg_basebackup")
        .saying("hands over to pg-a");
    let rows = through_pgpool(lab, "select count(*) from orders");
    assert_eq!(rows, "2");
    second_run(lab, PLAYBOOK);
}

fn firewalld(lab: &Lab) {
    lab.up();
    let install =
        "apt-get -y -q --no-install-recommends install firewalld nftables python3-nftables";
    let install = format!("DEBIAN_FRONTEND=noninteractive {install} && systemctl start firewalld");
    start(lab, "pgpool", &install)
        .end(GROUND_LIMIT)
        .with_code(0);
    let site = |state: &str| {
        let playbook = format!(
            "\
- hosts: pgpool
  become: true
  gather_facts: false
  tasks:
    - ansible.posix.firewalld: {{ service: ssh, state: enabled, permanent: true, immediate: true }}
    - ansible.posix.firewalld: {{ port: 9999/tcp, zone: internal, state: {state}, permanent: true, immediate: true }}
    - ansible.posix.firewalld: {{ source: 10.77.56.0/24, zone: internal, state: {state}, permanent: true, immediate: true }}
    - ansible.posix.firewalld: {{ port: 60000-61000/udp, state: {state} }}
    - ansible.posix.firewalld:
        rich_rule: 'rule family=\"ipv4\" source address=\"10.77.56.11\" port port=\"8000\" protocol=\"tcp\" accept'
        state: {state}
        permanent: true
"
        );
        lab.write("firewalld.yml", &playbook)
    };
    let enabled = site("enabled");
    lab.trueup(&["plan", &enabled])
        .with_code(0)
        .saying("firewalld zone internal: port 9999/tcp (permanent)");
    lab.trueup(&["apply", &enabled])
        .with_code(0)
        .saying("changed=4");
    lab.trueup(&["apply", &enabled])
        .with_code(0)
        .saying("changed=0");
    let lists = "for s in '' --permanent; do sudo firewall-cmd $s --zone=internal --list-ports; \
                 sudo firewall-cmd $s --list-ports; sudo firewall-cmd $s --list-rich-rules | grep -c 8000; done; true";
    assert_eq!(
        lab.ask("pgpool", lists),
        "9999/tcp\n60000-61000/udp\n0\n9999/tcp\n\n1"
    );
    lab.ask(
        "pgpool",
        "sudo nft list ruleset | grep -c 'dport 9999.*accept'",
    );
    let disabled = site("disabled");
    lab.trueup(&["apply", &disabled])
        .with_code(0)
        .saying("changed=4");
    lab.trueup(&["apply", &disabled])
        .with_code(0)
        .saying("changed=0");
    // What it reads when it starts can be written before.
    lab.ask("pgpool", "sudo systemctl stop firewalld");
    let now = "- { hosts: pgpool, become: true, gather_facts: false, tasks: [ firewalld: { port: 1/tcp, state: enabled } ] }\n";
    let now = lab.write("now.yml", now);
    lab.trueup(&["apply", &now])
        .with_code(2)
        .saying("firewalld does not run on this host");
    let later = "- { hosts: pgpool, become: true, gather_facts: false, tasks: [ firewalld: { port: 1/tcp, state: enabled, permanent: true } ] }\n";
    let later = lab.write("later.yml", later);
    for changed in ["changed=1", "changed=0"] {
        lab.trueup(&["apply", &later]).with_code(0).saying(changed);
    }
    lab.ask("pgpool", "sudo firewall-offline-cmd --query-port=1/tcp");
}
