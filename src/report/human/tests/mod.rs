//! Whole runs as a file or a pipe would get them.

mod hard;
pub mod hostile;
mod plan;

use super::*;
use crate::engine::{OwedHandler, Recap};
use crate::modules::{Change, Detail, Sign};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::Mutex;
use std::time::Duration;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A run that is told event by event.
struct Told {
    human: Human,
    paper: Paper,
    tasks: usize,
}

impl Told {
    fn new(mode: Mode, options: Options) -> Self {
        let paper = Paper::default();
        let screen = Screen::plain(Box::new(paper.clone()));
        let mut told = Self {
            human: Human::new(screen, options),
            paper,
            tasks: 0,
        };
        told.event(&Event::RunStarted {
            mode,
            playbook: "site.yml".to_owned(),
        });
        told
    }

    fn plan() -> Self {
        Self::new(
            Mode::Plan,
            Options {
                arguments: "site.yml".to_owned(),
                ..Options::default()
            },
        )
    }

    fn apply(options: &Options) -> Self {
        Self::new(
            Mode::Apply,
            Options {
                arguments: "site.yml".to_owned(),
                saved: None,
                ..options.clone()
            },
        )
    }

    fn event(&mut self, event: &Event) {
        self.human.event(event);
    }

    fn play(&mut self, play: usize, name: &str, hosts: &[&str]) {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        self.event(&Event::PlayStarted {
            play,
            name: name.to_owned(),
            hosts,
            until: None,
        });
    }

    fn task(&mut self, play: usize, name: &str, module: &str) -> Arc<TaskInfo> {
        self.tasks += 1;
        let task = Arc::new(TaskInfo {
            id: self.tasks,
            name: name.to_owned(),
            module: module.to_owned(),
            place: format!("site.yml:{}:7", self.tasks * 4),
            handler: module == "handler",
            gate: None,
            no_log: false,
            diff: None,
        });
        self.event(&Event::TaskStarted {
            play,
            task: Arc::clone(&task),
        });
        task
    }

    fn end(&mut self, task: &Arc<TaskInfo>, host: &str, outcome: Outcome, result: Value) {
        self.finish(task, host, outcome, result, false);
    }

    fn finish(
        &mut self,
        task: &Arc<TaskInfo>,
        host: &str,
        outcome: Outcome,
        result: Value,
        looped: bool,
    ) {
        let Value::Object(result) = result else {
            panic!("a result is an object")
        };
        self.event(&Event::HostFinished {
            task: Arc::clone(task),
            host: host.to_owned(),
            delegate: None,
            outcome,
            result: Arc::new(result),
            looped,
            takes_away: false,
            elapsed: Duration::from_millis(5),
        });
    }

    fn item(&mut self, task: &Arc<TaskInfo>, host: &str, item: &str, outcome: Outcome) {
        self.event(&Event::ItemFinished {
            task: Arc::clone(task),
            host: host.to_owned(),
            item: item.to_owned(),
            outcome,
            result: Arc::default(),
            takes_away: false,
        });
    }

    fn over(mut self, recap: &[(&str, Recap)]) -> String {
        let recap = recap
            .iter()
            .map(|(host, recap)| ((*host).to_owned(), *recap))
            .collect();
        self.event(&Event::RunFinished {
            recap,
            elapsed: Duration::from_millis(1234),
            interrupted: false,
            owed: Vec::new(),
        });
        let bytes = self.paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }
}

fn failed(message: &str) -> Outcome {
    Outcome::Failed {
        message: message.to_owned(),
        ignored: false,
    }
}

fn motd(before: &str) -> Outcome {
    Outcome::Changed(vec![
        Change {
            sign: Sign::Modify,
            what: "/etc/motd".to_owned(),
            detail: Detail::Text {
                before: Some(before.to_owned()),
                after: Some("Welcome\n".to_owned()),
            },
        },
        Change::attribute(
            "/etc/motd",
            "mode",
            Some("0644".into()),
            Some("0600".into()),
        ),
    ])
}

#[test]
fn an_apply_tells_a_line_a_host_and_ends_with_the_recap() {
    let mut told = Told::apply(&Options::default());
    told.play(0, "All hosts", &["pg-a", "pg-b"]);
    let file = told.task(0, "Write the message of the day", "copy");
    told.end(&file, "pg-a", motd("Hello\n"), json!({}));
    told.end(&file, "pg-b", Outcome::Ok, json!({}));
    let install = told.task(0, "Install", "apt");
    told.item(&install, "pg-a", "etcd", motd("x"));
    told.item(&install, "pg-a", "patroni", Outcome::Ok);
    told.finish(&install, "pg-a", motd("x"), json!({}), true);
    told.end(
        &install,
        "pg-b",
        Outcome::Skipped("when is false".to_owned()),
        json!({}),
    );
    let handler = told.task(0, "Restart", "handler");
    told.end(&handler, "pg-a", motd("x"), json!({}));
    let recap = Recap {
        ok: 3,
        changed: 3,
        ..Recap::default()
    };
    insta::assert_snapshot!(
        told.over(&[("pg-a", recap), ("pg-b", Recap { ok: 1, skipped: 1, ..Recap::default() })]),
        @"
    PLAY [All hosts] ***************************************************************

    TASK [Write the message of the day] ********************************************
    changed: [pg-a]
    ok: [pg-b]

    TASK [Install] *****************************************************************
    changed: [pg-a] => (item=etcd)
    ok: [pg-a] => (item=patroni)
    skipping: [pg-b]

    RUNNING HANDLER [Restart] ******************************************************
    changed: [pg-a]

    PLAY RECAP *********************************************************************
    pg-a                       : ok=3    changed=3    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
    pg-b                       : ok=1    changed=0    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0

    Done: 3 changes on 2 hosts, in 1.2s.
    "
    );
}

