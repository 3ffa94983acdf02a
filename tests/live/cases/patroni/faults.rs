//! What breaks, and what must hold then.

use super::{Patroni, writable};
use crate::cluster::{ledger, poweroff, poweron, sql, through_entry};
use crate::wait::wait_until;

impl Patroni<'_> {
    /// Which server process a node runs: it changes when PostgreSQL is restarted.
    #[track_caller]
    pub fn started(&self, node: &str) -> String {
        sql(self.lab, node, "select pg_postmaster_start_time()")
    }
}

/// Fails unless reads are answered, and by replicas alone.
#[track_caller]
fn reads_from_replicas(at: &Patroni) {
    wait_until("an answer to a read", 20, || {
        at.read(5, "select 1").code == Some(0)
    });
    for _ in 0..4 {
        let read = at.read(5, "select pg_is_in_recovery()").with_code(0);
        assert_eq!(read.stdout.trim(), "t", "a read went to the leader");
    }
}

pub fn leader_down(at: &Patroni) {
    at.built();
    writable::watch(at);
    let load = ledger::begin(at.lab);
    let old = at.leader().unwrap();
    poweroff(at.lab, &[old]);
    let new = at.wait_for_leader(90, |leader| leader != old);
    if at.topology.nodes.len() > 2 {
        reads_from_replicas(at);
    }
    load.end_with_every_row(at.lab);
    at.lab
        .trueup(&["status"])
        .with_code(0)
        .saying(&format!("writes to {new}"));
    poweron(at.lab, &[old]);
    assert_eq!(at.wait_until_whole(), new, "the old leader leads again");
    reads_from_replicas(at);
    let pause = writable::never_two(at);
    assert!(pause < 60.0, "nobody was writable for {pause:.1} s");
}

pub fn all_down(at: &Patroni) {
    at.built();
    writable::watch(at);
    let load = ledger::begin(at.lab);
    let mut all = at.topology.nodes.to_vec();
    all.push("proxy");
    poweroff(at.lab, &all);
    poweron(at.lab, &all);
    at.wait_until_whole();
    load.end_with_every_row(at.lab);
    writable::never_two(at);
}

pub fn proxy_down(at: &Patroni) {
    at.built();
    let load = ledger::begin(at.lab);
    poweroff(at.lab, &["proxy"]);
    poweron(at.lab, &["proxy"]);
    load.end_with_every_row(at.lab);
    at.wait_until_whole();
    reads_from_replicas(at);
}

/// A synchronous standby is lost that carries the leader of etcd too.
pub fn synchronous_down(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let lost = at.synchronous(leader);
    let before = at.started(leader);
    at.lab.ask(
        leader,
        &format!(
            "cd / && set -e; id=$(sudo etcdctl member list | sed -n 's/^\\([0-9a-f]*\\), started, {lost}, .*/\\1/p'); \
             endpoint=$(sudo etcdctl endpoint status --cluster | grep ', true, ' | cut -d, -f1); \
             sudo etcdctl --endpoints \"$endpoint\" move-leader \"$id\" 2>&1 || \
             sudo etcdctl endpoint status --cluster | grep -q \"$id.*, true, \""
        ),
    );
    let load = ledger::begin(at.lab);
    poweroff(at.lab, &[&lost]);
    load.end_with_every_row(at.lab);
    assert_eq!(at.leader(), Some(leader), "the leader moved without need");
    at.lab
        .trueup(&["status", "--detailed-exitcode"])
        .with_code(5)
        .saying(&lost);
    poweron(at.lab, &[&lost]);
    assert_eq!(at.wait_until_whole(), leader);
    assert_eq!(at.started(leader), before, "the leader was restarted");
}

/// etcd without a quorum: Patroni's failsafe keeps the leader.
pub fn quorum_lost(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let before = at.started(leader);
    let load = ledger::begin(at.lab);
    let others = at.topology.nodes.iter().filter(|node| **node != leader);
    others.clone().for_each(|node| {
        at.lab.ask(node, "sudo systemctl stop etcd");
    });
    wait_until("failsafe mode", 60, || {
        at.rest(leader, &[], "patroni")
            .1
            .contains("failsafe_mode_is_active\": true")
    });
    load.end_with_every_row(at.lab);
    through_entry(at.lab, 10, "select 1").with_code(0);
    others.for_each(|node| {
        at.lab.ask(node, "sudo systemctl start --no-block etcd");
    });
    assert_eq!(at.wait_until_whole(), leader);
    assert_eq!(at.started(leader), before, "the leader was restarted");
}
