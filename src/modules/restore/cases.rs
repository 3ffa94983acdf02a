//! The cases in `cases/`: what the nodes say, and what is decided. A file each; a new one needs no code.
//!
//! `given` is laid over `cases/MODULE.yml` (names with `null` go away); the rest is what comes of it: what
//! is registered, or `refusal` as data and its `words`.

use super::{PgFork, PgHandOver, PgHome, PgPromotion};
use crate::diag::Source;
use crate::modules::trial::{Shell, settled};
use crate::modules::{Module, TaskResult};
use crate::yaml;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.display().to_string();
    match yaml::parse(&Source::new(&name, &text)) {
        Ok(node) => node.to_json(),
        Err(diags) => panic!("{name}: {diags:?}"),
    }
}

/// RFC 7396.
fn lay(over: &Value, under: &mut Value) {
    let Value::Object(fields) = over else {
        *under = over.clone();
        return;
    };
    if !under.is_object() {
        *under = json!({});
    }
    let into = under.as_object_mut().unwrap();
    for (name, value) in fields {
        if value.is_null() {
            into.shift_remove(name);
        } else {
            lay(value, into.entry(name.clone()).or_insert(Value::Null));
        }
    }
}

/// Holds all cases of a module against what it does; `seen` takes from a result what a case tells of.
fn hold<M: Module>(folder: &str, least: usize, seen: impl Fn(&TaskResult) -> Value) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules/restore/cases");
    let base = read(&cases.join(format!("{folder}.yml")));
    let files = std::fs::read_dir(cases.join(folder)).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= least, "{} cases", files.len());
    let shell = Shell::dash();
    let mut wrong = Vec::new();
    for file in files {
        let mut case = read(&file);
        let mut args = base.clone();
        if let Some(given) = case.as_object_mut().unwrap().shift_remove("given") {
            lay(&given, &mut args);
        }
        let came = seen(&settled::<M>(&shell, Path::new("/"), args));
        if came != case {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("{name}:\n{came:#}\nnot\n{case:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_node_comes_home_by_the_way_of_its_case() {
    hold::<PgHome>("home", 30, |result| match &result.failed {
        Some(words) => json!({ "refused": words }),
        None => json!({ "way": result.values["way"], "lines": result.values["lines"] }),
    });
}

#[test]
fn a_log_leaves_its_primary_s_line_where_its_case_says() {
    hold::<PgFork>(
        "fork",
        8,
        |result| json!({ "source": result.values["source"], "fork": result.values["fork"] }),
    );
}

/// What is registered, or the refusal.
fn told(result: &TaskResult) -> Value {
    match &result.failed {
        Some(words) => json!({ "refusal": result.values["refusal"], "words": words }),
        None => json!(result.values),
    }
}

#[test]
fn who_is_promoted_by_hand_is_told_by_the_case() {
    hold::<PgPromotion>("promotion", 20, told);
}

#[test]
fn a_primary_hands_over_as_its_case_says() {
    hold::<PgHandOver>("hand_over", 15, told);
}
