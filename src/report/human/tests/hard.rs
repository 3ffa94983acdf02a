//! Failures, hostile hosts, and readers that go away.

use super::*;

#[test]
fn a_failure_is_told_once_with_what_was_printed_and_where_it_stands() {
    let mut told = Told::apply(&Options::default());
    told.play(0, "All hosts", &["pg-a", "pg-b", "pg-c"]);
    let command = told.task(0, "Run it", "ansible.builtin.command");
    let printed = json!({ "rc": 3, "stdout": "one\ntwo", "stderr": "no such thing" });
    told.end(
        &command,
        "pg-a",
        failed("exit status 3: no such thing"),
        printed,
    );
    let ignored = Outcome::Failed {
        message: "not now".to_owned(),
        ignored: true,
    };
    told.end(&command, "pg-b", ignored, json!({}));
    let away = "can't connect to pg-c:22: no route to host".to_owned();
    let away = Outcome::Unreachable {
        message: away,
        ignored: false,
    };
    told.end(&command, "pg-c", away, json!({}));
    let each = told.task(0, "Run each", "command");
    told.item(&each, "pg-b", "a", failed("exit status 1"));
    told.item(&each, "pg-b", "b", Outcome::Ok);
    told.finish(
        &each,
        "pg-b",
        failed("one or more items failed"),
        json!({}),
        true,
    );
    let recap = Recap {
        ok: 1,
        failed: 1,
        ..Recap::default()
    };
    let gone = Recap {
        unreachable: 1,
        ..Recap::default()
    };
    insta::assert_snapshot!(told.over(&[("pg-a", recap), ("pg-b", recap), ("pg-c", gone)]), @"
    PLAY [All hosts] ***************************************************************

    TASK [Run it] ******************************************************************
    fatal: [pg-a]: FAILED! => exit status 3: no such thing
        stdout:
          one
          two
    fatal: [pg-b]: FAILED! => not now
    ...ignoring
    fatal: [pg-c]: UNREACHABLE! => can't connect to pg-c:22: no route to host

    TASK [Run each] ****************************************************************
    failed: [pg-b] (item=a) => exit status 1
    ok: [pg-b] => (item=b)

    PLAY RECAP *********************************************************************
    pg-a                       : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
    pg-b                       : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
    pg-c                       : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0

    2 of 3 hosts failed and 1 could not be reached, after 1.2s.
    failed pg-a: Run it, site.yml:4:7
    failed pg-b: Run each, site.yml:8:7
    unreachable pg-c: Run it, site.yml:4:7
    Next: mend it, then trueup apply site.yml
    ");
}

#[test]
fn what_a_host_says_cannot_steer_the_terminal() {
    let mut told = Told::apply(&Options::default());
    told.play(0, "All hosts", &["pg-a"]);
    let command = told.task(0, "Run it", "command");
    let printed = json!({ "stdout": "\u{1b}]0;gotcha\u{7}" });
    told.end(
        &command,
        "pg-a",
        failed("exit status 1: \u{1b}[2J"),
        printed,
    );
    let text = told.over(&[(
        "pg-a",
        Recap {
            failed: 1,
            ..Recap::default()
        },
    )]);
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}'),
        "{text:?}"
    );
    assert!(text.contains("exit status 1: \\x1b[2J"), "{text}");
}

/// A pipe whose reader went away.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_reader_that_went_away_does_not_end_the_run() {
    let mut human = Human::new(Screen::plain(Box::new(Gone)), Options::default());
    human.event(&Event::RunStarted {
        mode: Mode::Apply,
        playbook: "site.yml".to_owned(),
    });
    human.event(&Event::PlayStarted {
        play: 0,
        name: "x".to_owned(),
        hosts: Vec::new(),
        until: None,
    });
}

#[test]
fn a_finding_is_told_once_for_all_its_hosts() {
    let mut told = Told::plan();
    told.play(0, "All hosts", &["pg-a", "pg-b"]);
    let task = told.task(0, "Greet", "template");
    let source = crate::diag::Source::new("motd.j2", "Hello {{ nam }}\n");
    let diag = Diag::error("`nam` is undefined").at(&source.span(9, 12), "");
    for host in ["pg-a", "pg-b"] {
        told.event(&Event::Finding {
            host: Some(host.to_owned()),
            diag: diag.clone(),
        });
        told.end(&task, host, failed("`nam` is undefined"), json!({}));
    }
    let recap = Recap {
        failed: 1,
        ..Recap::default()
    };
    insta::assert_snapshot!(told.over(&[("pg-a", recap), ("pg-b", recap)]), @"
    error: `nam` is undefined
     --> motd.j2:1:10
      |
    1 | Hello {{ nam }}
      |          ^^^

    PLAY [All hosts] ***************************************************************

    TASK [Greet] *******************************************************************
    fatal: [pg-a, pg-b]: FAILED! => `nam` is undefined

    Plan: 2 hosts: 2 failed.
    failed pg-a: Greet, site.yml:4:7
    failed pg-b: Greet, site.yml:4:7
    Next: mend it, then trueup plan site.yml
    ");
}
