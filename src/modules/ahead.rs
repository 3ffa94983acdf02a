//! What is foreseen of a sequence of tasks, held against what the same tasks then do: tasks by
//! chance on a few paths of a temporary folder, so that they touch each other.

use super::trial::{Folder, Shell, foretell};
use super::{Change, Plan, find};
use crate::diag::Source;
use crate::facts::{Foreseen, ProbeError};
use crate::yaml;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::path::Path;

/// How many tasks a sequence has.
const TASKS: usize = 12;

/// Numbers by chance: the same for a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// A task by chance.
fn task(chance: &mut Chance, root: &str) -> (&'static str, Value) {
    let path = |chance: &mut Chance| {
        let path = chance.of(&[
            "a", "b", "a/b", "a/c", "a/b/c", "b/c", "l", "l/b", "m", "d", "e",
        ]);
        format!("{root}/{path}")
    };
    let at = path(chance);
    let mode = chance.of(&["0600", "0640", "0755"]);
    let line = chance.of(&["one", "two = 2", "three"]);
    match chance.below(12) {
        0 | 1 => (
            "file",
            json!({ "path": at, "state": "directory", "mode": mode }),
        ),
        2 => ("file", json!({ "path": at, "state": "directory" })),
        3 => ("file", json!({ "path": at, "state": "absent" })),
        // No link leads to itself.
        4 => {
            let (link, src) = (chance.of(&["l", "m"]), chance.of(&["a", "b", "a/b", "d"]));
            (
                "file",
                json!({ "path": format!("{root}/{link}"), "state": "link", "src": format!("{root}/{src}"), "force": true }),
            )
        }
        5 => {
            let (name, src) = (chance.of(&["d", "e"]), path(chance));
            (
                "file",
                json!({ "path": format!("{root}/{name}"), "state": "hard", "src": src, "force": true }),
            )
        }
        6 => ("file", json!({ "path": at, "mode": mode })),
        7 => (
            "copy",
            json!({ "dest": at, "content": format!("{line}\n"), "mode": mode }),
        ),
        8 => (
            "copy",
            json!({ "dest": at, "content": format!("{line}\n") }),
        ),
        9 => (
            "lineinfile",
            json!({ "path": at, "line": line, "create": true }),
        ),
        10 => (
            "lineinfile",
            json!({ "path": at, "line": line, "state": "absent" }),
        ),
        _ => (
            "blockinfile",
            json!({ "path": at, "block": line, "create": chance.below(2) == 0 }),
        ),
    }
}

/// What became of a task, foreseen or done.
#[derive(Debug, PartialEq)]
enum Told {
    Does(Vec<Change>),
    Refuses,
    Unknown(String),
}

fn bound(module: &str, args: &Value, folder: &Path) -> Box<dyn super::Bound> {
    let node = yaml::parse(&Source::new("task", args.to_string())).unwrap();
    find(module)
        .unwrap()
        .bind(&node, &Folder(folder.to_owned()))
        .unwrap()
}

#[test]
fn what_is_foreseen_of_tasks_that_touch_each_other_is_what_they_do() {
    tried(1..=30);
}

#[test]
#[ignore = "takes minutes; `make truth` runs it"]
fn it_is_so_in_500_sequences() {
    tried(1..=500);
}

fn tried(seeds: RangeInclusive<u64>) {
    let shell = Shell::dash();
    let (mut told, mut unknown) = (0, Vec::new());
    for seed in seeds {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let tasks: Vec<_> = (0..TASKS).map(|_| task(&mut chance, root)).collect();
        let mut foreseen = Foreseen::default();
        let ahead: Vec<Told> = tasks
            .iter()
            .map(|(module, args)| {
                let bound = bound(module, args, folder.path());
                let look = shell.ahead(&foreseen);
                match futures::executor::block_on(bound.probe(&look)) {
                    Err(ProbeError::Unknown { why, .. }) => Told::Unknown(why),
                    Err(_) => Told::Refuses,
                    Ok(state) => match bound.plan(&state) {
                        Err(_) => Told::Refuses,
                        Ok(plan) => {
                            foretell(&mut foreseen, &plan);
                            Told::Does(plan.changes().to_vec())
                        }
                    },
                }
            })
            .collect();
        for (at, ((module, args), ahead)) in tasks.iter().zip(ahead).enumerate() {
            let bound = bound(module, args, folder.path());
            let plan = match futures::executor::block_on(bound.probe(&shell.look())) {
                Err(_) => Err(()),
                Ok(state) => bound.plan(&state).map_err(|_| ()),
            };
            let done = match &plan {
                Err(()) => Told::Refuses,
                Ok(plan) => Told::Does(plan.changes().to_vec()),
            };
            let failed = plan
                .as_ref()
                .is_ok_and(|plan: &Plan| shell.steps(plan).iter().any(|step| !step.output.ok()));
            match ahead {
                Told::Unknown(why) => unknown.push(format!("{module} {args}: {why}")),
                ahead => {
                    told += 1;
                    assert_eq!(
                        ahead,
                        done,
                        "seed {seed}, task {at}: {module} {args}, after {:#?}",
                        tasks[..at]
                            .iter()
                            .map(|(module, args)| format!("{module} {args}"))
                            .collect::<Vec<_>>()
                    );
                }
            }
            // Where a step fails, what was foreseen of it has not come.
            if failed {
                break;
            }
        }
    }
    assert!(told > 100, "only {told} tasks were told");
    assert!(
        unknown.len() * 50 < told,
        "{} unknown of {told}: {unknown:#?}",
        unknown.len()
    );
}
