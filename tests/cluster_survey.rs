//! The survey against real servers: a primary, a synchronous and a delayed asynchronous standby.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod postgres;

use postgres::Server;
use postgres::here::{Here, login};
use trueup::cluster::spec::{ClusterSpec, EntrySpec, NodeSpec, PgpoolSpec, Policy, Role, Topology};
use trueup::cluster::status::{ClusterStatus, Postgres, Seen};
use trueup::cluster::{judge, render, survey};

const ROLES: [(&str, Role); 3] = [
    ("pg-a", Role::Primary),
    ("pg-b", Role::Synchronous),
    ("pg-c", Role::Asynchronous),
];

fn spec(ports: [u16; 3]) -> ClusterSpec {
    let nodes = ROLES
        .into_iter()
        .zip(ports)
        .map(|((name, role), port)| NodeSpec {
            name: name.into(),
            role,
            address: "127.0.0.1".into(),
            port,
        });
    let login = login("monitor", "watch it");
    ClusterSpec {
        nodes: nodes.collect(),
        login: login.clone(),
        tls: None,
        entry: EntrySpec {
            writes: vec![],
            reads: vec![],
            login: login.clone(),
        },
        topology: Topology::Pgpool(PgpoolSpec {
            pools: vec![],
            login,
            policy: Policy::Degrade,
        }),
        arguments: "-i lab".into(),
    }
}

fn answer<'a>(status: &'a ClusterStatus, name: &str) -> &'a Postgres {
    let node = status.node(name).unwrap();
    node.seen
        .answer()
        .unwrap_or_else(|| panic!("{name}: {:?}", node.seen))
}

fn words(spec: &ClusterSpec, status: &ClusterStatus) -> String {
    let verdict = judge(spec, status);
    render(status, &verdict)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_seen_as_it_is_in_good_and_bad_weather() {
    let mut a = Server::primary();
    a.sql("CREATE ROLE monitor LOGIN PASSWORD 'watch it'");
    a.sql("GRANT pg_monitor TO monitor");
    let mut b = Server::standby(&a, "pg-b", "pg_b", "");
    let c = Server::standby(&a, "pg-c", "pg_c", "recovery_min_apply_delay = '1h'");
    let spec = spec([a.port, b.port, c.port]);
    a.sql("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (\"pg-b\")'");
    a.sql("SELECT pg_reload_conf()");
    let streaming = "SELECT string_agg(application_name || ' ' || sync_state, ', ' ORDER BY application_name) FROM pg_stat_replication WHERE state = 'streaming'";
    a.until(streaming, "pg-b sync, pg-c async");
    a.sql("CREATE TABLE t AS SELECT generate_series(1, 1000)");
    // The delay begins at a commit, so what comes after the first is what lags.
    a.sql("INSERT INTO t SELECT generate_series(1, 1000)");
    let all = "SELECT bool_and(flush_lsn = pg_current_wal_lsn()) FROM pg_stat_replication";
    a.until(all, "t");

    let status = survey(&spec, &Here).await;
    let (says_a, says_b, says_c) = (
        answer(&status, "pg-a"),
        answer(&status, "pg-b"),
        answer(&status, "pg-c"),
    );
    assert!(!says_a.in_recovery && says_b.in_recovery && says_c.in_recovery);
    assert_eq!(
        [says_a.timeline, says_b.timeline, says_c.timeline],
        [1, 1, 1]
    );
    assert_eq!(says_a.system_identifier, says_c.system_identifier);
    assert!(says_b.streaming && says_b.read_only && !says_a.read_only);
    assert_eq!(says_b.receive_lsn, says_a.flush_lsn);
    assert!(
        says_c.replay_lsn < says_c.receive_lsn,
        "pg-c must be behind"
    );
    assert_eq!(says_c.apply_delay_ms, 3_600_000);
    let lag = |name: &str| {
        let standby = says_a
            .standbys
            .iter()
            .find(|standby| standby.application_name == name);
        standby.unwrap().replay_lag_bytes
    };
    assert!(lag("pg-c") > 10_000, "{}", lag("pg-c"));
    assert!(says_a.slots.iter().all(|slot| slot.active));
    assert!(
        judge(&spec, &status).as_declared,
        "{}",
        words(&spec, &status)
    );
    let json = serde_json::to_string(&status).unwrap();
    assert_eq!(
        serde_json::from_str::<ClusterStatus>(&json).unwrap(),
        status
    );

    // B is gone: a commit waits, and the status says so.
    b.stop();
    let port = a.port.to_string();
    let socket = a.socket();
    let mut waiting = std::process::Command::new("psql")
        .args([
            "-XAtq",
            "-h",
            &socket,
            "-p",
            &port,
            "-U",
            "postgres",
            "-c",
            "INSERT INTO t VALUES (0)",
            "postgres",
        ])
        .spawn()
        .unwrap();
    a.until(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
        "1",
    );
    let status = survey(&spec, &Here).await;
    assert!(matches!(
        status.node("pg-b").unwrap().seen,
        Seen::Down { .. }
    ));
    let told = words(&spec, &status);
    assert!(
        told.contains("waits (1 does now) until pg-b has it"),
        "{told}"
    );
    assert!(
        told.contains("restore-replica.yml -i lab -e node=pg-b"),
        "{told}"
    );

    // B is back, A is lost, B is promoted: the layout has moved.
    b.start();
    assert!(waiting.wait().unwrap().success());
    a.stop();
    b.promote();
    let status = survey(&spec, &Here).await;
    assert_eq!(answer(&status, "pg-b").timeline, 2);
    assert!(!answer(&status, "pg-b").in_recovery);
    let told = words(&spec, &status);
    assert!(
        told.contains("the layout has moved: pg-b is the primary, and pg-a is declared"),
        "{told}"
    );
    assert!(told.contains("pg-c does not stream from pg-b"), "{told}");

    // A comes back as a second primary.
    a.start();
    let status = survey(&spec, &Here).await;
    assert!(
        words(&spec, &status).contains("SPLIT BRAIN"),
        "{}",
        words(&spec, &status)
    );
}

#[tokio::test]
async fn a_wrong_password_is_told_as_the_server_says_it() {
    let a = Server::primary();
    a.sql("CREATE ROLE monitor LOGIN PASSWORD 'another'");
    let mut spec = spec([a.port, a.port, a.port]);
    spec.nodes.truncate(1);
    let status = survey(&spec, &Here).await;
    let Seen::Refused { why } = &status.nodes[0].seen else {
        panic!("{:?}", status.nodes[0].seen)
    };
    assert!(why.contains("password authentication failed"), "{why}");
}
