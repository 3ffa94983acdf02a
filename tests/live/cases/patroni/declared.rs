//! What is declared anew while the cluster serves.

use super::{Patroni, writable};
use crate::cluster::{apply, ledger, plan, plan_says_nothing, sql, through_entry};
use crate::wait::wait_until;

/// Patroni's dynamic configuration: shown as a diff, changed by its REST API, without a restart.
pub fn configuration(at: &Patroni) {
    at.built();
    let leader = at.leader().unwrap();
    let before = at.started(leader);
    at.lab
        .group_vars("cluster", "maximum_lag_on_failover: 2097152\n");
    plan(at.lab, at.topology.playbook, &[])
        .with_code(5)
        .saying("maximum_lag_on_failover")
        .saying("2097152");
    at.apply(&[]).with_code(0);
    let (_, configured) = at.rest(leader, &[], "config");
    assert!(
        configured.contains("\"maximum_lag_on_failover\": 2097152"),
        "{configured}"
    );
    plan_says_nothing(at.lab, at.topology.playbook);
    assert_eq!(at.started(leader), before, "PostgreSQL was restarted");
}

/// Another authority, under load.
pub fn authority(at: &Patroni) {
    at.built();
    let trusted = |node: &str| at.lab.ask(node, "cat /etc/pg-cluster/tls/ca.crt");
    let old = trusted(at.topology.nodes[0]);
    let load = ledger::begin(at.lab);
    apply(at.lab, "change-ca.yml", &[]).with_code(0);
    load.end_with_every_row(at.lab);
    // A HAProxy that reloads takes every server for healthy until its first check, and may give a
    // session to a replica, which ends it: that one is told, and none was acknowledged and lost.
    println!(
        "live: {} commits were not acknowledged",
        ledger::failed(at.lab)
    );
    for node in at.topology.nodes {
        let new = trusted(node);
        assert_eq!(new.matches("BEGIN CERTIFICATE").count(), 1, "{new}");
        assert_ne!(new, old, "{node} trusts the old authority");
    }
    wait_until("every replica to stream by the new authority", 60, || {
        let leader = at.wait_until_whole();
        sql(
            at.lab,
            leader,
            "select bool_and(ssl) from pg_stat_ssl join pg_stat_replication using (pid)",
        ) == "t"
    });
    plan_says_nothing(at.lab, at.topology.playbook);
}

/// Waits until the nodes that want a restart are so many.
#[track_caller]
fn wait_until_pending(at: &Patroni, nodes: usize) {
    let wants = |node: &&&str| {
        at.rest(node, &[], "patroni")
            .1
            .contains("\"pending_restart\": true")
    };
    wait_until("the restarts that are pending", 60, || {
        at.topology.nodes.iter().filter(wants).count() == nodes
    });
}

/// A setting that needs a restart: pending until the rolling restart, which stops where its gate does
/// not hold, and else takes the replicas first and the old leader last, under load.
pub fn restart(at: &Patroni) {
    const ROLLING: &str = "rolling-restart.yml";
    at.built();
    let leader = at.leader().unwrap();
    let before = at.started(leader);
    let now: u32 = sql(at.lab, leader, "show max_connections").parse().unwrap();
    let wanted = now + 20;
    at.lab.group_vars(
        "cluster",
        &format!(
            "maximum_lag_on_failover: 2097152\npg_settings: {{max_connections: {wanted}, shared_buffers: 128MB, \
             wal_keep_size: 256MB, max_slot_wal_keep_size: 4GB, timezone: Etc/UTC, log_timezone: Etc/UTC}}\n"
        ),
    );
    at.apply(&[]).with_code(0);
    wait_until_pending(at, at.topology.nodes.len());
    assert_eq!(
        at.started(leader),
        before,
        "PostgreSQL was restarted unasked"
    );

    let silent = at.topology.nodes.iter().rfind(|node| **node != leader);
    let silent = silent.unwrap();
    at.lab.ask(silent, "sudo systemctl stop patroni");
    apply(at.lab, ROLLING, &["-e", "health_timeout=10"]).with_code(2);
    assert_eq!(at.leader(), Some(leader));
    assert_eq!(
        at.started(leader),
        before,
        "the leader was restarted past the gate"
    );
    through_entry(at.lab, 20, "create table if not exists past_the_gate ()").with_code(0);
    at.lab.ask(silent, "sudo systemctl start patroni");
    at.wait_until_whole();

    writable::watch(at);
    let load = ledger::begin(at.lab);
    apply(at.lab, ROLLING, &[]).with_code(0);
    load.end_with_every_row(at.lab);
    wait_until_pending(at, 0);
    assert_eq!(at.wait_until_whole(), leader, "the lead was not given back");
    let led = writable::leaders(at);
    assert!(
        led.len() > 1,
        "the leader was restarted without handing over"
    );
    for node in at.topology.nodes {
        let set = sql(at.lab, node, "show max_connections");
        assert_eq!(set, wanted.to_string(), "on {node}");
        // Who led in between was restarted once more when it gave the lead back.
        assert!(
            led.contains(node) || at.started(node) < at.started(leader),
            "{node} was restarted after the old leader"
        );
    }
    let pause = writable::never_two(at);
    assert!(pause < 20.0, "nobody was writable for {pause:.1} s");
    plan_says_nothing(at.lab, at.topology.playbook);
}
