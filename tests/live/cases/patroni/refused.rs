//! Apply when the hosts are not what the inventory believes: it refuses, and touches nothing.

use super::Patroni;
use crate::cluster::{apply, plan, sql};
use crate::wait::wait_until;

/// Where a node keeps its database.
const DATA: &str = "cd /var/lib/postgresql/*/";

/// A node holds the database of another cluster.
pub fn foreign(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let before = at.started(leader);
    let node = at
        .topology
        .nodes
        .iter()
        .rfind(|node| **node != leader)
        .unwrap();
    at.lab.ask(
        node,
        &format!(
            "sudo systemctl stop patroni && {DATA} && sudo mv main main.before-the-case && \
             sudo -u postgres sh -c '/usr/lib/postgresql/*/bin/initdb -D main' > /dev/null"
        ),
    );
    at.apply(&[])
        .with_code(2)
        .saying("these are different clusters. Nothing was touched.");
    assert_eq!(at.started(leader), before);
    let holds = at.lab.ask(
        node,
        &format!("{DATA} && sudo ls main main.before-the-case | grep -c ^PG_VERSION"),
    );
    assert_eq!(holds, "2", "the foreign database was touched");
    brought_home(at, node, leader);
    at.lab
        .ask(node, &format!("{DATA} && sudo rm -r main.before-the-case"));
}

/// What lies on the node is moved aside whole, and the leader copied by a server that never was
/// anything but its replica.
fn brought_home(at: &Patroni, node: &str, leader: &str) {
    let words = ["-e", &format!("node={node}")];
    at.lab.ask(
        node,
        &format!("{DATA} && sudo sh -c 'rm -rf main.before-restore-*'"),
    );
    plan(at.lab, "restore-replica.yml", &words)
        .with_code(5)
        .saying("is another cluster (system identifier");
    let since = at.lab.ask(node, "date '+%F %T'");
    apply(at.lab, "restore-replica.yml", &words)
        .with_code(0)
        .saying("before-restore-");
    assert_eq!(at.wait_until_whole(), leader);
    let found = at.lab.ask(
        node,
        &format!(
            "{DATA} && sudo sh -c 'ls main.before-restore-*/PG_VERSION' | wc -l; \
             sudo journalctl -u patroni --since '{since}' --no-pager | grep -c 'single user mode' || true"
        ),
    );
    assert_eq!(found, "1\n0", "data kept aside; recovered as a leader's");
    apply(at.lab, "restore-replica.yml", &words)
        .with_code(0)
        .saying("Nothing changed");
    at.lab.ask(
        node,
        &format!("{DATA} && sudo sh -c 'rm -r main.before-restore-*'"),
    );
}

/// etcd or ZooKeeper remembers a cluster whose data is gone.
pub fn stale_initialize(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let identifier = sql(
        at.lab,
        leader,
        "select system_identifier from pg_control_system()",
    );
    for node in at.topology.nodes {
        at.lab.ask(
            node,
            &format!("sudo systemctl stop patroni && {DATA} && sudo mv main main.before-the-case"),
        );
    }
    at.apply(&[])
        .with_code(2)
        .saying(&format!(
            "still knows a cluster with system identifier {identifier}, and no node holds such data"
        ))
        .saying("-e heal_initialize=true");
    for node in at.topology.nodes {
        at.lab.ask(node, &format!("{DATA} && test ! -e main"));
    }
    at.apply(&["-e", "heal_initialize=true"]).with_code(0);
    assert_eq!(at.wait_until_whole(), at.topology.nodes[0]);
    assert_ne!(
        sql(
            at.lab,
            at.topology.nodes[0],
            "select system_identifier from pg_control_system()"
        ),
        identifier
    );
    at.apply(&[]).with_code(0);
}

/// etcd's data is lost on one node: the next run replaces the member.
pub fn etcd_lost(at: &Patroni) {
    at.built();
    let node = at.topology.nodes[1];
    let members = || {
        at.lab
            .ask(at.topology.nodes[0], "sudo etcdctl member list | sort")
    };
    let before = members();
    at.lab.ask(
        node,
        "sudo systemctl stop etcd && sudo rm -r /var/lib/etcd/main",
    );
    at.apply(&[]).with_code(0);
    wait_until("three healthy members", 30, || {
        let health = at
            .lab
            .ssh(node, "sudo etcdctl endpoint health --cluster 2>&1")
            .stdout;
        health.matches("is healthy").count() == 3
    });
    let after = members();
    assert_eq!(
        after
            .lines()
            .filter(|line| line.contains(", started, "))
            .count(),
        3,
        "{after}"
    );
    assert_ne!(before, after, "the lost member was not replaced");
    let same = after.lines().filter(|line| before.contains(line)).count();
    assert_eq!(same, 2, "another member was replaced too: {after}");
    crate::cluster::plan_says_nothing(at.lab, at.topology.playbook);
    at.wait_until_whole();
}

/// ZooKeeper's data is lost on one node: it comes back from the others.
pub fn zookeeper_lost(at: &Patroni) {
    at.built();
    let node = at.topology.nodes[1];
    at.lab.ask(
        node,
        "sudo systemctl stop zookeeper && data=$(sudo sed -n 's/^dataDir=//p' /etc/zookeeper/zoo.cfg) && sudo rm -r \"$data\"",
    );
    at.apply(&[]).with_code(0);
    wait_until("a member that serves", 60, || {
        ["leader", "follower"].contains(&at.lab.ssh(node, "sudo zk-status mode").stdout.trim())
    });
    crate::cluster::plan_says_nothing(at.lab, at.topology.playbook);
    at.wait_until_whole();
}

/// ZooKeeper's leader goes, and PostgreSQL's stays.
pub fn zookeeper_leader_down(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let before = at.started(leader);
    let load = crate::cluster::ledger::begin(at.lab);
    let members = [at.topology.nodes, &["proxy"]].concat();
    let lost = members
        .iter()
        .find(|member| at.lab.ask(member, "sudo zk-status mode") == "leader")
        .unwrap();
    at.lab.ask(lost, "sudo systemctl kill -s KILL zookeeper");
    load.end_with_every_row(at.lab);
    wait_until("an ensemble of three", 60, || {
        let modes = members
            .iter()
            .map(|member| at.lab.ssh(member, "sudo zk-status mode").stdout);
        modes
            .filter(|mode| ["leader", "follower"].contains(&mode.trim()))
            .count()
            == 3
    });
    assert_eq!(at.wait_until_whole(), leader);
    assert_eq!(at.started(leader), before, "PostgreSQL was restarted");
}
