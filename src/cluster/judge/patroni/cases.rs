//! The states that a cluster under Patroni gets into, and the words for them.

use super::fixtures::fair;
use crate::cluster::judge::fixtures::{gone, stopped};
use crate::cluster::judge::judge;
use serde_json::json;

#[test]
fn all_is_as_declared() {
    let weather = fair();
    assert!(judge(&weather.spec, &weather.status).as_declared);
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI                  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                leader, running          -     -
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  sync standby, streaming  -     -
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  replica, streaming       -     -

    etcd: 3 of 3 answer, pg-a leads, 48.0 kB
    HAProxy on proxy: writes to pg-a; reads to pg-b, pg-c
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster is as declared: pg-a is the primary, pg-b is synchronous, pg-c follows.
    "#);
}

#[test]
fn the_leader_was_powered_off_and_nobody_leads_yet() {
    let mut weather = fair();
    weather.off("pg-a");
    weather.proxy(|says| says.writes[0].up = false);
    insta::assert_snapshot!(weather.table_and_words(), @"
    NODE  DECLARED  IS           TIMELINE  LSN        LAG  BEHIND  SYNC  SLOT  PATRONI                  TAGS  RESTART
    pg-a  primary   unreachable  -         -          -    -       -     -     unreachable              -     -
    pg-b  replica   standby      1         0/3000148  -    0.0 s   -     -     sync standby, streaming  -     -
    pg-c  replica   standby      1         0/3000148  -    0.0 s   -     -     replica, streaming       -     -

    etcd: 2 of 3 answer (pg-a unreachable), no leader, 48.0 kB
    HAProxy on proxy: writes nowhere; reads to pg-b, pg-c
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b and pg-c only follow; pg-b is known to hold every acknowledged commit, and Patroni promotes it within about 30 s after the leader was lost; if it does not, its log says why:
        on pg-b: journalctl -u patroni -n 50
    ");
}

#[test]
fn the_leader_and_the_synchronous_replica_are_off() {
    let mut weather = fair();
    weather.off("pg-a");
    weather.off("pg-b");
    weather.members()[1].seen = weather.members()[2].seen.clone();
    insta::assert_snapshot!(weather.words(), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b can't be reached (no answer within 3 s); pg-c only follows; only pg-b is known to hold every acknowledged commit, so Patroni promotes nobody else: bring it, or the leader that was lost, back.
    ");
}

#[test]
fn the_leader_is_off_and_nobody_was_synchronous() {
    let mut weather = fair();
    weather.leads("pg-a", &[("pg-b", "async"), ("pg-c", "async")]);
    weather.off("pg-a");
    insta::assert_snapshot!(weather.words(), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b and pg-c only follow; beside the leader that was lost, no node is known to hold every acknowledged commit, so Patroni promotes nobody: bring that leader back.
    ");
}

#[test]
fn the_leader_is_off_and_synchronous_mode_too() {
    let mut weather = fair();
    weather.off("pg-a");
    weather.agents(|says| says.config.as_mut().unwrap()["synchronous_mode"] = json!(false));
    weather.declared().dynamic["synchronous_mode"] = json!(false);
    insta::assert_snapshot!(weather.words(), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b and pg-c only follow; Patroni promotes the replica that has the most within about 30 s after the leader was lost; if none comes up, its log says why.
    ");
}

#[test]
fn another_was_promoted_and_the_old_leader_is_off() {
    let mut weather = fair();
    weather.off("pg-a");
    weather.leads("pg-b", &[("pg-c", "sync")]);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b leads, and pg-a is declared; pg-a can't be reached (no answer within 3 s); once it can, it follows by itself, and to make it the leader again:
        trueup apply playbooks/restore-primary.yml -i inventories/lab-patroni-etcd -e node=pg-a
    ");
}

#[test]
fn the_old_leader_follows_and_is_synchronous() {
    let mut weather = fair();
    weather.leads("pg-b", &[("pg-a", "sync"), ("pg-c", "async")]);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b leads, and pg-a is declared; pg-a follows; to make it the leader again:
        trueup apply playbooks/restore-primary.yml -i inventories/lab-patroni-etcd -e node=pg-a
    ");
}

#[test]
fn the_old_leader_follows_and_another_is_synchronous() {
    let mut weather = fair();
    weather.leads("pg-b", &[("pg-a", "async"), ("pg-c", "sync")]);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-b is the primary.

    warning: the layout has moved: pg-b leads, and pg-a is declared; pg-a follows; to make it the leader again:
        trueup apply playbooks/restore-primary.yml -i inventories/lab-patroni-etcd -e node=pg-a
    ");
}

#[test]
fn two_primaries() {
    let mut weather = fair();
    let old = weather.node("pg-a").clone();
    weather.leads("pg-b", &[("pg-c", "sync")]);
    *weather.node("pg-a") = old;
    insta::assert_snapshot!(weather.words(), @"
    The cluster has 2 primaries.

    fault: SPLIT BRAIN: pg-a and pg-b are primaries at once (pg-a on timeline 1, pg-b on timeline 2); clients of HAProxy write to pg-b: stop PostgreSQL on the other, look at what it holds alone, then bring it back as a standby:
        trueup apply playbooks/restore-replica.yml -i inventories/lab-patroni-etcd -e node=pg-a
    ");
}

#[test]
fn nothing_is_built() {
    let mut weather = fair();
    for name in ["pg-a", "pg-b", "pg-c"] {
        weather.stopped(name);
    }
    for member in weather.members() {
        member.seen = stopped();
    }
    weather.around().proxies[0].seen = stopped();
    insta::assert_snapshot!(weather.table_and_words(), @"
    NODE  DECLARED  IS       TIMELINE  LSN  LAG  BEHIND  SYNC  SLOT  PATRONI  TAGS  RESTART
    pg-a  primary   stopped  -         -    -    -       -     -     stopped  -     -
    pg-b  replica   stopped  -         -    -    -       -     -     stopped  -     -
    pg-c  replica   stopped  -         -    -    -       -     -     stopped  -     -

    etcd: 0 of 3 answer (pg-a stopped, pg-b stopped, pg-c stopped), no leader
    HAProxy on proxy: stopped

    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: PostgreSQL does not run on pg-a (connection refused); PostgreSQL does not run on pg-b (connection refused); PostgreSQL does not run on pg-c (connection refused); Patroni runs nowhere: the cluster is not built yet, or all of it is stopped:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn every_host_is_off() {
    let mut weather = fair();
    for name in ["pg-a", "pg-b", "pg-c"] {
        weather.off(name);
    }
    weather.around().proxies[0].seen = gone();
    insta::assert_snapshot!(weather.words(), @"
    The cluster has no primary that answers.

    fault: no host of the cluster can be reached, so nothing is known of it.
    ");
}

#[test]
fn nobody_is_synchronous() {
    let mut weather = fair();
    weather.leads("pg-a", &[("pg-b", "async"), ("pg-c", "async")]);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: no replica is synchronous: commits on pg-a wait for nobody, and if it is lost now, nobody is promoted by itself; the next replica that streams becomes synchronous by itself.
    ");
}

#[test]
fn strict_and_no_replica_streams_so_writes_wait() {
    let mut weather = fair();
    weather.off("pg-b");
    weather.off("pg-c");
    weather.agents(|says| says.config.as_mut().unwrap()["synchronous_mode_strict"] = json!(true));
    weather.declared().dynamic["synchronous_mode_strict"] = json!(true);
    weather.postgres("pg-a", |says| {
        says.synchronous_standby_names = "*".into();
        says.standbys.clear();
        says.slots.clear();
        says.waiting_commits = 2;
    });
    weather.proxy(|says| says.reads.iter_mut().for_each(|server| server.up = false));
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: writes wait: every commit on pg-a waits (2 do now) until a replica has it, and none streams; synchronous mode is strict: writes go on when a replica streams again.

    fault: etcd has no quorum: only 1 of 3 members answers, and 2 must run; Patroni can promote nobody, and a leader stays only by failsafe mode, as long as every member answers it.

    warning: pg-b can't be reached (no answer within 3 s); when it is back, it follows by itself.

    warning: pg-c can't be reached (no answer within 3 s); when it is back, it follows by itself.

    warning: HAProxy on proxy sends reads nowhere: no replica is fit for them.
    ");
}

#[test]
fn the_store_says_another_leader_than_postgresql() {
    let mut weather = fair();
    weather.agents(|says| {
        says.members[0].role = "replica".into();
        says.members[1].role = "leader".into();
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: pg-a takes writes, and in Patroni's store pg-b leads.
    ");
}
