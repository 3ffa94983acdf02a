//! The states that a cluster gets into, and the words for them.

use crate::cluster::judge::fixtures::{
    BOTH, NAMES, cluster, gone, pool, primary, spec, standby, stopped, words,
};
use crate::cluster::judge::judge;
use crate::cluster::render::render;
use crate::cluster::spec::Policy;
use crate::cluster::status::Seen;
use crate::decide::Lsn;

#[test]
fn all_is_as_declared() {
    let status = cluster(
        [
            primary(1, NAMES, BOTH),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        pool(0, &[]),
    );
    let verdict = judge(&spec(Policy::Degrade), &status);
    assert!(verdict.as_declared);
    insta::assert_snapshot!(render(&status, &verdict), @r#"
    NODE  DECLARED              IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PGPOOL
    pg-a  primary               primary  1         0/3000148  -    -       -      -                up primary
    pg-b  synchronous standby   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  up standby
    pg-c  asynchronous standby  standby  1         0/3000148  0 B  0.0 s   async  active reserved  up standby

    pgpool on pgpool: up, 3 of 3 nodes attached
    commits on pg-a wait for: FIRST 1 ("pg-b")

    The cluster is as declared: pg-a is the primary, pg-b is synchronous, pg-c follows.
    "#);
}

#[test]
fn b_is_down_and_writes_wait() {
    let mut status = cluster(
        [
            primary(1, NAMES, &[("pg-c", "async")]),
            gone(),
            standby(1, "pg-a"),
        ],
        pool(0, &[1]),
    );
    if let Seen::Up { answer } = &mut status.nodes[0].seen {
        answer.waiting_commits = 4;
    }
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has a fault: pg-a is the primary.

    fault: writes wait: every commit on pg-a waits (4 do now) until pg-b has it, and it does not stream; reads go on, and no acknowledged row can be lost; bring pg-b back and writes go on.

    warning: pg-b can't be reached (no answer within 3 s); when it is back, it follows by itself.
    ");
}

#[test]
fn b_is_stopped_and_writes_wait() {
    let status = cluster(
        [
            primary(1, NAMES, &[("pg-c", "async")]),
            stopped(),
            standby(1, "pg-a"),
        ],
        pool(0, &[1]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has a fault: pg-a is the primary.

    fault: writes wait: every commit on pg-a waits until pg-b has it, and it does not stream; reads go on, and no acknowledged row can be lost:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-b

    warning: PostgreSQL does not run on pg-b (connection refused):
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-b
    ");
}

#[test]
fn c_is_down_and_nothing_waits() {
    let status = cluster(
        [
            primary(1, NAMES, &[("pg-b", "sync")]),
            standby(1, "pg-a"),
            gone(),
        ],
        pool(0, &[2]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pg-c can't be reached (no answer within 3 s); nothing waits for it; when it is back, it follows by itself.
    ");
}

#[test]
fn a_was_powered_off_and_b_is_promoted() {
    let status = cluster(
        [
            gone(),
            primary(2, "", &[("pg-c", "async")]),
            standby(2, "pg-b"),
        ],
        pool(1, &[0]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b is the primary, and pg-a is declared; pg-a can't be reached (no answer within 3 s); once it can, to make it a standby again, and then the primary:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a

    warning: no standby is synchronous: commits on pg-b wait for nobody, and if it is lost now, nobody is promoted by itself (policy `degrade` after a failover: writes go on; the next standby that streams becomes synchronous).
    ");
}

#[test]
fn after_the_failover_c_has_become_synchronous() {
    let status = cluster(
        [
            gone(),
            primary(2, r#"FIRST 1 ("pg-c")"#, &[("pg-c", "sync")]),
            standby(2, "pg-b"),
        ],
        pool(1, &[0]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b is the primary, and pg-a is declared; pg-a can't be reached (no answer within 3 s); once it can, to make it a standby again, and then the primary:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a

    note: after the failover pg-c has become synchronous: commits on pg-b wait for it.
    ");
}

#[test]
fn strict_after_a_failover_waits_for_c() {
    let status = cluster(
        [gone(), primary(2, r#"FIRST 1 ("pg-c")"#, &[]), stopped()],
        pool(1, &[0, 2]),
    );
    insta::assert_snapshot!(words(Policy::Strict, &status), @"
    The cluster has a fault: pg-b is the primary.

    fault: writes wait: every commit on pg-b waits until pg-c has it, and it does not stream; policy `strict`: they go on when a synchronous standby streams:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-c

    warning: the layout has moved: pg-b is the primary, and pg-a is declared; pg-a can't be reached (no answer within 3 s); once it can, to make it a standby again, and then the primary:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a

    warning: PostgreSQL does not run on pg-c (connection refused):
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-c
    ");
}

#[test]
fn a_is_powered_on_again_and_kept_from_being_a_second_primary() {
    let status = cluster(
        [
            stopped(),
            primary(2, "", &[("pg-c", "async")]),
            standby(2, "pg-b"),
        ],
        pool(1, &[0]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b is the primary, and pg-a is declared; on pg-a PostgreSQL is kept from coming back as a second primary, or has no data (connection refused); to make it a standby again, and then the primary:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a

    warning: no standby is synchronous: commits on pg-b wait for nobody, and if it is lost now, nobody is promoted by itself (policy `degrade` after a failover: writes go on; the next standby that streams becomes synchronous).
    ");
}

#[test]
fn a_follows_b_and_can_be_the_primary_again() {
    let status = cluster(
        [
            standby(2, "pg-b"),
            primary(
                2,
                r#"FIRST 1 ("pg-a")"#,
                &[("pg-a", "sync"), ("pg-c", "async")],
            ),
            standby(2, "pg-b"),
        ],
        pool(1, &[]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b is the primary, and pg-a is declared; pg-a follows as a standby; to make it the primary again:
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a

    note: after the failover pg-a has become synchronous: commits on pg-b wait for it.
    ");
}

#[test]
fn two_primaries() {
    let status = cluster(
        [
            primary(1, NAMES, &[]),
            primary(2, "", &[("pg-c", "async")]),
            standby(2, "pg-b"),
        ],
        pool(1, &[0]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has 2 primaries.

    fault: SPLIT BRAIN: pg-a and pg-b are primaries at once (pg-a on timeline 1, pg-b on timeline 2); clients of pgpool write to pg-b: stop PostgreSQL on the other, look at what it holds alone, then bring it back as a standby:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a
    ");
}

#[test]
fn a_is_gone_and_nobody_was_synchronous() {
    let status = cluster(
        [gone(), standby(1, "pg-a"), standby(1, "pg-a")],
        pool(9, &[0]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b and pg-c only follow; pgpool promotes only the standby that is known to hold every acknowledged commit: if none comes up within a minute, bring the silent hosts back.
    ");
}

#[test]
fn all_follow_and_nobody_leads() {
    let status = cluster(
        [standby(1, "pg-b"), standby(1, "pg-a"), standby(1, "pg-a")],
        pool(9, &[]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written; pg-a, pg-b and pg-c only follow; nobody is promoted by itself, since no one is known to hold every acknowledged commit:
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a
    ");
}

#[test]
fn the_hosts_are_there_and_nothing_is_built() {
    let status = cluster([stopped(), stopped(), stopped()], stopped());
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: PostgreSQL does not run on pg-a (connection refused); PostgreSQL does not run on pg-b (connection refused); PostgreSQL does not run on pg-c (connection refused); the cluster is not built yet, or all of it is stopped:
        trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool

    fault: pgpool does not run on pgpool (connection refused): clients have no way to the cluster through it.
    ");
}

#[test]
fn all_five_are_off() {
    let status = cluster([gone(), gone(), gone()], gone());
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has no primary that answers.

    fault: no host of the cluster can be reached, so nothing is known of it.
    ");
}

#[test]
fn c_was_ahead_of_b_at_the_failover() {
    let mut status = cluster(
        [gone(), primary(2, "", &[]), standby(1, "pg-a")],
        pool(1, &[0, 2]),
    );
    if let Seen::Up { answer } = &mut status.nodes[2].seen {
        answer.receive_lsn = Some(Lsn(0x400_0000));
        answer.streaming = false;
    }
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b is the primary, and pg-a is declared; pg-a can't be reached (no answer within 3 s); once it can, to make it a standby again, and then the primary:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-a
        trueup apply playbooks/restore-primary.yml -i inventories/lab-pgpool -e node=pg-a

    warning: pg-c does not stream from pg-b: it is ahead: it holds the log up to 0/4000000, and pg-b only up to 0/3000148:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-c

    warning: no standby is synchronous: commits on pg-b wait for nobody, and if it is lost now, nobody is promoted by itself (policy `degrade` after a failover: writes go on; the next standby that streams becomes synchronous).
    ");
}

#[test]
fn the_slot_of_c_is_lost() {
    let mut status = cluster(
        [
            primary(1, NAMES, BOTH),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        pool(0, &[]),
    );
    if let Seen::Up { answer } = &mut status.nodes[0].seen {
        answer.standbys.pop();
        answer.slots[1].active = false;
        answer.slots[1].wal_status = Some("lost".into());
    }
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: pg-c does not stream from pg-a: it has no connection:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-c

    warning: pg-a no longer keeps the log that pg-c needs (slot pg_c is lost): it must be built anew:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-c
    ");
}

#[test]
fn the_names_are_empty_in_the_declared_layout() {
    let status = cluster(
        [
            primary(1, "", &[("pg-b", "async"), ("pg-c", "async")]),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        pool(0, &[]),
    );
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: no standby is synchronous: commits on pg-a wait for nobody, and if it is lost now, nobody is promoted by itself; pg-b is declared synchronous:
        trueup apply playbooks/pgpool.yml -i inventories/lab-pgpool
    ");
}

#[test]
fn b_holds_another_cluster() {
    let mut status = cluster(
        [
            primary(1, NAMES, &[("pg-c", "async")]),
            standby(1, "pg-a"),
            standby(1, "pg-a"),
        ],
        pool(0, &[1]),
    );
    if let Seen::Up { answer } = &mut status.nodes[1].seen {
        answer.system_identifier = "9999".into();
        answer.streaming = false;
    }
    insta::assert_snapshot!(words(Policy::Degrade, &status), @"
    The cluster has a fault: pg-a is the primary.

    fault: the nodes hold different clusters (system identifiers: pg-a holds 7301, pg-b holds 9999, pg-c holds 7301); keep the right one, and build each other node anew:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=NODE

    fault: writes wait: every commit on pg-a waits until pg-b has it, and it does not stream; reads go on, and no acknowledged row can be lost:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-b

    warning: pg-b does not stream from pg-a: it has no connection:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-pgpool -e node=pg-b
    ");
}
