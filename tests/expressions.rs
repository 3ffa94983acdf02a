//! Templates and conditions give what ansible-core gives for them. `fixtures/expressions/generate`
//! asks it anew.

#![allow(clippy::unwrap_used)]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use trueup::diag::Source;
use trueup::template::{Lookups, RenderError, Scope, Templar, Var};
use trueup::yaml::{self, Node};

/// What is asked, and what Ansible answered.
const OWN: [&str; 2] = [
    include_str!("fixtures/expressions/cases.yml"),
    include_str!("fixtures/expressions/expected.json"),
];
/// The same of collections.
const COLLECTIONS: [&str; 2] = [
    include_str!("fixtures/expressions/collections.yml"),
    include_str!("fixtures/expressions/collections.json"),
];
/// The folder that stands for the word `FOLDER` in them.
const FILES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/expressions/files"
);

/// Where this is not Ansible, and why.
const DEPARTURES: &[(&str, &str)] = &[
    (
        "{{ host6 | ansible.utils.ipaddr('int') }}",
        "a number that large is a text here, since no other filter could count with it",
    ),
    (
        "{{ net6 | ansible.utils.ipaddr('size') }}",
        "a number that large is a text here, since no other filter could count with it",
    ),
    (
        "{{ subnet6 | ansible.utils.ipaddr('size') }}",
        "a number that large is a text here, since no other filter could count with it",
    ),
    (
        "{{ net6 | ansible.utils.ipaddr('size_usable') }}",
        "a number that large is a text here, since no other filter could count with it",
    ),
    (
        "{{ subnet6 | ansible.utils.ipaddr('size_usable') }}",
        "a number that large is a text here, since no other filter could count with it",
    ),
    (
        "{{ mixed | ipaddr('address') }}",
        "older releases of Ansible know the short name",
    ),
    (
        "{{ servers | community.general.json_query('max_by(@, &load).name') }} {{ servers | community.general.json_query('sort_by(@, &load)[].name') }}",
        "its library does not take Ansible's own floats for numbers",
    ),
    (
        "{{ servers | community.general.json_query('[*].load | sum(@)') }} {{ servers | community.general.json_query('avg([*].load)') }}",
        "its library does not take Ansible's own floats for numbers",
    ),
    (
        "{{ 'secret' | password_hash('md5', 'saltsalt') }}",
        "MD5 protects no password",
    ),
    (
        "{{ ('2016-08-14 20:00:12' | to_datetime) }}",
        "there are no values that are times",
    ),
    (
        "{{ (('2016-08-14 20:00:12' | to_datetime) - ('2015-12-25' | to_datetime('%Y-%m-%d'))).total_seconds() }}",
        "there are no values that are times",
    ),
    (
        "{{ (('2016-08-14 20:00:12' | to_datetime) - ('2015-12-25' | to_datetime('%Y-%m-%d'))).days }}",
        "there are no values that are times",
    ),
    (
        "{{ ('2016-08-14 20:00:12' | to_datetime) < ('2017-08-14 20:00:12' | to_datetime) }}",
        "there are no values that are times",
    ),
    (
        "{{ ('2016-08-14 20:00:12' | to_datetime).year }} {{ ('2016-08-14 20:00:12' | to_datetime).strftime('%d.%m.%Y') }}",
        "there are no values that are times",
    ),
    (
        r"{{ 'C:\\a\\b.txt' | win_basename }} {{ 'C:\\a\\b.txt' | win_dirname }} {{ 'C:\\a\\b.txt' | win_splitdrive }}",
        "hosts of Windows are not reached",
    ),
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

fn templar([cases, _]: [&str; 2]) -> Templar {
    let cases = yaml::parse(&Source::new("cases.yml", cases)).unwrap();
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
        yaml::Value::Str(text.replace("FOLDER", FILES)),
        Source::new("case", text).whole(),
    )
}

fn expected([_, answers]: [&str; 2]) -> Expected {
    serde_json::from_str(answers).unwrap()
}

fn value_or_error(result: Result<serde_json::Value, RenderError>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("fails: {error}"),
    }
}

#[test]
fn texts_give_what_ansible_gives() {
    texts(OWN);
}

#[test]
fn texts_of_collections_give_what_ansible_gives() {
    texts(COLLECTIONS);
}

fn texts(cases: [&str; 2]) {
    let templar = templar(cases);
    let mut wrong = Vec::new();
    for case in expected(cases).texts {
        let got = templar
            .value(&node(&case.words))
            .map(|value| serde_json::to_value(value).unwrap_or_default());
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
    conditions(OWN);
    conditions(COLLECTIONS);
}

fn conditions(cases: [&str; 2]) {
    let templar = templar(cases);
    let mut wrong = Vec::new();
    for case in expected(cases).conditions {
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

#[test]
fn the_page_names_all_that_templates_can_call() {
    let page = include_str!("../docs/templates.md");
    let all = trueup::template::vocabulary();
    let names = all.filters.iter().chain(&all.tests).chain(&all.lookups);
    let missing: Vec<&&str> = names
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "docs/templates.md lacks {missing:?}");
}
