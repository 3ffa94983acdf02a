//! Two runs, written line by line, and what is said of them.

use super::*;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// The lines of a run in which each outcome is of a task of its own on the host `pg-a`.
fn run(mode: &str, ended: &[(&str, Value)]) -> String {
    let mut lines = vec![json!({"event": "run_started", "mode": mode, "playbook": "site.yml"})];
    for (id, (name, outcome)) in ended.iter().enumerate() {
        lines.push(task(id, name));
        lines.push(host(id, "pg-a", outcome));
    }
    text(lines)
}

fn task(id: usize, name: &str) -> Value {
    let place = format!("site.yml:{}:3", 10 * name.len());
    json!({"event": "task_started", "play": 0, "task": {"id": id, "name": name, "place": place}})
}

fn host(task: usize, host: &str, outcome: &Value) -> Value {
    json!({"event": "host_finished", "task": task, "host": host, "outcome": outcome})
}

fn item(task: usize, host: &str, item: &str, outcome: &Value) -> Value {
    json!({"event": "item_finished", "task": task, "host": host, "item": item, "outcome": outcome})
}

fn text(mut lines: Vec<Value>) -> String {
    lines.push(json!({"event": "run_finished", "recap": []}));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn truth(plan: &str, apply: &str) -> Truth {
    Truth::of(
        &Told::parse("plan.jsonl", plan, Mode::Plan).unwrap(),
        &Told::parse("apply.jsonl", apply, Mode::Apply).unwrap(),
    )
}

fn ok() -> Value {
    json!({"status": "ok"})
}

fn skipped() -> Value {
    json!({"status": "skipped", "reason": "x is false"})
}

fn unknown() -> Value {
    json!({"status": "unknown", "until": "Install it", "why": "there is no user postgres yet"})
}

fn failed(ignored: bool) -> Value {
    json!({"status": "failed", "message": "no space", "ignored": ignored})
}

fn mode(from: &str) -> Value {
    json!({"status": "changed", "changes": [
        {"sign": "modify", "what": "/etc/motd", "attribute": "mode", "from": from, "to": "0644"},
    ]})
}

/// The class of one task that was told so and came so.
fn class_of(told: Option<Value>, made: Option<Value>) -> Class {
    let of = |outcome: Option<Value>| outcome.map(|outcome| ("It", outcome)).into_iter().collect();
    let (told, made): (Vec<_>, Vec<_>) = (of(told), of(made));
    truth(&run("plan", &told), &run("apply", &made)).pairs[0].class
}

#[test]
fn each_pair_of_outcomes_has_its_class() {
    let cases = [
        (Some(mode("0600")), Some(mode("0600")), Class::Equal),
        (Some(mode("0600")), Some(mode("0400")), Class::Otherwise),
        (Some(mode("0600")), Some(failed(true)), Class::Otherwise),
        (Some(unknown()), Some(mode("0600")), Class::Unknown),
        (Some(unknown()), Some(skipped()), Class::Unknown),
        (Some(unknown()), Some(ok()), Class::Unknown),
        (Some(mode("0600")), Some(ok()), Class::NotMade),
        (Some(mode("0600")), Some(skipped()), Class::NotMade),
        (Some(mode("0600")), None, Class::NotMade),
        (Some(ok()), Some(mode("0600")), Class::NotTold),
        (Some(skipped()), Some(mode("0600")), Class::NotTold),
        (None, Some(mode("0600")), Class::NotTold),
        (Some(ok()), Some(ok()), Class::AsDeclared),
        (Some(skipped()), Some(ok()), Class::AsDeclared),
        (Some(skipped()), Some(skipped()), Class::Skipped),
        (None, Some(skipped()), Class::Skipped),
        (Some(failed(false)), Some(ok()), Class::Failed),
        (Some(mode("0600")), Some(failed(false)), Class::Failed),
        (Some(failed(true)), Some(failed(true)), Class::AsDeclared),
    ];
    for (told, made, class) in cases {
        assert_eq!(
            class_of(told.clone(), made.clone()),
            class,
            "{told:?} {made:?}"
        );
    }
}

#[test]
fn a_text_that_is_told_otherwise_is_no_equal() {
    let text = |before: Value, after: &str| {
        Some(json!({"status": "changed", "changes": [
            {"sign": "modify", "what": "/etc/motd", "before": before, "after": after},
        ]}))
    };
    let class = |told, made| class_of(told, made);
    assert_eq!(
        class(text("a\n".into(), "b\n"), text("a\n".into(), "b\n")),
        Class::Equal
    );
    assert_eq!(
        class(text("a\n".into(), "b\n"), text("a\n".into(), "c\n")),
        Class::Otherwise
    );
    assert_eq!(
        class(text(Value::Null, "b\n"), text("".into(), "b\n")),
        Class::Otherwise
    );
    let bare =
        Some(json!({"status": "changed", "changes": [{"sign": "modify", "what": "/etc/motd"}]}));
    assert_eq!(class(bare, text(Value::Null, "b\n")), Class::Otherwise);
}

#[test]
fn what_is_told_as_made_anew_may_come_to_be_any_text() {
    let key = |after: &str, note: Option<&str>| {
        let mut changes =
            vec![json!({"sign": "add", "what": "/etc/key", "before": null, "after": after})];
        changes.extend(note.map(|note| json!({"sign": "add", "what": "/etc/key", "note": note})));
        Some(json!({"status": "changed", "changes": changes}))
    };
    let (told, note) = (
        "key = (a new key for a)\nuser = me\n",
        Some("with a new key for a"),
    );
    let came = |made| class_of(key(told, note), key(made, None));
    assert_eq!(came("key = 4711\nuser = me\n"), Class::Equal);
    assert_eq!(came("key = 4711\nuser = you\n"), Class::Otherwise);
    assert_eq!(came("word = 4711\nuser = me\n"), Class::Otherwise);
    let without_note = class_of(key(told, None), key("key = 4711\nuser = me\n", None));
    assert_eq!(without_note, Class::Otherwise);
    let run = |what: &str, note: Option<&str>| {
        let mut changes = vec![json!({"sign": "run", "what": what})];
        changes.extend(note.map(|note| json!({"sign": "run", "what": what, "note": note})));
        Some(json!({"status": "changed", "changes": changes}))
    };
    let came = |made| class_of(run("set --pw (a new key for a)", note), run(made, None));
    assert_eq!(came("set --pw ***"), Class::Equal);
    assert_eq!(came("unset --pw ***"), Class::Otherwise);
}

#[test]
fn what_a_failed_host_was_not_come_to_is_no_lie_of_its_own() {
    let plan = run("plan", &[("One", ok()), ("Two more", mode("0600"))]);
    let apply = run("apply", &[("One", failed(false))]);
    let truth = truth(&plan, &apply);
    assert_eq!(truth.count(Class::Failed), 1);
    assert_eq!(truth.count(Class::NotReached), 1);
    assert!(!truth.holds());
}

#[test]
fn a_pair_is_as_good_as_its_worst_item() {
    let lines = |verb: &str, second: &Value, all: &Value| {
        text(vec![
            json!({"event": "run_started", "mode": verb, "playbook": "site.yml"}),
            task(0, "Loop"),
            item(0, "pg-a", "one", &mode("0600")),
            item(0, "pg-a", "two", second),
            item(0, "pg-a", "two", &ok()),
            host(0, "pg-a", all),
        ])
    };
    let truth = truth(
        &lines("plan", &ok(), &mode("0600")),
        &lines("apply", &mode("0400"), &mode("0600")),
    );
    assert_eq!(truth.compared(), 1);
    assert_eq!(truth.count(Class::NotTold), 1);
    assert_snapshot!(plain(&truth), @r"
    Pairs of a task and a host
      told word for word     0   0.0 %
      told otherwise         0   0.0 %
      unknown                0   0.0 %
      told and not made      0   0.0 %
      made and not told      1 100.0 %
      as declared            0   0.0 %
      failed                 0   0.0 %
      not reached            0   0.0 %
      skipped                0
    No change was told.

    made and not told (1)
      Loop  site.yml:40:3
        pg-a (item=two)
          told  as declared
          made  ~ /etc/motd  mode: 0400 -> 0644
    ");
}

#[test]
fn an_unknown_loop_is_one_unknown_whatever_its_items_do() {
    let plan = run("plan", &[("Loop", unknown())]);
    let apply = text(vec![
        json!({"event": "run_started", "mode": "apply", "playbook": "site.yml"}),
        task(7, "Loop"),
        item(7, "pg-a", "one", &mode("0600")),
        host(7, "pg-a", &mode("0600")),
    ]);
    let truth = truth(&plan, &apply);
    assert_eq!(truth.count(Class::Unknown), 1);
    assert!(truth.holds(), "what is not known is no lie");
}

#[test]
fn a_file_that_is_imported_twice_is_told_apart_by_its_turn() {
    let plan = run("plan", &[("Same", mode("0600")), ("Same", ok())]);
    let apply = run("apply", &[("Same", mode("0600")), ("Same", mode("0600"))]);
    let truth = truth(&plan, &apply);
    assert_eq!(truth.count(Class::Equal), 1);
    assert_eq!(truth.count(Class::NotTold), 1);
}

fn plain(truth: &Truth) -> String {
    anstream::adapter::strip_str(&truth.text()).to_string()
}

/// A run on two hosts with something of nearly each class.
fn mixed() -> Truth {
    let lines = |verb: &str, first: &Value, second: &Value| {
        let mut lines = vec![json!({"event": "run_started", "mode": verb, "playbook": "site.yml"})];
        for (id, (name, outcome)) in [
            ("Copy it", first),
            ("Install it", &mode("0600")),
            ("Link it over", second),
        ]
        .into_iter()
        .enumerate()
        {
            lines.push(task(id, name));
            lines.extend(["pg-a", "pg-b"].map(|name| host(id, name, outcome)));
        }
        text(lines)
    };
    truth(
        &lines("plan", &mode("0600"), &unknown()),
        &lines("apply", &mode("0640"), &skipped()),
    )
}

#[test]
fn the_table_names_the_tasks_and_folds_their_hosts() {
    assert_snapshot!(plain(&mixed()), @r"
    Pairs of a task and a host
      told word for word     2  33.3 %
      told otherwise         2  33.3 %
      unknown                2  33.3 %
      told and not made      0   0.0 %
      made and not told      0   0.0 %
      as declared            0   0.0 %
      failed                 0   0.0 %
      not reached            0   0.0 %
      skipped                0
    Of what was told 50.0 % came word for word.

    told otherwise (2)
      Copy it  site.yml:70:3
        pg-a, pg-b
          told  ~ /etc/motd  mode: 0600 -> 0644
          made  ~ /etc/motd  mode: 0640 -> 0644

    unknown (2)
      Link it over  site.yml:120:3
        pg-a, pg-b
          told  unknown until Install it: there is no user postgres yet
          made  skipped: x is false
    ");
}

#[test]
fn the_document_says_the_same() {
    let document = mixed().json();
    assert_eq!(document["holds"], false);
    assert_eq!(document["pairs"], 6);
    assert_eq!(document["counts"]["equal"], 2);
    assert_eq!(document["percent_of_told_equal"], 50.0);
    assert_eq!(document["percent_unknown"], 33.3);
    let offender = &document["offenders"][0];
    assert_eq!(offender["class"], "otherwise");
    assert_eq!(offender["host"], "pg-a");
    assert_eq!(offender["parts"][0]["told"]["changes"][0]["from"], "0600");
    assert_eq!(offender["parts"][0]["made"]["changes"][0]["from"], "0640");
}

#[test]
fn shares_are_not_rounded_to_all_or_none() {
    assert_eq!(table::share(1999, 2000), "99.9 %");
    assert_eq!(table::share(1, 5000), "0.1 %");
    assert_eq!(table::share(7, 7), "100.0 %");
    assert_eq!(table::share(0, 7), "0.0 %");
    assert_eq!(table::share(0, 0), "-");
}

#[test]
fn what_is_no_such_run_is_refused_with_words() {
    let plan = run("plan", &[]);
    let refused = |text: &str, mode| Told::parse("x.jsonl", text, mode).unwrap_err().to_string();
    assert_snapshot!(refused(&plan, Mode::Apply), @"x.jsonl does not tell an apply: make it by `trueup apply ... --output json`");
    assert_snapshot!(refused("", Mode::Plan), @"x.jsonl does not tell a plan: make it by `trueup plan ... --output json`");
    assert_snapshot!(refused("PLAY [all]\n", Mode::Plan), @"line 1 of x.jsonl is no event of a run: expected value at line 1 column 1; it is made by `--output json`");
    let cut = plan.lines().next().unwrap();
    assert_snapshot!(refused(cut, Mode::Plan), @"x.jsonl ends before its run did: its last line is no `run_finished`");
}

/// docs/truth.md names each field, and no other.
#[test]
fn the_document_is_documented() {
    let docs = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/truth.md"));
    let documented: Vec<&str> = docs
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let document = mixed().json();
    let offender = &document["offenders"][0];
    let mut printed: Vec<&str> = [
        &document,
        &document["counts"],
        offender,
        &offender["parts"][0],
    ]
    .iter()
    .flat_map(|object| object.as_object().unwrap().keys())
    .map(String::as_str)
    .collect();
    for name in &printed {
        assert!(
            documented.contains(name),
            "docs/truth.md says nothing of `{name}`"
        );
    }
    printed.retain(|name| documented.contains(name));
    for name in documented {
        assert!(printed.contains(&name), "there is no `{name}`");
    }
}
