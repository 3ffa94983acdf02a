//! Pages of plans that events tell.

use super::{Document, html, markdown};
use crate::engine::{Event, Mode, Outcome, TaskInfo};
use crate::modules::{Change, Detail, Sign};
use crate::report::human::tests::hostile;
use crate::report::visible::hostile::nothing_steers;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A plan that is told event by event.
pub(super) struct Told(pub(super) Document);

impl Told {
    /// On these hosts.
    pub(super) fn on(hosts: &[&str]) -> Self {
        let mut document = Document::new("site.yml -i hosts.yml".to_owned());
        document.event(&Event::RunStarted {
            mode: Mode::Plan,
            playbook: "site.yml".to_owned(),
        });
        document.event(&Event::PlayStarted {
            play: 0,
            name: "All hosts".to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            until: None,
        });
        Self(document)
    }

    /// A task ends on all of these hosts in the same way.
    pub(super) fn task(&mut self, id: usize, name: &str, hosts: &[&str], outcome: &Outcome) {
        self.takes(id, name, hosts, outcome, false);
    }

    /// The same of one that may take something away.
    pub(super) fn takes(
        &mut self,
        id: usize,
        name: &str,
        hosts: &[&str],
        outcome: &Outcome,
        takes_away: bool,
    ) {
        let task = Arc::new(TaskInfo {
            id,
            name: name.to_owned(),
            module: "copy".to_owned(),
            place: format!("site.yml:{id}:7"),
            handler: false,
            gate: None,
            no_log: false,
            diff: None,
        });
        if !self.0.plays[&0].tasks.contains_key(&id) {
            self.0.event(&Event::TaskStarted {
                play: 0,
                task: Arc::clone(&task),
            });
        }
        for host in hosts {
            let result = match outcome {
                Outcome::Changed(changes) if changes[0].sign == Sign::Run => {
                    json!({ "cmd": "set -e\nls\n" })
                }
                _ => json!({}),
            };
            self.0.event(&Event::HostFinished {
                task: Arc::clone(&task),
                host: (*host).to_owned(),
                delegate: None,
                outcome: outcome.clone(),
                result: Arc::new(result.as_object().unwrap().clone()),
                looped: false,
                takes_away,
                elapsed: Duration::ZERO,
            });
        }
    }

    pub(super) fn over(mut self) -> Document {
        self.0.event(&Event::RunFinished {
            recap: Vec::new(),
            elapsed: Duration::from_secs(2),
            interrupted: false,
            owed: Vec::new(),
        });
        self.0
    }
}

pub(super) fn text(what: &str, before: &str, after: &str) -> Outcome {
    Outcome::Changed(vec![
        Change {
            sign: Sign::Modify,
            what: what.to_owned(),
            detail: Detail::Text {
                before: Some(before.to_owned()),
                after: Some(after.to_owned()),
            },
        },
        Change::attribute(what, "mode", Some("0644".into()), Some("0600".into())),
    ])
}

#[test]
fn what_is_foreign_steers_no_page() {
    let mut document = Document::new("site.yml".to_owned());
    for event in hostile::events(Mode::Plan) {
        document.event(&event);
    }
    assert!(document.told_tasks().count() > 4);
    for page in [html::page(&document), markdown::comment(&document)] {
        nothing_steers(&page);
        assert!(page.contains("PWN") && page.contains("FAILED") || page.contains("fails"));
    }
}

#[test]
fn a_page_asks_for_nothing_and_its_foreign_words_are_text() {
    let mut told = Told::on(&["pg-a\"><i>"]);
    let foreign = "</script></style><img src=x onerror='hacked()'>&amp;";
    told.takes(
        1,
        foreign,
        &["pg-a\"><i>"],
        &text(foreign, foreign, "b"),
        true,
    );
    let (until, why) = (foreign.to_owned(), foreign.to_owned());
    let unknown = Outcome::Unknown { until, why };
    told.task(2, foreign, &["pg-a\"><i>"], &unknown);
    let page = html::page(&told.over());
    assert!(!page.contains("<img") && !page.contains("<i>"), "{page}");
    for (tag, count) in [
        ("<script", 1),
        ("</script>", 1),
        ("<style>", 1),
        ("</style>", 1),
    ] {
        assert_eq!(page.matches(tag).count(), count, "{tag}");
    }
    assert!(page.contains("default-src &#39;none&#39;"));
    assert!(!page.contains("http://") && !page.contains("https://"));
}

#[test]
fn what_a_host_knows_of_its_past_stands_on_the_pages() {
    let mut told = Told::on(&["pg-a"]);
    let Outcome::Changed(mut changes) = text("/etc/motd", "a\n", "b\n") else {
        panic!("a text differs")
    };
    changes.push(Change {
        detail: Detail::Since {
            at: Some(1),
            how: "last changed; lab: sudo vi".to_owned(),
        },
        ..changes[0].clone()
    });
    told.task(1, "One", &["pg-a"], &Outcome::Changed(changes));
    let document = told.over();
    let words = "last changed; lab: sudo vi";
    for page in [html::page(&document), markdown::comment(&document)] {
        assert!(
            page.contains("1970-01-01 00") && page.contains(words),
            "{page}"
        );
    }
}

#[test]
fn hosts_of_which_the_same_is_said_share_it() {
    let mut told = Told::on(&["pg-a", "pg-b", "pg-c"]);
    told.task(
        1,
        "One",
        &["pg-c", "pg-a"],
        &text("/etc/motd", "a\n", "b\n"),
    );
    told.task(1, "One", &["pg-b"], &text("/etc/motd", "x\n", "b\n"));
    told.task(2, "Two", &["pg-a"], &Outcome::Ok);
    let document = told.over();
    let (_, task) = document.told_tasks().next().unwrap();
    let said = task.parts_by_hosts(&document.hosts());
    let hosts: Vec<String> = said.iter().map(|(hosts, _)| hosts.join(" ")).collect();
    assert_eq!(hosts, ["pg-a pg-c", "pg-b"]);
    assert_eq!(document.told_tasks().count(), 1);
}
