//! What goes wrong around the nodes, in the store and the proxies, and the words for it.

use super::fixtures::{fair, listed};
use crate::cluster::judge::fixtures::{gone, stopped};
use crate::cluster::judge::judge;
use crate::cluster::status::{ListedMember, Seen};

#[test]
fn one_member_of_etcd_is_stopped() {
    let mut weather = fair();
    weather.members()[1].seen = stopped();
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI                  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                leader, running          -     -
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  sync standby, streaming  -     -
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  replica, streaming       -     -

    etcd: 2 of 3 answer (pg-b stopped), pg-a leads, 48.0 kB
    HAProxy on proxy: writes to pg-a; reads to pg-b, pg-c
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster works, but not as declared: pg-a is the primary.

    warning: etcd does not run on pg-b (connection refused):
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    "#);
}

#[test]
fn etcd_has_lost_its_quorum_and_failsafe_holds_the_leader() {
    let mut weather = fair();
    weather.members()[1].seen = stopped();
    weather.members()[2].seen = stopped();
    weather.etcd(|says| says.leader = None);
    weather.agents(|says| {
        says.failsafe_active = true;
        says.members.clear();
    });
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                running  -     -
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  running  -     -
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  running  -     -

    etcd: 1 of 3 answer (pg-b stopped, pg-c stopped), no leader, 48.0 kB
    HAProxy on proxy: writes to pg-a; reads to pg-b, pg-c
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster has a fault: pg-a is the primary.

    fault: etcd has no quorum: only 1 of 3 members answers, and 2 must run; Patroni can promote nobody, and a leader stays only by failsafe mode, as long as every member answers it.

    warning: failsafe mode is active: Patroni can't reach its store, and the leader stays only as long as every member answers it; nobody can be promoted.

    warning: etcd does not run on pg-b (connection refused):
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd

    warning: etcd does not run on pg-c (connection refused):
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    "#);
}

