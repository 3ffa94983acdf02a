//! Histories with their verdicts, each a file with another beside it: `cases/NAME.jsonl` is what was
//! recorded, `cases/NAME.verdict` what is to be found, `cases/NAME.strict` what a strict judge finds.

use super::file::read;
use super::record::History;
use super::{Judged, Judgement, Rules, judge};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A history, and where it is kept.
pub struct Case {
    /// Its name.
    pub name: String,
    /// What was recorded.
    pub history: History,
    path: PathBuf,
}

/// All cases.
pub fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/history/cases");
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    files.sort();
    let cases = files.into_iter().map(|path| Case {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        history: read(&path).unwrap(),
        path,
    });
    cases.collect()
}

/// What was found, a line each: `fault lost-write 1`.
fn verdict(judgement: &Judgement) -> String {
    let lines = judgement.counts.iter().map(|count| {
        let class = serde_json::to_value(count.class).unwrap();
        let judged = if count.judged == Judged::Fault {
            "fault"
        } else {
            "allowed"
        };
        format!("{judged} {} {}\n", class.as_str().unwrap(), count.count)
    });
    let mut text: String = lines.collect();
    let door = &judgement.read_door;
    if door.stale > 0 {
        text.push_str(&format!(
            "stale {} of {}, {:.1} s\n",
            door.stale, door.reads, door.longest
        ));
    }
    if door.own_unseen + door.backwards > 0 {
        text.push_str(&format!(
            "own unseen {}, backwards {}\n",
            door.own_unseen, door.backwards
        ));
    }
    text
}

#[test]
fn each_history_has_its_verdict() {
    let mut wrong = Vec::new();
    let mut classes = BTreeMap::new();
    for case in all() {
        for (rules, end) in [
            (Rules { strict: false }, "verdict"),
            (Rules { strict: true }, "strict"),
        ] {
            let Ok(expected) = std::fs::read_to_string(case.path.with_extension(end)) else {
                assert!(rules.strict, "{} has no verdict", case.name);
                continue;
            };
            let judgement = judge(&case.history, rules);
            for count in &judgement.counts {
                *classes.entry((count.class, count.judged)).or_insert(0) += 1;
            }
            let found = verdict(&judgement);
            if found != expected {
                wrong.push(format!(
                    "{}.{end}:\n{found}{:#?}",
                    case.name, judgement.findings
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let faults = classes
        .keys()
        .filter(|(_, judged)| *judged == Judged::Fault);
    assert_eq!(faults.count(), 23, "a class has no case: {classes:?}");
}
