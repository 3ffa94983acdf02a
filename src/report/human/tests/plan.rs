//! Plans.

use super::*;

#[test]
fn a_plan_tells_only_differences_and_what_hosts_have_in_common_once() {
    let mut told = Told::plan();
    told.play(0, "All hosts", &["pg-a", "pg-b", "pg-c"]);
    let same = told.task(0, "As it should be", "copy");
    for host in ["pg-a", "pg-b", "pg-c"] {
        told.end(&same, host, Outcome::Ok, json!({}));
    }
    let file = told.task(0, "Write the message of the day", "copy");
    told.end(&file, "pg-b", motd("Hello\n"), json!({}));
    told.end(&file, "pg-a", motd("Hello\n"), json!({}));
    told.end(&file, "pg-c", motd("Hallo\n"), json!({}));
    let say = told.task(0, "Say it", "ansible.builtin.debug");
    told.end(
        &say,
        "pg-a",
        Outcome::Ok,
        json!({ "msg": "not what it was" }),
    );
    let install = told.task(0, "Install", "apt");
    for host in ["pg-a", "pg-b"] {
        let change = Change::new(Sign::Add, "package etcd-server");
        told.end(&install, host, Outcome::Changed(vec![change]), json!({}));
    }
    let start = told.task(0, "Start", "systemd_service");
    for host in ["pg-a", "pg-b"] {
        let until = "Install".to_owned();
        let why = "whether the unit etcd exists".to_owned();
        told.end(&start, host, Outcome::Unknown { until, why }, json!({}));
    }
    told.end(
        &start,
        "pg-c",
        Outcome::Skipped("install is false".to_owned()),
        json!({}),
    );
    told.event(&Event::PlayFinished { play: 0 });
    insta::assert_snapshot!(told.over(&[]), @"
    PLAY [All hosts] ***************************************************************

    TASK [Write the message of the day] ********************************************
    ~ [pg-a, pg-b] /etc/motd  mode: 0644 -> 0600
        @@ -1 +1 @@
        -Hello
        +Welcome
    ~ [pg-c] /etc/motd  mode: 0644 -> 0600
        @@ -1 +1 @@
        -Hallo
        +Welcome

    TASK [Say it] ******************************************************************
    ok: [pg-a] => not what it was

    TASK [Install] *****************************************************************
    + [pg-a, pg-b] package etcd-server

    TASK [Start] *******************************************************************
    ? [pg-a, pg-b] unknown until Install: whether the unit etcd exists

    Plan: 3 hosts: 5 to change (3 files, 2 packages), 2 unknown, 4 as declared.
    Next: trueup apply site.yml
    ");
}

#[test]
fn what_would_be_waited_for_is_told_and_no_difference() {
    let mut told = Told::plan();
    told.play(0, "All hosts", &["pg-a", "pg-b"]);
    let task = told.task(0, "Wait until it answers", "wait_for");
    for host in ["pg-a", "pg-b"] {
        let (until, what) = (
            "Start it".to_owned(),
            "127.0.0.1:5432 to be open".to_owned(),
        );
        told.end(&task, host, Outcome::Waits { until, what }, json!({}));
    }
    told.event(&Event::PlayFinished { play: 0 });
    insta::assert_snapshot!(told.over(&[]), @"
    PLAY [All hosts] ***************************************************************

    TASK [Wait until it answers] ***************************************************
    waits: [pg-a, pg-b] for 127.0.0.1:5432 to be open

    Plan: 2 hosts: nothing to change, 2 as declared.
    ");
}

#[test]
fn a_plan_without_differences_is_one_line() {
    let mut told = Told::plan();
    told.play(0, "All hosts", &["pg-a"]);
    let task = told.task(0, "As it should be", "copy");
    told.end(&task, "pg-a", Outcome::Ok, json!({}));
    insta::assert_snapshot!(told.over(&[]), @"
    Plan: 1 host: nothing to change, 1 as declared.
    ");
}