#[test]
fn etcd_has_lost_its_quorum_and_nobody_leads() {
    let mut weather = fair();
    weather.off("pg-a");
    weather.members()[1].seen = stopped();
    weather.etcd(|says| says.leader = None);
    insta::assert_snapshot!(weather.words(), @"
    The cluster has no primary that answers.

    fault: no node is a primary, so nothing can be written: pg-a can't be reached (no answer within 3 s); pg-b and pg-c only follow; Patroni's store has no quorum, so nobody can be promoted.

    fault: etcd has no quorum: only 1 of 3 members answers, and 2 must run; Patroni can promote nobody, and a leader stays only by failsafe mode, as long as every member answers it.

    warning: etcd does not run on pg-b (connection refused):
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn etcd_on_its_own_hosts_can_not_be_reached() {
    let mut weather = fair();
    weather.members()[2].name = "etcd-c".into();
    weather.members()[2].seen = gone();
    weather.etcd(|says| says.members[2] = listed("etcd-c"));
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: the etcd host etcd-c can't be reached (no answer within 3 s).
    ");
}

#[test]
fn etcd_lists_a_stranger_and_lacks_a_member() {
    let mut weather = fair();
    weather.etcd(|says| says.members[2] = listed("pg-x"));
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: etcd lists a member pg-x at https://pg-x:2380 that the inventory does not know, and counts it for its quorum; if it is gone for good:
        on pg-a: etcdctl member remove 1d-pg-x

    warning: etcd does not list pg-c as a member:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn a_member_of_etcd_never_started() {
    let mut weather = fair();
    weather.members()[2].seen = stopped();
    weather.etcd(|says| {
        says.members[2] = ListedMember {
            name: String::new(),
            ..listed("pg-c")
        };
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: etcd does not run on pg-c (connection refused):
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd

    warning: etcd waits for a member at https://pg-c:2380 that has never started:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn the_members_of_etcd_are_two_clusters() {
    let mut weather = fair();
    if let Seen::Up { answer } = &mut weather.members()[2].seen {
        answer.leader = Some(answer.id.clone());
    }
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: etcd's members do not agree on their leader, or are not one cluster: pg-a follows 1d-pg-a, pg-b follows 1d-pg-a, pg-c follows 1d-pg-c.
    ");
}

#[test]
fn etcd_has_run_out_of_space() {
    let mut weather = fair();
    if let Seen::Up { answer } = &mut weather.members()[0].seen {
        answer.alarms = vec!["NOSPACE".into(), "CORRUPT".into()];
        answer.db_bytes = 2 << 30;
    }
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: etcd on pg-a has run out of its space (2.0 GB, of which 20.0 kB are in use) and takes no writes, so Patroni can't keep the leader's lock: compact its history, then:
        on pg-a: etcdctl defrag --cluster
        on pg-a: etcdctl alarm disarm

    fault: etcd on pg-a raises the alarm CORRUPT: its data can't be trusted; replace the member.
    ");
}

#[test]
fn zookeeper_works() {
    let mut weather = fair();
    weather.zookeeper([Some("follower"), Some("leader"), Some("follower")]);
    assert!(judge(&weather.spec, &weather.status).as_declared);
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI                  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                leader, running          -     -
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  sync standby, streaming  -     -
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  replica, streaming       -     -

    ZooKeeper: 3 of 3 answer, pg-b leads
    HAProxy on proxy: writes to pg-a; reads to pg-b, pg-c
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster is as declared: pg-a is the primary, pg-b is synchronous, pg-c follows.
    "#);
}

#[test]
fn one_zookeeper_is_stopped_and_one_stands_alone() {
    let mut weather = fair();
    weather.zookeeper([Some("leader"), None, Some("standalone")]);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: ZooKeeper does not run on pg-b (connection refused):
        trueup apply playbooks/patroni-zookeeper.yml -i inventories/lab-patroni-etcd

    warning: ZooKeeper on pg-c stands alone, outside the others' ensemble:
        trueup apply playbooks/patroni-zookeeper.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn zookeeper_has_no_quorum() {
    let mut weather = fair();
    weather.zookeeper([Some(""), None, None]);
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI                  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                leader, running          -     -
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  sync standby, streaming  -     -
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  replica, streaming       -     -

    ZooKeeper: 1 of 3 answer (pg-b stopped, pg-c stopped), no leader
    HAProxy on proxy: writes to pg-a; reads to pg-b, pg-c
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster has a fault: pg-a is the primary.

    fault: ZooKeeper has no quorum: only 1 of 3 members answers, and 2 must run; Patroni can promote nobody, and a leader stays only by failsafe mode, as long as every member answers it.

    warning: ZooKeeper on pg-a runs, but serves nobody: it has no quorum.

    warning: ZooKeeper does not run on pg-b (connection refused):
        trueup apply playbooks/patroni-zookeeper.yml -i inventories/lab-patroni-etcd

    warning: ZooKeeper does not run on pg-c (connection refused):
        trueup apply playbooks/patroni-zookeeper.yml -i inventories/lab-patroni-etcd
    "#);
}

#[test]
fn haproxy_does_not_run() {
    let mut weather = fair();
    weather.around().proxies[0].seen = stopped();
    insta::assert_snapshot!(weather.table_and_words(), @r#"
    NODE  DECLARED  IS       TIMELINE  LSN        LAG  BEHIND  SYNC   SLOT             PATRONI                  TAGS  RESTART
    pg-a  primary   primary  1         0/3000148  -    -       -      -                leader, running          -     -
    pg-b  replica   standby  1         0/3000148  0 B  0.0 s   sync   active reserved  sync standby, streaming  -     -
    pg-c  replica   standby  1         0/3000148  0 B  0.0 s   async  active reserved  replica, streaming       -     -

    etcd: 3 of 3 answer, pg-a leads, 48.0 kB
    HAProxy on proxy: stopped
    commits on pg-a wait for: "pg-b"
    policy: synchronous mode: on, not strict; failsafe: on; watchdog: automatic; maximum lag: 1.0 MB; the lock lasts 30 s

    The cluster has a fault: pg-a is the primary.

    fault: HAProxy does not run on proxy (connection refused): clients have no way to the cluster through it:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    "#);
}

#[test]
fn one_of_two_proxies_does_not_run() {
    let mut weather = fair();
    let mut second = weather.around().proxies[0].clone();
    second.name = "proxy-b".into();
    second.seen = stopped();
    weather.around().proxies.push(second);
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: HAProxy does not run on proxy-b (connection refused): clients have no way to the cluster through it:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn haproxy_sends_writes_to_a_replica() {
    let mut weather = fair();
    weather.proxy(|says| {
        says.writes[0].up = false;
        says.writes[1].up = true;
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: HAProxy on proxy sends writes to pg-b, and pg-a is the primary; it takes about two seconds to see a change.
    ");
}

#[test]
fn haproxy_sends_clients_nowhere() {
    let mut weather = fair();
    weather.proxy(|says| {
        for server in says.writes.iter_mut().chain(&mut says.reads) {
            server.up = false;
            server.check = "L6RSP".into();
        }
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster has a fault: pg-a is the primary.

    fault: HAProxy on proxy sends writes nowhere (its check of pg-a says L6RSP), so clients can't write; it takes about two seconds to see a change.

    warning: HAProxy on proxy sends no reads to pg-b although it streams (its check says L6RSP).

    warning: HAProxy on proxy sends no reads to pg-c although it streams (its check says L6RSP).

    warning: HAProxy on proxy sends reads nowhere: no replica is fit for them.
    ");
}

#[test]
fn haproxy_does_not_know_a_node() {
    let mut weather = fair();
    weather.proxy(|says| {
        says.reads.pop();
    });
    insta::assert_snapshot!(weather.words(), @"
    The cluster works, but not as declared: pg-a is the primary.

    warning: HAProxy on proxy does not know pg-c:
        trueup apply playbooks/patroni-etcd.yml -i inventories/lab-patroni-etcd
    ");
}

#[test]
fn a_node_that_takes_no_reads_by_its_tag_is_no_fault() {
    let mut weather = fair();
    weather.proxy(|says| says.reads[2].up = false);
    let tag = ("noloadbalance".to_owned(), true.into());
    weather.declared().agents[2].tags.extend([tag.clone()]);
    weather.patroni("pg-c", |says| says.tags.extend([tag.clone()]));
    assert!(judge(&weather.spec, &weather.status).as_declared);
}
