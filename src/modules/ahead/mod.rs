//! What is foreseen of a sequence of tasks, held against what the same tasks then do: tasks by
//! chance on a few paths of a temporary folder, so that they touch each other.

mod kinds;

use super::trial::{Folder, Shell, foretell, me};
use super::{Bound, Change, find};
use crate::diag::Source;
use crate::facts::{File, FileAt, Foreseen, Look, ProbeError};
use crate::step::{Effect, Place};
use crate::yaml;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Where something may stand.
const PATHS: [&str; 11] = [
    "a", "b", "a/b", "a/c", "a/b/c", "b/c", "l", "l/b", "m", "d", "e",
];

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
fn task(chance: &mut Chance) -> (&'static str, Value) {
    let root = chance.of(&["HERE", "HERE", "HERE", "HERE", "THERE"]);
    let path = |chance: &mut Chance| format!("{root}/{}", chance.of(&PATHS));
    let at = path(chance);
    // Who owns a folder can enter it, so that not only root can run this.
    let mode = chance.of(&["0700", "0740", "0755"]);
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
#[derive(Debug)]
enum Told {
    Does(Vec<Change>),
    /// In its own words, which a dry run may put otherwise.
    Refuses(#[allow(dead_code)] String),
    Unknown(String),
}

impl Told {
    fn is(&self, made: &Self) -> bool {
        match (self, made) {
            (Self::Does(told), Self::Does(made)) => told == made,
            (told, made) => matches!((told, made), (Self::Refuses(_), Self::Refuses(_))),
        }
    }
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
    let (mut told, mut unknown) = (0, Vec::new());
    for seed in seeds {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let tasks: Vec<_> = (0..TASKS).map(|_| task(&mut chance)).collect();
        // Some of them were done before.
        let before = chance.below(6).saturating_sub(1);
        let held = held(&tasks, before).unwrap_or_else(|differs| panic!("seed {seed}, {differs}"));
        told += held.told;
        unknown.extend(held.unknown);
    }
    assert!(told > 100, "only {told} tasks were told");
    assert!(
        unknown.len() * 50 < told,
        "{} unknown of {told}: {unknown:#?}",
        unknown.len()
    );
}

/// What came of a sequence.
#[derive(Default)]
struct Held {
    /// How many tasks were told.
    told: usize,
    /// The others, with the reasons.
    unknown: Vec<String>,
}

/// Foretells the tasks behind the first `before`, which are done, and then does them too. HERE in
/// them is a folder of their own, which has another name THERE.
fn held(tasks: &[(&str, Value)], before: usize) -> Result<Held, String> {
    let shell = Shell::dash();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("here");
    std::fs::create_dir(&root).unwrap();
    std::os::unix::fs::symlink("here", folder.path().join("there")).unwrap();
    let there = folder.path().join("there");
    let bound: Vec<_> = tasks
        .iter()
        .map(|(module, args)| {
            let args = args
                .to_string()
                .replace("THERE", there.to_str().unwrap())
                .replace("HERE", root.to_str().unwrap());
            let node = yaml::parse(&Source::new("task", args)).unwrap();
            let module = find(module).unwrap();
            let bound = module.bind(&node, &Folder(root.clone())).unwrap();
            let about = module
                .about
                .and_then(|name| node.as_map()?.get(name)?.as_str().map(str::to_owned));
            (bound, about)
        })
        .collect();
    let (past, coming) = bound.split_at(before);
    for (bound, _) in past {
        done(&shell, &**bound);
    }
    let mut foreseen = Foreseen::default();
    let ahead: Vec<Told> = coming
        .iter()
        .map(|(bound, about)| {
            let told = foretold(&shell, &**bound, &mut foreseen);
            if let (Told::Unknown(why), Some(about)) = (&told, about) {
                let lost = Effect::Path(about.clone(), Place::Unknown(why.clone()));
                foreseen.add("this", &me(), [lost]);
            }
            told
        })
        .collect();
    let predicted = stand(&root, &shell.ahead(&foreseen));
    let told = |at: usize| format!("{} {}", tasks[at].0, tasks[at].1);
    let mut held = Held::default();
    for (at, ((bound, _), ahead)) in coming.iter().zip(ahead).enumerate() {
        let at = before + at;
        let (made, whole) = done(&shell, &**bound);
        match ahead {
            Told::Unknown(why) => held.unknown.push(format!("{}: {why}", told(at))),
            ahead if ahead.is(&made) => held.told += 1,
            ahead => {
                let past: Vec<String> = (0..at).map(told).collect();
                let task = told(at);
                return Err(format!(
                    "task {at}: {task}\nafter {past:#?}, {before} of them done\ntold: {ahead:?}\nmade: {made:?}"
                ));
            }
        }
        // Where a step fails, what was foreseen of it has not come.
        if !whole {
            return Ok(held);
        }
    }
    let real = stand(&root, &shell.look());
    for ((path, predicted), real) in PATHS.iter().zip(predicted).zip(real) {
        if matches!(&predicted, Ok(told) if !matches!(&real, Ok(made) if made == told)) {
            let tasks: Vec<String> = (0..tasks.len()).map(told).collect();
            return Err(format!(
                "{path} at the end of {tasks:#?}, {before} of them done\ntold: {predicted:?}\nmade: {real:?}"
            ));
        }
    }
    Ok(held)
}

/// What stands at each of the paths; an error where that is unknown.
fn stand(root: &Path, look: &Look) -> Vec<Result<String, ProbeError>> {
    let stands = |path: &&str| {
        let question = FileAt {
            path: format!("{}/{path}", root.display()),
            follow: false,
            hash: true,
        };
        let file = futures::executor::block_on(look.fact(question))?;
        Ok(file.map_or_else(String::new, |file| {
            let File {
                kind,
                mode,
                owner,
                group,
                sha256,
                target,
                ..
            } = file;
            format!("{kind:?} {mode:o} {owner} {group} {sha256:?} {target:?}")
        }))
    };
    PATHS.iter().map(stands).collect()
}

/// What a dry run tells of a task; what it would make true is pending then.
fn foretold(shell: &Shell, bound: &dyn Bound, foreseen: &mut Foreseen) -> Told {
    let seen = Arc::new(Mutex::new(std::mem::take(foreseen)));
    let look = shell.learning(&seen);
    let probed = futures::executor::block_on(bound.probe(&look));
    *foreseen = seen.lock().unwrap().clone();
    match probed {
        Err(ProbeError::Unknown { why, .. }) => Told::Unknown(why),
        Err(why) => Told::Refuses(why.to_string()),
        Ok(state) => match bound.plan(&state) {
            Err(why) => Told::Refuses(why),
            Ok(plan) => {
                foretell(foreseen, &plan);
                Told::Does(plan.changes().to_vec())
            }
        },
    }
}

/// What a task does, and whether all of its steps end well.
fn done(shell: &Shell, bound: &dyn Bound) -> (Told, bool) {
    let state = match futures::executor::block_on(bound.probe(&shell.look())) {
        Ok(state) => state,
        Err(why) => return (Told::Refuses(why.to_string()), true),
    };
    let plan = match bound.plan(&state) {
        Ok(plan) => plan,
        Err(why) => return (Told::Refuses(why), true),
    };
    let whole = shell.steps(&plan).iter().all(|step| step.output.ok());
    (Told::Does(plan.changes().to_vec()), whole)
}
