//! The cases in `cases/`: what the nodes say, and what is decided. A file each; a new one needs no code.
//!
//! `given` is laid over `cases/MODULE.yml` (names with `null` go away); the rest is what comes of it: what
//! is registered, or `refusal` as data and its `words`.

use super::{
    DcsVerdict, Decision, EtcdVerdict, PatroniHandOver, PatroniHome, PatroniPromotion, PgBeyond,
    PgFork, PgHandOver, PgHome, PgPromotion, PgVerdict, ZookeeperVerdict,
};
use crate::decide::home;
use crate::diag::Source;
use crate::modules::trial::{Shell, settled};
use crate::modules::{Module, TaskResult};
use crate::yaml;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
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
    let known = names::<home::pgpool::Refusal>().chain(names::<home::Obstacle>());
    hold_each::<PgHome>("home", 30, known, |result| match result.failed {
        Some(_) => registered_or_refusal(result),
        None => json!({ "way": result.values["way"], "lines": result.values["lines"] }),
    });
}

#[test]
fn a_log_leaves_its_primary_s_line_where_its_case_says() {
    hold::<PgFork>("fork", 8, registered_or_refusal);
}

#[test]
fn of_a_log_that_nobody_read_all_may_be_lost() {
    hold::<PgBeyond>("beyond", 2, registered_or_refusal);
}

/// What is registered, or the refusal.
fn registered_or_refusal(result: &TaskResult) -> Value {
    match &result.failed {
        Some(words) => json!({ "refusal": result.values["refusal"], "words": words }),
        None => json!(result.values),
    }
}

#[test]
fn who_is_promoted_by_hand_is_told_by_the_case() {
    hold_all::<PgPromotion>("promotion", 20);
}

#[test]
fn a_primary_hands_over_as_its_case_says() {
    hold_all::<PgHandOver>("hand_over", 15);
}

/// Holds all cases of a decision, and that each refusal which it knows is in one of them.
fn hold_all<D>(folder: &str, least: usize)
where
    D: Decision,
    D::Refusal: DeserializeOwned,
{
    hold_each::<D>(folder, least, names::<D::Refusal>(), registered_or_refusal);
}

fn hold_each<D: Decision>(
    folder: &str,
    least: usize,
    known: impl Iterator<Item = String>,
    seen: impl Fn(&TaskResult) -> Value,
) {
    let told = std::cell::RefCell::new(BTreeSet::new());
    hold::<D>(folder, least, |result| {
        let refusal = result.values.get("refusal").cloned();
        told.borrow_mut().extend(refusal.as_ref().and_then(variant));
        seen(result)
    });
    assert_eq!(told.into_inner(), known.collect());
}

/// The names of the variants, which serde tells to one who asks for another.
fn names<Refusal: DeserializeOwned>() -> impl Iterator<Item = String> {
    let asked = serde_json::from_value::<Refusal>(json!("?"));
    let known = asked.err().unwrap().to_string();
    let names = known.split('`').skip(3).step_by(2).map(str::to_owned);
    names.collect::<Vec<_>>().into_iter()
}

/// The name of a variant.
fn variant(refusal: &Value) -> Option<String> {
    let name = refusal.as_str().or_else(|| {
        let (name, _) = refusal.as_object()?.iter().next()?;
        Some(name)
    });
    name.map(str::to_owned)
}

#[test]
fn a_cluster_is_built_or_refused_as_its_case_says() {
    hold_all::<PgVerdict>(<PgVerdict as Decision>::NAME, 30);
}

#[test]
fn nodes_are_started_as_their_case_says() {
    hold_all::<DcsVerdict>(<DcsVerdict as Decision>::NAME, 15);
}

#[test]
fn etcd_has_its_quorum_where_its_case_says() {
    hold_all::<EtcdVerdict>(<EtcdVerdict as Decision>::NAME, 10);
}

#[test]
fn an_ensemble_begins_as_its_case_says() {
    hold_all::<ZookeeperVerdict>(<ZookeeperVerdict as Decision>::NAME, 10);
}

#[test]
fn the_nodes_of_a_patroni_cluster_come_home_by_the_ways_of_their_case() {
    let known = names::<home::patroni::Refusal>().chain(names::<home::Obstacle>());
    hold_each::<PatroniHome>("patroni_home", 50, known, |result| {
        let mut seen = registered_or_refusal(result);
        let told = seen.as_object_mut().unwrap();
        told.retain(|name, _| ["nodes", "lines", "refusal", "words"].contains(&name.as_str()));
        if let Some(Value::Object(nodes)) = told.shift_remove("nodes") {
            let way = |(name, home): (String, Value)| (name, home["way"].clone());
            told.insert("ways".to_owned(), nodes.into_iter().map(way).collect());
        }
        seen
    });
}

#[test]
fn in_a_patroni_cluster_who_is_promoted_is_whom_the_case_says() {
    hold_all::<PatroniPromotion>(<PatroniPromotion as Decision>::NAME, 20);
}

#[test]
fn the_lead_of_a_patroni_cluster_goes_where_the_case_says() {
    hold_all::<PatroniHandOver>(<PatroniHandOver as Decision>::NAME, 15);
}
