//! Foreign text in every place that shows some: none of it may steer the terminal.

use super::*;
use crate::facts::pg_recovery::Recovery;
use crate::report::visible::hostile::{TEXT, nothing_steers};

/// Every kind of event, with hostile text wherever a host, a file or a playbook may bring some in.
pub fn events(mode: Mode) -> Vec<Event> {
    let task = |id, module: &str| {
        Arc::new(TaskInfo {
            id,
            name: TEXT.to_owned(),
            module: module.to_owned(),
            place: format!("{TEXT}:1:1"),
            handler: false,
            gate: None,
            no_log: false,
            diff: None,
        })
    };
    let text = || TEXT.to_owned();
    let lines = || format!("{TEXT}\n{TEXT}\n");
    let host = || "pg-a".to_owned();
    let source = crate::diag::Source::new(TEXT, lines());
    let diag = Diag::error(lines())
        .at(&source.span(0, 1), TEXT)
        .also(&source.span(TEXT.len() + 1, TEXT.len() + 2), TEXT)
        .help(text());
    let changes = vec![
        Change {
            sign: Sign::Modify,
            what: lines(),
            detail: Detail::Text {
                before: Some(lines()),
                after: Some(text()),
            },
        },
        Change::attribute(text(), text(), Some(text()), Some(lines())),
        Change::new(Sign::Run, text()),
    ];
    let outcomes = [
        Outcome::Ok,
        Outcome::Changed(changes),
        Outcome::Skipped(text()),
        Outcome::Unknown {
            until: text(),
            why: lines(),
        },
        Outcome::Failed {
            message: lines(),
            ignored: true,
        },
        failed(TEXT),
        Outcome::Unreachable {
            message: lines(),
            ignored: false,
        },
    ];
    let result = json!({
        "stdout": lines(), "stderr": text(), "list": [text(), { TEXT: [lines()] }], TEXT: text(),
        "turned": "\u{202e}", "eight": "\u{9b}", "warnings": [lines()],
    });
    let Value::Object(result) = result else {
        panic!("an object is written above")
    };
    let message: Registered = [("msg".to_owned(), Value::from(lines()))]
        .into_iter()
        .collect();
    let mut events = vec![
        Event::RunStarted {
            mode,
            playbook: text(),
        },
        Event::PlayStarted {
            play: 0,
            name: text(),
            hosts: vec![host()],
            until: None,
        },
        Event::PlayOrdered {
            play: 0,
            hosts: vec![(host(), Recovery::Silent(lines()))],
        },
        Event::Finding {
            host: None,
            diag: diag.clone(),
        },
        Event::Finding {
            host: None,
            diag: Diag::warning(lines()).help(lines()),
        },
    ];
    for (id, outcome) in outcomes.into_iter().enumerate() {
        for (id, module, result) in [
            (2 * id, "command", &result),
            (2 * id + 1, "debug", &message),
        ] {
            let task = task(id, module);
            events.extend([
                Event::TaskStarted {
                    play: 0,
                    task: task.clone(),
                },
                Event::HostStarted {
                    task: task.clone(),
                    host: host(),
                },
                Event::StepStarted {
                    task: task.clone(),
                    host: host(),
                    what: lines(),
                },
                Event::Output {
                    task: task.clone(),
                    host: host(),
                    text: lines(),
                    left_out: 7,
                },
                Event::Waiting {
                    task: task.clone(),
                    host: host(),
                    what: lines(),
                    left: None,
                },
                Event::ItemFinished {
                    task: task.clone(),
                    host: host(),
                    item: lines(),
                    outcome: outcome.clone(),
                    result: Arc::new(result.clone()),
                    takes_away: true,
                },
                Event::HostFinished {
                    task,
                    host: host(),
                    delegate: None,
                    outcome: outcome.clone(),
                    result: Arc::new(result.clone()),
                    looped: false,
                    takes_away: true,
                    elapsed: Duration::ZERO,
                },
            ]);
        }
    }
    let handler = OwedHandler {
        handler: task(99, "command"),
        host: host(),
        notified_by: vec![lines()],
        tried: true,
    };
    events.push(Event::GateClosed {
        play: 0,
        moment: Moment::After,
        batch: vec![host()],
        failed: vec![host()],
        done: Vec::new(),
        not_begun: Vec::new(),
    });
    events.push(Event::RunFinished {
        recap: vec![(
            host(),
            Recap {
                failed: 1,
                ..Recap::default()
            },
        )],
        elapsed: Duration::ZERO,
        interrupted: false,
        owed: vec![handler],
    });
    events
}

#[test]
fn nothing_that_a_run_tells_steers_the_terminal() {
    for mode in [Mode::Plan, Mode::Apply] {
        for verbosity in 0..4 {
            let paper = Paper::default();
            let options = Options {
                verbosity,
                diff: true,
                ..Options::default()
            };
            let mut human = Human::new(Screen::coloured(Box::new(paper.clone())), options);
            for event in events(mode) {
                human.event(&event);
                human
                    .running
                    .region()
                    .iter()
                    .for_each(|line| nothing_steers(line));
            }
            let told = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
            assert!(told.contains("\\x9b31m") && told.contains("\\u{202e}"));
            nothing_steers(&told);
        }
    }
}

#[test]
fn nothing_that_json_tells_steers_the_terminal() {
    let paper = Paper::default();
    let mut json = crate::report::json::JsonLines::new(Screen::coloured(Box::new(paper.clone())));
    for event in events(Mode::Apply) {
        json.event(&event);
    }
    let told = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    nothing_steers(&told);
    for line in told.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["event"] == "waiting" {
            assert_eq!(event["what"], format!("{TEXT}\n{TEXT}\n"));
        }
    }
}
