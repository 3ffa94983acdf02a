//! What goes wrong with single nodes, and the words for it.

use super::fixtures::fair;
use crate::cluster::judge::fixtures::stopped;
use crate::cluster::status::{Member, Seen};
use crate::decide::Lsn;

#[test]
fn patroni_was_killed_on_the_leader_and_on_a_replica() {
    let mut weather = fair();
    *weather.agent("pg-a") = stopped();
    *weather.agent("pg-c") = stopped();
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: Patroni does not run on pg-a (connection refused), which takes writes: when its lock runs out, another node is promoted beside it:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd

    warning: Patroni does not run on pg-c (connection refused), so it would not be promoted:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn a_replica_does_not_come_up() {
    let mut weather = fair();
    *weather.node("pg-c") = stopped();
    weather.patroni("pg-c", |says| says.postgres = "start failed".into());
    weather.postgres("pg-a", |says| {
        says.standbys.pop();
        says.slots.pop();
    });
    weather.proxy(|says| says.reads[2].up = false);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: PostgreSQL does not run on pg-c (connection refused; Patroni says: start failed); Patroni tries again by itself, and its log there says what fails. What brings pg-c home, whatever it holds:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-patroni-etcd -e node=pg-c
    ");
}

#[test]
fn a_replica_is_being_made() {
    let mut weather = fair();
    *weather.node("pg-c") = stopped();
    weather.patroni("pg-c", |says| says.postgres = "creating replica".into());
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: PostgreSQL on pg-c is not there yet (creating replica).
    ");
}

#[test]
fn a_replica_is_on_another_timeline() {
    let mut weather = fair();
    weather.postgres("pg-a", |says| {
        says.standbys.pop();
    });
    weather.postgres("pg-c", |says| {
        says.timeline = 2;
        says.streaming = false;
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pg-c does not stream from pg-a: it is on timeline 2, and pg-a on 1; what shows what only pg-c has, and brings it home:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-patroni-etcd -e node=pg-c
    ");
}

#[test]
fn a_replica_lags_too_far_to_be_promoted() {
    let mut weather = fair();
    weather.postgres("pg-a", |says| says.standbys[1].flush_lag_bytes = 5 << 20);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pg-c lacks 5.0 MB of the log, more than it may to be promoted (maximum_lag_on_failover 1.0 MB).
    ");
}

#[test]
fn a_node_belongs_to_another_cluster_and_a_stranger_to_this_one() {
    let mut weather = fair();
    weather.patroni("pg-c", |says| says.scope = "other".into());
    weather.agents(|says| {
        says.members[2] = Member {
            name: "pg-x".into(),
            role: "replica".into(),
            state: "streaming".into(),
            ..Member::default()
        };
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: Patroni on pg-c belongs to the cluster other, and main is declared:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd

    warning: Patroni's store lists a member pg-x (streaming) that the inventory does not know, and that may be promoted: stop Patroni there, or put it in the inventory.
    ");
}

#[test]
fn a_node_is_not_in_the_store() {
    let mut weather = fair();
    weather.agents(|says| {
        says.members.pop();
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: Patroni on pg-c runs, and its store does not list it as a member: its log there says why.
    ");
}

#[test]
fn the_slot_of_a_replica_is_lost() {
    let mut weather = fair();
    weather.postgres("pg-a", |says| {
        says.standbys.pop();
        says.slots[1].active = false;
        says.slots[1].wal_status = Some("lost".into());
    });
    weather.postgres("pg-c", |says| {
        says.streaming = false;
        says.receive_lsn = Some(Lsn(0x100_0000));
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pg-c does not stream from pg-a: it has no connection; if it stays so, its log says why:
        on pg-c: journalctl -u patroni -n 50

    warning: pg-a no longer keeps the log that pg-c needs (slot pg_c is lost): it must be built anew:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-patroni-etcd -e node=pg-c
    ");
}

#[test]
fn patroni_gives_no_answer() {
    let mut weather = fair();
    *weather.agent("pg-b") = Seen::Refused {
        why: "no TLS with pg-b:8008: unknown issuer".into(),
    };
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: Patroni on pg-b gives no answer (no TLS with pg-b:8008: unknown issuer).
    ");
}

#[test]
fn postgresql_listens_on_the_loopback_alone() {
    let mut weather = fair();
    weather.status.nodes[0].listens = Some(false);
    weather.status.nodes[2].listens = Some(false);
    weather.postgres("pg-a", |says| {
        says.standbys.pop();
    });
    weather.postgres("pg-c", |says| says.streaming = false);
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: PostgreSQL on pg-a does not listen on pg-a:5432, only on its own loopback, so neither clients nor standbys reach it: it was started while that address was not there, and must be restarted:
        on pg-a: patronictl restart main pg-a

    warning: PostgreSQL on pg-c does not listen on pg-c:5432, only on its own loopback, so clients can't read there: it was started while that address was not there, and must be restarted:
        on pg-c: patronictl restart main pg-c

    warning: pg-c does not stream from pg-a: it has no connection.
    ");
}

#[test]
fn a_replica_is_refused_by_the_primary_that_it_follows_by_its_address() {
    let mut weather = fair();
    weather.spec.nodes[0].address = "10.77.9.11".into();
    weather.postgres("pg-a", |says| {
        says.standbys.pop();
    });
    weather.postgres("pg-c", |says| {
        says.upstream = Some("10.77.9.11".into());
        says.streaming = false;
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pg-c does not stream from pg-a: it has no connection; if it stays so, its log says why:
        on pg-c: journalctl -u patroni -n 50
    ");
}
