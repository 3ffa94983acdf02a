//! The kinds of sequences that once were foreseen otherwise than they came, each by its name.

use super::super::trial::Shell;
use super::{Effect, FileAt, Foreseen, Place, ProbeError, Value, held, json};

/// Holds for a sequence, of which nothing is unknown but what `unknown` names.
#[track_caller]
fn holds(tasks: &[(&str, Value)], before: usize, unknown: &[&str]) {
    match held(tasks, before) {
        Ok(held) => assert_eq!(held.unknown, unknown),
        Err(differs) => panic!("{differs}"),
    }
}

#[test]
fn a_pending_link_leads_to_a_folder_that_is_made_after_it() {
    for before in 0..2 {
        holds(
            &[
                (
                    "file",
                    json!({ "path": "HERE/m", "state": "link", "src": "HERE/a/b", "force": true }),
                ),
                (
                    "lineinfile",
                    json!({ "path": "HERE/l", "line": "one", "create": true }),
                ),
                (
                    "file",
                    json!({ "path": "HERE/a/b/c", "state": "directory", "mode": "0755" }),
                ),
                (
                    "file",
                    json!({ "path": "HERE/m", "state": "directory", "mode": "0740" }),
                ),
            ],
            before,
            &[],
        );
    }
}

#[test]
fn a_folder_that_has_to_be_there_may_be_a_link_to_one() {
    for before in 0..3 {
        holds(
            &[
                ("file", json!({ "path": "HERE/b", "state": "directory" })),
                (
                    "file",
                    json!({ "path": "HERE/l", "state": "link", "src": "HERE/b" }),
                ),
                (
                    "lineinfile",
                    json!({ "path": "HERE/l/b", "line": "one", "create": true }),
                ),
                (
                    "copy",
                    json!({ "dest": "HERE/b/b", "content": "one\n", "mode": "0600" }),
                ),
                ("file", json!({ "path": "HERE/b", "state": "absent" })),
                ("file", json!({ "path": "HERE/l/b", "state": "absent" })),
            ],
            before,
            &[],
        );
    }
}

#[test]
fn a_link_of_the_host_that_leads_nowhere_leads_to_what_is_made_there() {
    holds(
        &[
            (
                "file",
                json!({ "path": "HERE/l", "state": "link", "src": "HERE/a", "force": true }),
            ),
            ("copy", json!({ "dest": "HERE/l/b", "content": "one\n" })),
            (
                "file",
                json!({ "path": "HERE/a/b", "state": "directory", "mode": "0755" }),
            ),
            (
                "file",
                json!({ "path": "HERE/l/b", "state": "directory", "mode": "0700" }),
            ),
        ],
        1,
        &[],
    );
}

#[test]
fn two_names_of_one_place_are_one_place() {
    for before in 0..3 {
        holds(
            &[
                (
                    "file",
                    json!({ "path": "THERE/a", "state": "directory", "mode": "0755" }),
                ),
                (
                    "copy",
                    json!({ "dest": "HERE/a/b", "content": "one\n", "mode": "0600" }),
                ),
                ("lineinfile", json!({ "path": "THERE/a/b", "line": "two" })),
                ("file", json!({ "path": "HERE/a", "state": "absent" })),
                ("file", json!({ "path": "THERE/a/b", "state": "absent" })),
            ],
            before,
            &[],
        );
    }
}

#[test]
fn what_a_task_does_not_know_is_not_known_after_it() {
    let mut foreseen = Foreseen::default();
    let why = || "it may be moved".to_owned();
    let lost = |path: &str| Effect::Path(path.to_owned(), Place::Unknown(why()));
    foreseen.add("move it", "root", [lost("/nowhere/made/by/nobody")]);
    let look = Shell::dash().ahead(&foreseen);
    for path in ["/nowhere/made/by/nobody", "/nowhere/made", "/nowhere"] {
        let question = FileAt {
            path: path.to_owned(),
            follow: true,
            hash: true,
        };
        let answer = futures::executor::block_on(look.fact(question));
        assert!(
            matches!(answer, Err(ProbeError::Unknown { .. })),
            "{path}: {answer:?}"
        );
    }
}
