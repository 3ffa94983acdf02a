//! Values of keywords that need no host to be seen as wrong.

use crate::diag::Diag;
use crate::model::Task;
use crate::yaml::{Node, misfits};

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

fn say<T: serde::de::DeserializeOwned>(word: &str, node: Option<&Node>, findings: &mut Vec<Diag>) {
    let Some(node) = node else { return };
    findings.extend(misfits::<T>(node).into_iter().map(|mut diag| {
        diag.message = format!("`{word}`: {}", diag.message);
        diag
    }));
}
