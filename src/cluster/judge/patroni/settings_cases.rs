//! Rules that are not the declared ones, and the words for them.

use super::fixtures::fair;
use crate::cluster::judge::judge;
use serde_json::json;

#[test]
fn the_cluster_is_paused_and_a_setting_waits_for_a_restart() {
    let mut weather = fair();
    weather.agents(|says| says.paused = true);
    for name in ["pg-a", "pg-b"] {
        weather.patroni(name, |says| {
            says.pending_restart = vec!["max_connections".into()];
        });
    }
    weather.patroni("pg-c", |says| says.pending_restart = vec!["?".into()]);
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI                  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                leader, running          -     pending
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  sync standby, streaming  -     pending
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  replica, streaming       -     pending

    etcd: 3 of 3 answer, pg-a leads, 48.0 kB
    HAProxy on proxy: writes to pg-a; reads to pg-b, pg-c
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster works, but not as declared: pg-a is the primary.

    warning: the cluster is paused (maintenance mode): if the leader is lost now, Patroni promotes nobody:
        on pg-a: patronictl resume main

    warning: new settings are not in force before a restart of pg-c; pg-a and pg-b (for max_connections); replicas first, the leader last:
        trueup apply playbooks/rolling-restart.yml -i inventories/lab-patroni-etcd
    "#);
}

#[test]
fn paused_without_a_leader() {
    let mut weather = fair();
    weather.off("pg-a");
    weather.agents(|says| says.paused = true);
    insta::assert_snapshot!(weather.words(), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b and pg-c only follow; the cluster is paused, so Patroni promotes nobody:
        on pg-b: patronictl resume main
    ");
}

#[test]
fn the_rules_and_the_tags_are_not_as_declared() {
    let mut weather = fair();
    weather.declared().dynamic["synchronous_mode"] = json!(false);
    weather.declared().dynamic["ttl"] = json!(20);
    weather.declared().agents[2]
        .tags
        .insert("nosync".into(), json!(true));
    weather.declared().agents[2]
        .tags
        .insert("nofailover".into(), json!(false));
    weather.patroni("pg-b", |says| {
        says.tags.insert("noloadbalance".into(), json!(true));
        says.tags.insert("clonefrom".into(), json!(false));
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: Patroni's dynamic configuration is not as declared: synchronous_mode is true, and false is declared; ttl is 30, and 20 is declared:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd

    warning: the tags of pg-b are not as declared: noloadbalance is true, and nothing is declared:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd

    warning: the tags of pg-c are not as declared: nosync is not set, and true is declared:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn a_required_watchdog_does_not_work() {
    let mut weather = fair();
    weather.patroni("pg-b", |says| says.watchdog_failed = true);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: the watchdog of pg-b is required and does not work, so it would not be promoted.
    ");
}

#[test]
fn failsafe_mode_was_active_a_moment_ago() {
    let mut weather = fair();
    weather.patroni("pg-b", |says| says.failsafe_active = true);
    assert!(judge(&weather.spec, &weather.status).as_declared);
    insta::assert_snapshot!(weather.words(), @"
    The cluster is as declared: pg-a is the primary, pg-b is synchronous, pg-c follows.

    note: failsafe mode was active until a moment ago (on pg-b).
    ");
}
