//! Holds what is printed against docs/events.md: every field there is documented with its type,
//! and every documented field is there.

use super::*;
use crate::diag::Source;
use crate::modules::{Change, Detail, Sign};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DOCS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.md"));

/// The fields under each heading and the types that they may have.
fn documented() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut heading = "every event".to_owned();
    for line in DOCS.lines() {
        if let Some(name) = line.strip_prefix("### `") {
            heading = name.trim_end_matches('`').to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let mut cells = row.split(" | ");
            let field = cells.next().unwrap().trim_end_matches('`').to_owned();
            let kind = cells.next().unwrap().to_owned();
            sections
                .entry(heading.clone())
                .or_default()
                .insert(field, kind);
        }
    }
    sections
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// What was printed under each heading: fields and the types that they had.
#[derive(Default)]
struct Printed(BTreeMap<String, BTreeMap<String, BTreeSet<&'static str>>>);

impl Printed {
    fn object(&mut self, heading: &str, value: &Value) {
        let fields = value
            .as_object()
            .unwrap_or_else(|| panic!("{heading} is no object: {value}"));
        for (field, value) in fields {
            let kinds = self.0.entry(heading.to_owned()).or_default();
            kinds.entry(field.clone()).or_default().insert(kind(value));
            match (field.as_str(), value) {
                ("task", Value::Object(_)) => self.object("task", value),
                ("outcome", _) => self.object("outcome", value),
                ("changes", Value::Array(items)) => self.each("change", items),
                ("also", Value::Array(items)) => self.each("place", items),
                ("recap", Value::Array(items)) => self.each("recap", items),
                ("owed", Value::Array(items)) => self.each("owed", items),
                ("order", Value::Array(items)) => self.each("server", items),
                ("place", Value::Object(_)) => self.object("place", value),
                _ => {}
            }
        }
    }

    fn each(&mut self, heading: &str, items: &[Value]) {
        for item in items {
            self.object(heading, item);
        }
    }
}

fn past(at: Option<i64>) -> Change {
    Change {
        sign: Sign::Modify,
        what: "/x".into(),
        detail: Detail::Since {
            at,
            how: "last changed".into(),
        },
    }
}

fn outcomes() -> Vec<Outcome> {
    let text = Detail::Text {
        before: Some("a".into()),
        after: None,
    };
    vec![
        Outcome::Ok,
        Outcome::Waits {
            until: "x".into(),
            what: "y".into(),
        },
        Outcome::Changed(vec![
            Change::new(Sign::Add, "package x"),
            Change::new(Sign::Add, "/x").note("y"),
            past(Some(1)),
            past(None),
            Change::attribute("/x", "mode", None, Some("0600".into())),
            Change::attribute("/x", "mode", Some("0600".into()), None),
            Change {
                sign: Sign::Modify,
                what: "/x".into(),
                detail: text,
            },
            Change {
                sign: Sign::Modify,
                what: "/x".into(),
                detail: Detail::Text {
                    before: None,
                    after: Some("b".into()),
                },
            },
        ]),
        Outcome::Unknown {
            until: "x".into(),
            why: "y".into(),
        },
        Outcome::Skipped("x".into()),
        Outcome::Failed {
            message: "x".into(),
            ignored: false,
        },
        Outcome::Unreachable {
            message: "x".into(),
            ignored: true,
        },
    ]
}

fn events() -> Vec<Event> {
    let task = || {
        Arc::new(TaskInfo {
            id: 7,
            name: "Install".into(),
            module: "apt".into(),
            place: "site.yml:1:1".into(),
            handler: false,
            gate: None,
            no_log: false,
            diff: None,
        })
    };
    let host = || "pg-a".to_owned();
    let span = Source::new("site.yml", "a: b\n").span(0, 1);
    let mut events = vec![
        Event::RunStarted {
            mode: Mode::Plan,
            playbook: "site.yml".into(),
        },
        Event::PlayStarted {
            play: 0,
            name: "x".into(),
            hosts: vec![host()],
            until: Some("Ask".to_owned()),
        },
        Event::PlayOrdered {
            play: 0,
            hosts: vec![
                ("pg-c".into(), Recovery::Silent("x".into())),
                ("pg-b".into(), Recovery::Standby),
                ("pg-a".into(), Recovery::Primary),
            ],
        },
        Event::GateClosed {
            play: 0,
            moment: Moment::Before,
            batch: vec![host()],
            failed: vec![host()],
            done: Vec::new(),
            not_begun: vec![host()],
        },
        Event::PlayFinished { play: 0 },
        Event::TaskStarted {
            play: 0,
            task: task(),
        },
        Event::TaskStarted {
            play: 0,
            task: Arc::new(TaskInfo {
                gate: Some(Moment::After),
                ..TaskInfo::clone(&task())
            }),
        },
        Event::HostStarted {
            task: task(),
            host: host(),
        },
        Event::StepStarted {
            task: task(),
            host: host(),
            what: "x".into(),
        },
        Event::Output {
            task: task(),
            host: host(),
            text: "x\n".into(),
            left_out: 0,
        },
        Event::Waiting {
            task: task(),
            host: host(),
            what: "x".into(),
            left: None,
        },
        Event::Waiting {
            task: task(),
            host: host(),
            what: "x".into(),
            left: Some(3),
        },
        Event::Finding {
            host: None,
            diag: Diag::warning("x"),
        },
        Event::Finding {
            host: Some(host()),
            diag: Diag::error("x")
                .at(&span, "here")
                .also(&span, "there")
                .help("y"),
        },
        Event::RunFinished {
            recap: vec![(host(), Recap::default())],
            elapsed: Duration::from_secs(1),
            interrupted: false,
            owed: vec![OwedHandler {
                handler: task(),
                host: host(),
                notified_by: vec!["x".into()],
                tried: false,
            }],
        },
    ];
    for (outcome, delegate) in outcomes()
        .into_iter()
        .zip([None, Some(host())].into_iter().cycle())
    {
        events.push(Event::ItemFinished {
            task: task(),
            host: host(),
            item: "x".into(),
            outcome: outcome.clone(),
            result: Arc::default(),
            takes_away: false,
        });
        events.push(Event::HostFinished {
            task: task(),
            host: host(),
            delegate,
            outcome,
            result: Arc::default(),
            looped: true,
            takes_away: false,
            elapsed: Duration::from_millis(1500),
        });
    }
    events
}

#[test]
fn every_field_is_documented_with_its_type_and_every_documented_field_is_there() {
    let mut printed = Printed::default();
    for event in events() {
        let line = line(&event);
        let (common, own): (Map<_, _>, Map<_, _>) = line
            .into_iter()
            .partition(|(field, _)| ["v", "event", "time"].contains(&field.as_str()));
        printed.object("every event", &Value::Object(common));
        printed.object(name(&event), &Value::Object(own));
    }
    let printed: BTreeMap<String, BTreeMap<String, String>> = printed
        .0
        .into_iter()
        .map(|(heading, fields)| {
            let fields = fields.into_iter().map(|(field, kinds)| {
                // `null` comes last, as the documentation puts it.
                let mut kinds: Vec<_> = kinds.into_iter().collect();
                kinds.sort_by_key(|kind| *kind == "null");
                (field, kinds.join(" or "))
            });
            (heading, fields.collect())
        })
        .collect();
    assert_eq!(printed, documented());
}

#[test]
fn an_event_is_one_line_that_a_program_can_read() {
    let event = Event::Output {
        task: Arc::new(TaskInfo {
            id: 7,
            name: String::new(),
            module: String::new(),
            place: String::new(),
            handler: false,
            gate: None,
            no_log: false,
            diff: None,
        }),
        host: "pg-a".into(),
        text: "one\ntwo\u{1b}[2J\n".into(),
        left_out: 7,
    };
    let mut line = line(&event);
    line.insert("time".into(), "2026-01-01T00:00:00.000Z".into());
    insta::assert_snapshot!(Value::Object(line).to_string(), @r#"{"v":1,"event":"output","time":"2026-01-01T00:00:00.000Z","task":7,"host":"pg-a","text":"one\ntwo\u001b[2J\n","left_out":7}"#);
}
