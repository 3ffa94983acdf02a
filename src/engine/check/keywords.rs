//! Values of keywords that need no host to be seen as wrong.

use crate::diag::Diag;
use crate::engine::predicts::Prediction;
use crate::engine::settings::percentage;
use crate::graph::Size;
use crate::model::{Play, Task};
use crate::yaml::{Node, Value, misfits};

/// Whether keywords have values of their types.
pub fn check(task: &Task, findings: &mut Vec<Diag>) {
    let k = &task.keywords;
    let flags = [
        ("become", &k.r#become),
        ("ignore_errors", &k.ignore_errors),
        ("ignore_unreachable", &k.ignore_unreachable),
        ("any_errors_fatal", &k.any_errors_fatal),
        ("delegate_facts", &k.delegate_facts),
        ("run_once", &k.run_once),
        ("no_log", &k.no_log),
        ("check_mode", &k.check_mode),
        ("diff", &k.diff),
    ];
    let numbers = [
        ("retries", &k.retries),
        ("delay", &k.delay),
        ("timeout", &k.timeout),
        ("async", &k.r#async),
        ("poll", &k.poll),
        ("port", &k.port),
    ];
    let words = [
        ("become_user", &k.become_user),
        ("remote_user", &k.remote_user),
        ("delegate_to", &k.delegate_to),
        ("connection", &k.connection),
    ];
    for (word, node) in flags {
        say::<bool>(word, node.as_ref(), findings);
    }
    for (word, node) in numbers {
        say::<f64>(word, node.as_ref(), findings);
    }
    for (word, node) in words {
        say::<String>(word, node.as_ref(), findings);
    }
    say::<Vec<Prediction>>("predicts", k.predicts.as_ref(), findings);
    for condition in [&k.when, &k.until, &k.changed_when, &k.failed_when]
        .into_iter()
        .flatten()
    {
        if condition.as_seq().is_some() || condition.as_map().is_some() {
            let what = format!("a condition is an expression, not {}", condition.kind());
            findings.push(
                Diag::error(what)
                    .at(&condition.span, "")
                    .help("quote it, if it begins with a bracket"),
            );
        }
    }
}

/// Whether keywords of the play itself have values of their types.
pub fn check_play(play: &Play, findings: &mut Vec<Diag>) {
    say::<bool>("any_errors_fatal", play.any_errors_fatal.as_ref(), findings);
    say::<bool>("gather_facts", play.gather_facts.as_ref(), findings);
    if let Some(node) = &play.max_fail_percentage
        && literal(node).is_some_and(|text| percentage(&text).is_none())
    {
        let diag = Diag::error("`max_fail_percentage` is no percentage").at(&node.span, "");
        findings.push(diag.help("write a number, as in `30`"));
    }
    for node in &play.serial {
        if literal(node).is_some_and(|text| Size::read(&text).is_none()) {
            let diag = Diag::error("`serial` is no size of a batch").at(&node.span, "");
            findings.push(diag.help("write numbers of hosts and percentages, as in `1` or `30%`"));
        }
    }
}

/// What a value says where no template decides it.
fn literal(node: &Node) -> Option<String> {
    match &node.value {
        Value::Str(text) if text.contains("{{") || text.contains("{%") => None,
        Value::Str(text) => Some(text.clone()),
        _ => Some(node.to_json().to_string()),
    }
}

fn say<T: serde::de::DeserializeOwned>(word: &str, node: Option<&Node>, findings: &mut Vec<Diag>) {
    let Some(node) = node else { return };
    findings.extend(misfits::<T>(node).into_iter().map(|mut diag| {
        diag.message = format!("`{word}`: {}", diag.message);
        diag
    }));
}
