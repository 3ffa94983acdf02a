//! The texts of a task that hold templates or are expressions.

use super::survey::short;
use crate::diag::Diag;
use crate::model::{Action, Task};
use crate::template::{Reference, check_expression, check_node};
use crate::yaml::{Node, Value};
use std::collections::BTreeSet;

/// What templates and expressions need, and what is wrong with them.
pub type Findings = (Vec<Diag>, BTreeSet<Reference>);

/// All of a task's texts together; its `vars` are apart, since they are rendered where they are used.
pub fn of(task: &Task) -> Findings {
    let mut found = Findings::default();
    let k = &task.keywords;
    for conditions in [&k.when, &k.until, &k.changed_when, &k.failed_when] {
        for condition in conditions {
            expression(condition, &mut found);
        }
    }
    let keywords = [
        &k.retries,
        &k.delay,
        &k.ignore_errors,
        &k.ignore_unreachable,
        &k.any_errors_fatal,
        &k.delegate_to,
        &k.delegate_facts,
        &k.run_once,
        &k.r#become,
        &k.become_user,
        &k.remote_user,
        &k.connection,
        &k.port,
        &k.no_log,
        &k.check_mode,
        &k.diff,
        &k.timeout,
        &k.r#async,
        &k.poll,
        &task.name,
    ];
    let lists = k
        .environment
        .iter()
        .chain(&k.module_defaults)
        .chain(&k.notify);
    keywords
        .into_iter()
        .flatten()
        .chain(lists)
        .for_each(|node| template(node, &mut found));
    if let Some(repeat) = &k.repeat {
        template(&repeat.over, &mut found);
        [&repeat.label, &repeat.pause]
            .into_iter()
            .flatten()
            .for_each(|node| template(node, &mut found));
        repeat
            .break_when
            .iter()
            .for_each(|node| expression(node, &mut found));
    }
    match &task.action {
        Action::Module { name, args } => arguments(short(name), args, &mut found),
        Action::IncludeTasks { file, .. } => template(file, &mut found),
        Action::IncludeRole {
            name,
            tasks_from,
            vars_from,
            defaults_from,
            handlers_from,
            ..
        } => {
            template(name, &mut found);
            let files = [tasks_from, vars_from, defaults_from, handlers_from];
            files
                .into_iter()
                .flatten()
                .for_each(|node| template(node, &mut found));
        }
        Action::Meta(..) => {}
    }
    found
}

/// Some parameters are bare expressions.
fn arguments(module: &str, args: &Node, found: &mut Findings) {
    let Value::Map(map) = &args.value else { return };
    for (key, value) in map.iter() {
        match (module, key.as_str().unwrap_or_default()) {
            ("assert", "that") | ("debug", "var") => match &value.value {
                Value::Seq(items) => items.iter().for_each(|item| expression(item, found)),
                _ => expression(value, found),
            },
            _ => {
                template(key, found);
                template(value, found);
            }
        }
    }
}

fn template(node: &Node, found: &mut Findings) {
    let (diags, references) = check_node(node);
    found.0.extend(diags);
    found.1.extend(references);
}

fn expression(node: &Node, found: &mut Findings) {
    if let Some(text) = node.as_str() {
        let (diags, references) = check_expression(text, &node.span);
        found.0.extend(diags);
        found.1.extend(references);
    }
}
