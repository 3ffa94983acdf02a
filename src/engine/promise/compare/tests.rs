//! Each way in which what is so now stands to what was promised.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::promise::Journal;

fn key(place: &str) -> Key {
    Key {
        play: 0,
        place: place.to_owned(),
        host: "a".to_owned(),
        nth: 0,
    }
}

fn promise(status: Status, acts: Vec<Act>) -> Promise {
    Promise {
        task: "A task".to_owned(),
        status,
        why: (status != Status::Ok).then(|| "for a reason".to_owned()),
        includes: false,
        joins: false,
        acts,
    }
}

fn does(changes: Vec<Change>) -> Promise {
    let act = Act {
        item: 0,
        label: None,
        changes,
        steps: Vec::new(),
        unknown: None,
    };
    promise(Status::Changed, vec![act])
}

fn mode(from: &str) -> Change {
    Change::attribute("/f", "mode", Some(from.to_owned()), Some("0644".to_owned()))
}

fn text(before: &str) -> Change {
    Change {
        detail: Detail::Text {
            before: Some(before.to_owned()),
            after: Some("one\nnew\n".to_owned()),
        },
        ..Change::new(Sign::Modify, "/f")
    }
}

fn run() -> Promise {
    does(vec![Change::new(Sign::Run, "initdb")])
}

fn promises_of(promise: Option<Promise>) -> Told {
    let entry = promise.map(|promise| (key("site.yml:3:5"), promise));
    entry.into_iter().collect()
}

/// What is said of a task that was told so then, and is told so now; `past` are lines of a journal.
fn moved_words(then: Option<Promise>, now: Option<Promise>, past: &[&str]) -> String {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("plans");
    std::fs::create_dir(&folder).unwrap();
    let node = serde_json::to_string(&key("site.yml:3:5")).unwrap();
    let line = |is: &&str| match *is {
        "applied" => "{\"is\":\"applied\",\"time\":\"today\"}\n".to_owned(),
        is => format!("{{\"is\":\"{is}\",\"node\":{node},\"item\":0,\"changed\":true}}\n"),
    };
    let lines: String = past.iter().map(line).collect();
    std::fs::write(folder.join("p.jsonl"), lines).unwrap();
    let held = Held {
        told: promises_of(then),
        journal: Journal::read(state.path(), "p").unwrap(),
    };
    let moved = moved(&held, &promises_of(now));
    let words = |moved: &Moved| format!("then {}, now {}", moved.then, moved.now);
    moved.iter().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_as_it_was_holds() {
    let ok = || Some(promise(Status::Ok, vec![]));
    let skipped = || Some(promise(Status::Skipped, vec![]));
    for (then, now) in [
        (ok(), ok()),
        (skipped(), skipped()),
        (skipped(), ok()),
        (None, ok()),
        (
            Some(does(vec![mode("0600")])),
            Some(does(vec![mode("0600")])),
        ),
        (Some(run()), Some(run())),
    ] {
        assert_eq!(moved_words(then, now, &[]), "");
    }
}

#[test]
fn what_moved_is_said_with_what_was_and_what_is() {
    let ok = || Some(promise(Status::Ok, vec![]));
    let changes = |change| Some(does(vec![change]));
    insta::assert_snapshot!(moved_words(ok(), changes(mode("0600")), &[]), @"then as declared, now ~ /f  mode: 0600 -> 0644");
    insta::assert_snapshot!(moved_words(changes(mode("0600")), changes(mode("0666")), &[]), @"then ~ /f  mode: 0600 -> 0644, now ~ /f  mode: 0666 -> 0644");
    insta::assert_snapshot!(moved_words(changes(text("one\ntwo\n")), changes(text("one\n2\n")), &[]), @"then ~ /f  line 2: `two` -> `new`, now ~ /f  line 2: `2` -> `new`");
    insta::assert_snapshot!(moved_words(changes(text("one\ntwo\n3")), changes(text("one\ntwo\n4")), &[]), @"then ~ /f  line 2: `two` -> `new`  (line 3 of a text: `3`), now ~ /f  line 2: `two` -> `new`  (line 3 of a text: `4`)");
    insta::assert_snapshot!(moved_words(None, Some(run()), &[]), @"then nothing was told of it, now > initdb");
    insta::assert_snapshot!(moved_words(Some(run()), None, &[]), @"then > initdb, now it is not come to");
    insta::assert_snapshot!(moved_words(Some(run()), Some(promise(Status::Skipped, vec![])), &[]), @"then > initdb, now skipped: for a reason");
    insta::assert_snapshot!(moved_words(ok(), Some(promise(Status::Failed, vec![])), &[]), @"then as declared, now fails: for a reason");
    insta::assert_snapshot!(moved_words(ok(), Some(promise(Status::Unknown, vec![])), &[]), @"then as declared, now for a reason");
}

#[test]
fn what_is_so_already_counts_as_done() {
    let ok = || Some(promise(Status::Ok, vec![]));
    assert_eq!(moved_words(Some(does(vec![mode("0600")])), ok(), &[]), "");
}

#[test]
fn of_what_was_unknown_nothing_is_promised() {
    let unknown = || Some(promise(Status::Unknown, vec![]));
    assert_eq!(moved_words(unknown(), Some(run()), &[]), "");
    assert_eq!(
        moved_words(unknown(), Some(does(vec![mode("0600")])), &[]),
        ""
    );
    assert_eq!(
        moved_words(unknown(), Some(promise(Status::Failed, vec![])), &[]),
        "then for a reason, now fails: for a reason"
    );
    let include = Promise {
        includes: true,
        joins: false,
        ..promise(Status::Unknown, vec![])
    };
    let told: Told = [(key("site.yml:9:5"), include)].into_iter().collect();
    assert!(may_be_included(&told, &key("tasks.yml:1:3")));
    let elsewhere = Key {
        host: "b".to_owned(),
        ..key("tasks.yml:1:3")
    };
    assert!(!may_be_included(&told, &elsewhere));
}

#[test]
fn what_the_plan_did_before_is_not_held_against_it() {
    let both = || Some(does(vec![mode("0600"), text("one\ntwo\n")]));
    let rest = || Some(does(vec![text("one\ntwo\n")]));
    let ok = || Some(promise(Status::Ok, vec![]));
    // Half of it was done when it was cut off.
    assert_eq!(moved_words(both(), rest(), &["begun"]), "");
    assert_eq!(moved_words(both(), rest(), &["begun", "failed"]), "");
    assert_ne!(moved_words(both(), rest(), &[]), "");
    assert_eq!(moved_words(both(), ok(), &["begun", "done"]), "");
    assert_eq!(moved_words(Some(run()), None, &["begun", "done"]), "");
    assert_eq!(
        moved_words(Some(run()), Some(run()), &["begun", "failed"]),
        ""
    );
    insta::assert_snapshot!(moved_words(both(), rest(), &["begun", "done"]), @"then it was done by this plan, now ~ /f  line 2: `two` -> `new`");
    insta::assert_snapshot!(moved_words(Some(run()), Some(run()), &["begun"]), @"then it had begun when this plan was applied before, and whether it ended is not known, now > initdb");
    assert_eq!(moved_words(Some(run()), Some(run()), &["applied"]), "");
    assert_eq!(moved_words(both(), ok(), &["applied"]), "");
    insta::assert_snapshot!(moved_words(ok(), rest(), &["applied"]), @"then as declared, now ~ /f  line 2: `two` -> `new`");
}