#[test]
fn an_apply_with_diff_shows_the_changes_too() {
    let mut told = Told::apply(&Options {
        diff: true,
        ..Options::default()
    });
    told.play(0, "All hosts", &["pg-a"]);
    let file = told.task(0, "Write the message of the day", "copy");
    told.end(&file, "pg-a", motd("Hello\n"), json!({}));
    let recap = Recap {
        ok: 1,
        changed: 1,
        ..Recap::default()
    };
    insta::assert_snapshot!(told.over(&[("pg-a", recap)]), @"
    PLAY [All hosts] ***************************************************************

    TASK [Write the message of the day] ********************************************
    changed: [pg-a]
    ~ [pg-a] /etc/motd  mode: 0644 -> 0600
        @@ -1 +1 @@
        -Hello
        +Welcome

    PLAY RECAP *********************************************************************
    pg-a                       : ok=1    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

    Done: 1 change on 1 host, in 1.2s.
    ");
}

#[test]
fn verbosity_shows_places_reasons_and_results() {
    let mut told = Told::apply(&Options {
        verbosity: 2,
        ..Options::default()
    });
    told.play(0, "All hosts", &["pg-a"]);
    let command = told.task(0, "Run it", "command");
    let result = json!({ "changed": true, "rc": 0, "stdout": "one\ntwo" });
    let change = Change::new(Sign::Run, "ls");
    told.end(&command, "pg-a", Outcome::Changed(vec![change]), result);
    let other = told.task(0, "Not here", "command");
    told.end(
        &other,
        "pg-a",
        Outcome::Skipped("is_primary".to_owned()),
        json!({}),
    );
    insta::assert_snapshot!(told.over(&[("pg-a", Recap::default())]), @"
    PLAY [All hosts] ***************************************************************

    TASK [Run it] ******************************************************************
    site.yml:4:7: command
    changed: [pg-a]
        changed: true
        rc: 0
        stdout: |-
          one
          two

    TASK [Not here] ****************************************************************
    site.yml:8:7: command
    skipping: [pg-a]
        is_primary

    PLAY RECAP *********************************************************************
    pg-a                       : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

    Nothing changed: 1 host as declared, in 1.2s.
    ");
}

#[test]
fn debug_says_what_it_was_told_to_say() {
    let mut told = Told::apply(&Options::default());
    told.play(0, "All hosts", &["pg-a"]);
    let debug = told.task(0, "Say it", "debug");
    told.end(
        &debug,
        "pg-a",
        Outcome::Ok,
        json!({ "msg": "hello", "changed": false }),
    );
    told.end(&debug, "pg-a", Outcome::Ok, json!({ "msg": "two\nlines" }));
    told.end(
        &debug,
        "pg-a",
        Outcome::Ok,
        json!({ "msg": ["a", { "b": 1 }] }),
    );
    told.end(&debug, "pg-a", Outcome::Ok, json!({ "answer": 42 }));
    insta::assert_snapshot!(told.over(&[("pg-a", Recap::default())]), @"
    PLAY [All hosts] ***************************************************************

    TASK [Say it] ******************************************************************
    ok: [pg-a] => hello
    ok: [pg-a] =>
        two
        lines
    ok: [pg-a]
        msg:
          - a
          - b: 1
    ok: [pg-a]
        answer: 42

    PLAY RECAP *********************************************************************
    pg-a                       : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

    Nothing changed: 1 host as declared, in 1.2s.
    ");
}

#[test]
fn plays_that_run_at_once_are_told_apart() {
    let mut told = Told::apply(&Options::default());
    told.play(0, "Databases", &["pg-a"]);
    told.play(1, "Proxies", &["ha"]);
    let one = told.task(0, "Install PostgreSQL", "apt");
    let two = told.task(1, "Install HAProxy", "apt");
    told.end(&one, "pg-a", Outcome::Ok, json!({}));
    told.end(&two, "ha", Outcome::Ok, json!({}));
    told.event(&Event::PlayFinished { play: 0 });
    let three = told.task(1, "Start HAProxy", "systemd_service");
    told.end(&three, "ha", Outcome::Ok, json!({}));
    insta::assert_snapshot!(told.over(&[("pg-a", Recap::default())]), @"
    PLAY [Databases] ***************************************************************

    PLAY [Proxies] *****************************************************************

    TASK [Install PostgreSQL] (Databases) ******************************************
    ok: [pg-a]

    TASK [Install HAProxy] (Proxies) ***********************************************
    ok: [ha]

    TASK [Start HAProxy] ***********************************************************
    ok: [ha]

    PLAY RECAP *********************************************************************
    pg-a                       : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

    Nothing changed: 1 host as declared, in 1.2s.
    ");
}
