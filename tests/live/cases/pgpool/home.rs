//! The way home: a failed node becomes a standby, then the primary, and the layout is as declared.

use super::build::built;
use super::cluster::{NODES, pool_uses, record, wait_until_given_up, wait_until_whole};
use crate::cluster::{
    apply, is_primary, ledger, plan, playbook, poweroff, poweron, second_run_of, sql,
    through_entry, try_sql,
};
use crate::command::{Ended, start};
use crate::lab::Lab;
use crate::wait::wait_until;
use regex::Regex;

const REPLICA: &str = "restore-replica.yml";
const PRIMARY: &str = "restore-primary.yml";
const DATA: &str = "/var/lib/postgresql/*/main";

/// The cluster is as the inventory declares it, and `status` says so.
#[track_caller]
pub(super) fn as_declared(lab: &Lab) {
    wait_until_whole(lab, "pg-a", "pg-b");
    lab.trueup(&["status", "--detailed-exitcode"])
        .with_code(0)
        .saying("The cluster is as declared");
    let slots = "select string_agg(slot_name, ' ' order by slot_name) from pg_replication_slots";
    assert_eq!(sql(lab, "pg-a", slots), "pg_b pg_c");
    assert_eq!(sql(lab, "pg-b", slots), "");
}

/// A run that brings a node home while clients write; no row of theirs may be lost.
#[track_caller]
fn under_load(lab: &Lab, name: &str, words: &[&str]) -> Ended {
    let load = ledger::begin(lab);
    let ended = apply(lab, name, words).with_code(0);
    load.end_with_every_row(lab);
    ended
}

/// How many folders were moved aside on a node by a restore.
fn kept(lab: &Lab, node: &str) -> usize {
    lab.ssh(node, &format!("ls -d {DATA}.before-restore-*"))
        .stdout
        .lines()
        .count()
}

pub fn off(lab: &Lab) {
    assert!(
        is_primary(lab, "pg-c"),
        "this case goes on where the loss of B left the cluster"
    );
    let words = ["-e", "node=pg-b"];
    for name in [REPLICA, PRIMARY] {
        apply(lab, name, &words)
            .with_code(2)
            .saying("pg-b cannot be reached. Nothing was touched.")
            .saying(&format!(
                "trueup apply playbooks/{name} -i {} -e node=pg-b",
                lab.inventory.display()
            ));
    }
    assert!(is_primary(lab, "pg-c"));
    assert_eq!(record(lab), ("pg-c".into(), "pg-a".into()));
}

pub fn replica(lab: &Lab) {
    poweron(lab, &["pg-b"]);
    wait_until("the guard's word", 60, || {
        lab.ssh("pg-b", "sudo journalctl -b -u pg-guard --no-pager")
            .stdout
            .contains("pg-b does not start: pg-c is a primary")
    });
    let words = ["-e", "node=pg-b"];
    plan(lab, REPLICA, &words)
        .with_code(5)
        .saying("way: pg_rewind")
        .saying("committed: app.public.ahead")
        .saying("they were never acknowledged: its commits waited for pg-c")
        .saying("main.before-restore-");
    assert_eq!(kept(lab, "pg-b"), 0);
    under_load(lab, REPLICA, &words).saying("Kept on pg-b");
    assert!(pool_uses(lab, &NODES));
    assert_eq!(kept(lab, "pg-b"), 1);
    second_run_of(lab, REPLICA, &words);
}

pub fn primary(lab: &Lab) {
    plan(lab, PRIMARY, &[])
        .with_code(5)
        .saying("then pg-c hands over to pg-a")
        .saying("expected gap in writes: under 5 s");
    under_load(lab, PRIMARY, &[]);
    as_declared(lab);
    second_run_of(lab, PRIMARY, &[]);
}

pub fn by_hand(lab: &Lab) {
    const BY_HAND: &str = "failover.yml";
    built(lab);
    let write = "create table if not exists by_hand (row int); insert into by_hand values (1)";
    through_entry(lab, 30, write).with_code(0);
    poweroff(lab, &["pg-b"]);
    wait_until_given_up(lab, "pg-b");
    poweroff(lab, &["pg-a"]);
    wait_until("the refusal", 90, || {
        lab.ssh("pgpool", "sudo journalctl -b -t pg-failover --no-pager")
            .stdout
            .contains("REFUSED: nobody is promoted")
    });
    // C may lack what B was waited for, and nothing says how much.
    apply(lab, BY_HAND, &[]).with_code(2).saying("pg-b");
    assert!(!is_primary(lab, "pg-c"), "C was promoted");
    poweron(lab, &["pg-b"]);
    wait_until("B's answer", 60, || {
        try_sql(lab, "pg-b", "select 1").code == Some(0)
    });
    plan(lab, BY_HAND, &[]).with_code(5).saying("pg-b");
    assert!(!is_primary(lab, "pg-b"), "a plan promoted B");
    // The old primary is off: it says what is missing, and that it was done all the same.
    apply(lab, BY_HAND, &[])
        .with_code(2)
        .saying("Done, but the cluster is not whole yet: pg-a does not stream from pg-b");
    assert!(is_primary(lab, "pg-b"));
    assert_eq!(
        lab.ask(
            "pg-b",
            "sudo -u postgres psql -XAtq -d app -c 'select count(*) from by_hand'"
        ),
        "1",
        "an acknowledged row is gone"
    );
    poweron(lab, &["pg-a"]);
    apply(lab, PRIMARY, &["-e", "node=pg-a"]).with_code(0);
    as_declared(lab);
    through_entry(lab, 30, "drop table by_hand").with_code(0);
}

