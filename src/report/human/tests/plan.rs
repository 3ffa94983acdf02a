//! Plans.

use super::*;

impl Told {
    /// What takes something away, of an item where one is named.
    fn loses(&mut self, task: &Arc<TaskInfo>, host: &str, item: Option<&str>, outcome: Outcome) {
        let (task, host) = (Arc::clone(task), host.to_owned());
        self.event(&match item {
            Some(item) => Event::ItemFinished {
                task,
                host,
                item: item.to_owned(),
                outcome,
                result: Arc::default(),
                takes_away: true,
            },
            None => Event::HostFinished {
                task,
                host,
                delegate: None,
                outcome,
                result: Arc::default(),
                looped: false,
                takes_away: true,
                elapsed: Duration::from_millis(5),
            },
        });
    }
}

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

    Can't be known yet:
      ? [pg-a, pg-b] until Install: Start

    Plan: 3 hosts: 5 to change (3 files, 2 packages), 2 unknown, 4 as declared.
    Next: trueup apply site.yml
    ");
}

/// Two hosts of which the same is to be told, one of its own, and one that is as it should be.
fn by_host(told: &mut Told) {
    told.play(0, "All hosts", &["pg-a", "pg-b", "pg-c", "pg-d"]);
    let file = told.task(0, "Write the message of the day", "copy");
    for host in ["pg-c", "pg-b", "pg-a"] {
        let before = if host == "pg-a" { "Hallo\n" } else { "Hello\n" };
        told.end(&file, host, motd(before), json!({}));
    }
    told.end(&file, "pg-d", Outcome::Ok, json!({}));
    let remove = told.task(0, "Remove \u{1b}old packages", "apt");
    for host in ["pg-b", "pg-c"] {
        for package in ["etcd", "postgresql-16"] {
            let change = Change::new(Sign::Remove, format!("package {package}"));
            told.loses(&remove, host, Some(package), Outcome::Changed(vec![change]));
        }
        let both =
            ["package etcd", "package postgresql-16"].map(|what| Change::new(Sign::Remove, what));
        let both = Outcome::Changed(both.to_vec());
        told.finish(&remove, host, both, json!({}), true);
    }
    let stop = told.task(0, "Stop pgpool", "systemd_service");
    let state = |from: &str, to: &str| Some((from.to_owned(), to.to_owned())).unzip();
    let (from, to) = state("active", "inactive");
    let change = Change::attribute("service pgpool2", "state", from, to);
    told.loses(&stop, "pg-a", None, Outcome::Changed(vec![change]));
    let start = told.task(0, "Start", "systemd_service");
    let (until, why) = ("Stop pgpool".to_owned(), "who leads then".to_owned());
    told.end(&start, "pg-a", Outcome::Unknown { until, why }, json!({}));
    told.event(&Event::PlayFinished { play: 0 });
}

#[test]
fn a_plan_can_be_told_host_by_host_and_its_end_names_first_what_is_taken_away() {
    let mut told = Told::new(
        Mode::Plan,
        Options {
            arguments: "site.yml".to_owned(),
            by: By::Host,
            ..Options::default()
        },
    );
    by_host(&mut told);
    insta::assert_snapshot!(told.over(&[]), @r"
    HOST [pg-a] ********************************************************************
    Write the message of the day
    ~ /etc/motd  mode: 0644 -> 0600
        @@ -1 +1 @@
        -Hallo
        +Welcome

    Stop pgpool
    ~ service pgpool2  state: active -> inactive

    Start
    ? unknown until Stop pgpool: who leads then

    HOSTS [pg-b, pg-c] *************************************************************
    Write the message of the day
    ~ /etc/motd  mode: 0644 -> 0600
        @@ -1 +1 @@
        -Hello
        +Welcome

    Remove \x1bold packages
    - package etcd
    - package postgresql-16

    Nothing differs on pg-d.

    Takes away or stops:
      - [pg-b, pg-c] package etcd (Remove \x1bold packages)
      - [pg-b, pg-c] package postgresql-16 (Remove \x1bold packages)
      ~ [pg-a] service pgpool2  state: active -> inactive (Stop pgpool)
    Can't be known yet:
      ? [pg-a] until Stop pgpool: Start

    Plan: 4 hosts: 8 to change (4 packages, 3 files, 1 service), 1 unknown, 1 as declared.
    Next: trueup apply site.yml
    ");
}

#[test]
fn a_delegate_is_named_under_the_host_that_it_does_it_for() {
    let mut found = ByHost::default();
    let mut told = Told::plan();
    let task = told.task(0, "Copy the key", "copy");
    let line = Line::new("+ ", " /etc/key");
    found.add(0, &task, "pg-b -> pg-a", &line);
    found.add(0, &task, "pg-a", &line);
    let sections = found.tell(|host| usize::from(host == "pg-b"));
    let told: Vec<String> = sections
        .iter()
        .map(|(hosts, lines)| format!("{}: {}", hosts.join(", "), lines[1]))
        .collect();
    assert_eq!(
        told,
        ["pg-a: + /etc/key", "pg-b: + [pg-b -> pg-a] /etc/key"]
    );
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
