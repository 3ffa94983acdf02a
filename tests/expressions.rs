//! Templates and conditions give what ansible-core gives for them. `fixtures/expressions/generate`
//! asks it anew.

#![allow(clippy::unwrap_used)]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use trueup::diag::Source;
use trueup::template::{Lookups, RenderError, Scope, Templar, Var};
use trueup::yaml::{self, Node};

const CASES: &str = include_str!("fixtures/expressions/cases.yml");
const EXPECTED: &str = include_str!("fixtures/expressions/expected.json");

/// Where this is not Ansible, and why.
const DEPARTURES: &[(&str, &str)] = &[
    (
        "{{ 'password' | password_hash('sha512', 'saltsalt') }}",
        "no filter makes password hashes yet",
    ),
    ("{{ 'abc' | to_uuid }}", "no filter makes UUIDs"),
];

#[derive(Deserialize)]
struct Expected {
    texts: Vec<Text>,
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "text")]
    words: String,
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    value: serde_json::Value,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "condition")]
    words: String,
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    holds: bool,
}

struct Vars(BTreeMap<String, Arc<Node>>);

impl Scope for Vars {
    fn get(&self, name: &str) -> Option<Var> {
        self.0.get(name).cloned().map(Var::Node)
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn templar() -> Templar {
    let cases = yaml::parse(&Source::new("cases.yml", CASES)).unwrap();
    let vars = cases
        .as_map()
        .unwrap()
        .get("vars")
        .unwrap()
        .as_map()
        .unwrap();
    let vars = vars
        .iter()
        .map(|(name, value)| (name.as_str().unwrap().to_owned(), Arc::new(value.clone())));
    Templar::new(Arc::new(Vars(vars.collect())), Arc::new(Lookups::default()))
}

fn node(text: &str) -> Node {
    Node::new(
        yaml::Value::Str(text.to_owned()),
        Source::new("case", text).whole(),
    )
}

fn expected() -> Expected {
    serde_json::from_str(EXPECTED).unwrap()
}

fn value_or_error(result: Result<serde_json::Value, RenderError>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("fails: {error}"),
    }
}

#[test]
fn texts_give_what_ansible_gives() {
    let templar = templar();
    let mut wrong = Vec::new();
    for case in expected().texts {
        let got = templar
            .value(&node(&case.words))
            .map(|value| serde_json::to_value(value).unwrap());
        let same = match &got {
            Ok(value) => !case.fails && *value == case.value,
            Err(_) => case.fails,
        };
        let departs = DEPARTURES.iter().any(|(text, _)| *text == case.words);
        if same == departs {
            let wanted = if case.fails {
                "fails".to_owned()
            } else {
                case.value.to_string()
            };
            wrong.push(format!(
                "{}\n  ansible: {wanted}\n  here:    {}",
                case.words,
                value_or_error(got)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn conditions_hold_where_ansible_says_so() {
    let templar = templar();
    let mut wrong = Vec::new();
    for case in expected().conditions {
        let got = templar.test(&node(&case.words));
        let same = match &got {
            Ok(holds) => !case.fails && *holds == case.holds,
            Err(_) => case.fails,
        };
        if !same {
            wrong.push(format!(
                "{}\n  here: {}",
                case.words,
                value_or_error(got.map(Into::into))
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