pub fn controller_killed(lab: &Lab) {
    let load = ledger::begin(lab);
    let switchover = playbook("switchover.yml");
    let running = start(lab.command(&["apply", &switchover, "-e", "to=pg-b"]));
    wait_until("the hand-over", 60, || {
        lab.ssh("pgpool", "sudo test -e /var/lib/pg-cluster/switchover")
            .code
            == Some(0)
    });
    running.signal("KILL");
    assert_eq!(running.end(60).code, None);
    wait_until("the end that nobody waits for", 120, || {
        record(lab) == ("pg-b".into(), "pg-a".into())
    });
    load.end_with_every_row(lab);
    // Rewound or not, it goes on from where it was killed.
    apply(lab, PRIMARY, &["-e", "node=pg-a"]).with_code(0);
    as_declared(lab);
}

/// A table of about 1 GB, which goes to every node.
fn grow(lab: &Lab) {
    sql(lab, "pg-a", "create table bulk (number int, words text)");
    for _ in 0..11 {
        let rows =
            "insert into bulk select g, repeat(md5(g::text), 30) from generate_series(1, 100000) g";
        sql(lab, "pg-a", rows);
    }
    let size: u64 = sql(lab, "pg-a", "select pg_total_relation_size('bulk')")
        .parse()
        .unwrap();
    assert!(size >= 1 << 30, "{size} bytes");
}

pub fn foreign_data(lab: &Lab) {
    grow(lab);
    let load = ledger::begin(lab);
    // The server writes on meanwhile: a file it makes anew keeps a folder from being removed.
    lab.ask(
        "pg-a",
        &format!("sudo timeout 20 sh -c 'until rm -rf {DATA}; do :; done'"),
    );
    wait_until("B's promotion", 120, || {
        assert!(!is_primary(lab, "pg-c"), "C was promoted while B lives");
        is_primary(lab, "pg-b")
    });
    wait_until("the end of the server without data", 60, || {
        lab.ssh("pg-a", "pgrep -u postgres -f -- '-D /var/lib'")
            .code
            != Some(0)
    });
    lab.ask(
        "pg-a",
        "cd /var/lib/postgresql/*/ && sudo -u postgres $(echo /usr/lib/postgresql/*/bin)/initdb -A scram-sha-256 --pwfile=/etc/hostname -D $PWD/main",
    );
    let before = kept(lab, "pg-a");
    let playbook = playbook(PRIMARY);
    let words = ["apply", &playbook, "-e", "node=pg-a"];
    let ended = lab
        .at_terminal(&words)
        .with_code(0)
        .saying("is another cluster")
        .saying("it is moved aside and not used");
    let progress = Regex::new(r"[0-9.]+ of 1\.[0-9] GB, [0-9]+ %, [0-9.msh]+ left").unwrap();
    assert!(progress.is_match(&ended.stdout), "{}", ended.stdout);
    assert_eq!(kept(lab, "pg-a"), before + 1);
    load.end_with_every_row(lab);
    as_declared(lab);
    sql(lab, "pg-a", "drop table bulk");
}

pub fn false_primary(lab: &Lab) {
    let load = ledger::begin(lab);
    poweroff(lab, &["pg-a"]);
    wait_until("B's promotion", 120, || is_primary(lab, "pg-b"));
    poweron(lab, &["pg-a"]);
    // Nobody but a person does this: the guard refuses, and the keeper would stop it.
    lab.ask("pgpool", "sudo systemctl stop pg-keeper");
    lab.ask(
        "pg-a",
        "sudo systemctl start postgresql@$(ls /etc/postgresql)-main",
    );
    assert!(is_primary(lab, "pg-a") && is_primary(lab, "pg-b"));
    apply(
        lab,
        PRIMARY,
        &["-e", "node=pg-a", "-e", "keep_diverged_data=false"],
    )
    .with_code(0);
    load.end_with_every_row(lab);
    as_declared(lab);
}
