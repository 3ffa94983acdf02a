//! What breaks, and what must hold then.

use super::build::built;
use super::cluster::{NODES, pool_uses, record, wait_until_given_up, wait_until_whole};
use crate::cluster::{is_primary, ledger, poweroff, poweron, sql, through_entry, try_sql};
use crate::lab::Lab;
use crate::wait::wait_until;

/// Writes a row through pgpool, in at most so many seconds.
#[track_caller]
fn write(lab: &Lab, seconds: u32) -> Option<i32> {
    through_entry(lab, seconds, "insert into written default values").code
}

#[track_caller]
fn ready(lab: &Lab) {
    built(lab);
    through_entry(
        lab,
        30,
        "create table if not exists written (at timestamptz default now())",
    )
    .with_code(0);
}

pub fn synchronous_down(lab: &Lab) {
    ready(lab);
    poweroff(lab, &["pg-b"]);
    wait_until_given_up(lab, "pg-b");
    let waits = lab.start_ssh(
        "client",
        "timeout 15 psql -XAtq service=app -c 'insert into written default values'",
    );
    wait_until("a commit that waits", 15, || {
        let waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
        sql(lab, "pg-a", waiting) == "1"
    });
    lab.trueup(&["status"])
        .with_code(0)
        .saying("writes wait: every commit on pg-a waits");
    waits.end(60).with_code(124);
    poweron(lab, &["pg-b"]);
    wait_until_whole(lab, "pg-a", "pg-b");
    assert_eq!(write(lab, 30), Some(0));
}

pub fn asynchronous_down(lab: &Lab) {
    ready(lab);
    let load = ledger::begin(lab);
    poweroff(lab, &["pg-c"]);
    // At the primary itself, before pgpool noticed: a commit never waits for C.
    try_sql(
        lab,
        "pg-a",
        "set statement_timeout = '3s'; create table at_once ()",
    )
    .with_code(0);
    wait_until_given_up(lab, "pg-c");
    load.end_with_every_row(lab);
    assert_eq!(record(lab), ("pg-a".into(), "pg-b".into()));
    poweron(lab, &["pg-c"]);
    wait_until_whole(lab, "pg-a", "pg-b");
    sql(lab, "pg-a", "drop table at_once");
}

pub fn checker(lab: &Lab) {
    ready(lab);
    let load = ledger::begin(lab);
    load.stop(lab);
    assert_eq!(ledger::check(lab).0, 0);
    through_entry(
        lab,
        30,
        "delete from ledger where (worker, row) = (1, 1); insert into ledger values (9, 9)",
    )
    .with_code(0);
    let (lost, foreign, _) = ledger::check(lab);
    assert_eq!(
        (lost, foreign),
        (1, 1),
        "the check does not see what is lost"
    );
}

pub fn both_down(lab: &Lab) {
    ready(lab);
    poweroff(lab, &["pg-b"]);
    wait_until_given_up(lab, "pg-b");
    poweroff(lab, &["pg-a"]);
    wait_until("the refusal", 90, || {
        lab.ssh("pgpool", "sudo journalctl -b -t pg-failover --no-pager")
            .stdout
            .contains("REFUSED: nobody is promoted: pg-b is the only node that has every acknowledged commit")
    });
    assert!(!is_primary(lab, "pg-c"), "C was promoted");
    assert_eq!(record(lab), ("pg-a".into(), "pg-b".into()));
    poweron(lab, &["pg-a"]);
    wait_until("the guard's word", 60, || {
        lab.ssh("pg-a", "sudo journalctl -b -u pg-guard --no-pager")
            .stdout
            .contains("pg-a waits: pg-b, its synchronous standby, has to say first")
    });
    assert_ne!(
        try_sql(lab, "pg-a", "select 1").code,
        Some(0),
        "A started unasked"
    );
    poweron(lab, &["pg-b"]);
    wait_until_whole(lab, "pg-a", "pg-b");
    assert_eq!(write(lab, 30), Some(0));
}

pub fn all_down(lab: &Lab) {
    ready(lab);
    let load = ledger::begin(lab);
    let all = ["pgpool", "pg-a", "pg-b", "pg-c"];
    poweroff(lab, &all);
    poweron(lab, &all);
    wait_until_whole(lab, "pg-a", "pg-b");
    load.end_with_every_row(lab);
    lab.lab(&["poweroff"]);
    lab.up();
    wait_until_whole(lab, "pg-a", "pg-b");
    wait_until("a write", 60, || write(lab, 20) == Some(0));
}

pub fn primary_down(lab: &Lab) {
    ready(lab);
    poweroff(lab, &["pg-b"]);
    wait_until_given_up(lab, "pg-b");
    poweron(lab, &["pg-b"]);
    wait_until_whole(lab, "pg-a", "pg-b");
    let load = ledger::begin(lab);
    poweroff(lab, &["pg-a"]);
    wait_until("B's promotion", 120, || {
        assert!(!is_primary(lab, "pg-c"), "C was promoted while B lives");
        is_primary(lab, "pg-b")
    });
    load.end_with_every_row(lab);
    // Policy degrade: C becomes synchronous once it streams from B.
    wait_until("C behind B", 120, || {
        record(lab) == ("pg-b".into(), "pg-c".into()) && pool_uses(lab, &["pg-b", "pg-c"])
    });
    lab.trueup(&["status"])
        .with_code(0)
        .saying("the layout has moved: pg-b is the primary");
}

pub fn ahead(lab: &Lab) {
    // A becomes a standby again, as a restore will do it; after that B is the primary, C is
    // synchronous, and A is the one that gets ahead.
    assert!(
        is_primary(lab, "pg-b"),
        "this case goes on where A's loss left the cluster"
    );
    lab.ask(
        "pg-a",
        "data=$(echo /var/lib/postgresql/*/main); sudo -u postgres touch $data/standby.signal && \
         sudo -u postgres SSH_ORIGINAL_COMMAND='rebuild pg-b' /usr/local/sbin/pg-node",
    );
    wait_until("all three", 120, || {
        record(lab) == ("pg-b".into(), "pg-c".into()) && pool_uses(lab, &NODES)
    });
    through_entry(lab, 30, "create table if not exists ahead (row int)").with_code(0);
    let address = "sudo ip route add blackhole 10.77.10.13/32";
    lab.ask("pg-b", address);
    // C does not get this row, A does, and so nobody hears that it was kept.
    through_entry(lab, 8, "insert into ahead values (1)").with_code(124);
    wait_until("the row's WAL on A", 20, || {
        sql(lab, "pg-a", "select pg_last_wal_receive_lsn()")
            > sql(lab, "pg-c", "select pg_last_wal_receive_lsn()")
    });
    poweroff(lab, &["pg-b"]);
    wait_until("C's promotion", 120, || {
        assert!(
            !is_primary(lab, "pg-a"),
            "A was promoted, and C was synchronous"
        );
        is_primary(lab, "pg-c")
    });
    wait_until("A's new life behind C", 180, || {
        record(lab) == ("pg-c".into(), "pg-a".into()) && pool_uses(lab, &["pg-a", "pg-c"])
    });
    assert!(
        lab.ssh("pg-a", "ls -d /var/lib/postgresql/*/main.before-rebuild-*")
            .stdout
            .lines()
            .count()
            >= 2,
        "the data that was ahead is kept beside the new one"
    );
    let rows = lab.ask(
        "pg-a",
        "sudo -u postgres psql -XAtq -d app -c 'select count(*) from ahead'",
    );
    assert_eq!(rows, "0", "A serves a row that its primary lacks");
    assert_eq!(write(lab, 30), Some(0));
}
