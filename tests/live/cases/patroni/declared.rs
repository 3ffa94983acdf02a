//! What is declared anew while the cluster serves.

use super::Patroni;
use crate::cluster::{apply, ledger, plan, plan_says_nothing, sql};
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
