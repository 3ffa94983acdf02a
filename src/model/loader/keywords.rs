//! The keywords of a play, role, block or task, laid onto those of what it stands in.

use super::known::{Kind, unsupported};
use super::repeat;
use crate::diag::Diag;
use crate::model::Keywords;
use crate::yaml::{self, Mapping, Node, Value};

/// The keywords of `map` over `outer`: conditions, tags, variables, environments, module defaults
/// and notifications add up, all others are overridden. Keys that are no keywords are left alone.
pub(super) fn inherit(
    outer: &Keywords,
    map: &Mapping,
    kind: Kind,
    errors: &mut Vec<Diag>,
) -> Keywords {
    let mut keywords = outer.clone();
    for (key, value) in map.iter() {
        let word = key.as_str().unwrap_or_default();
        if !kind.knows(word) || value.is_null() {
            continue;
        }
        // `collections` and `throttle: 0` change nothing, so that they need no error.
        let harmless =
            word == "collections" || (word == "throttle" && value.value == Value::Int(0));
        if let Some(diag) = unsupported(key).filter(|_| !harmless) {
            errors.push(diag);
        } else {
            lay(&mut keywords, key, value, kind, errors);
        }
    }
    keywords.repeat = repeat::read(map, errors);
    keywords
}

fn lay(keywords: &mut Keywords, key: &Node, value: &Node, kind: Kind, errors: &mut Vec<Diag>) {
    let one = || Some(value.clone());
    match key.as_str().unwrap_or_default() {
        "when" => keywords.when.extend(list(value)),
        "until" => keywords.until = list(value),
        "changed_when" => keywords.changed_when = list(value),
        "failed_when" => keywords.failed_when = list(value),
        "notify" => keywords.notify.extend(list(value)),
        "predicts" => keywords.predicts = one(),
        "retries" => keywords.retries = one(),
        "delay" => keywords.delay = one(),
        "ignore_errors" => keywords.ignore_errors = one(),
        "ignore_unreachable" => keywords.ignore_unreachable = one(),
        // A play's own is a setting of the play.
        "any_errors_fatal" if kind != Kind::Play => keywords.any_errors_fatal = one(),
        "delegate_to" => keywords.delegate_to = one(),
        "delegate_facts" => keywords.delegate_facts = one(),
        "run_once" => keywords.run_once = one(),
        "become" => keywords.r#become = one(),
        "become_user" => keywords.become_user = one(),
        "become_method" => {
            match value.as_str() {
                Some("sudo" | "ansible.builtin.sudo") => {}
                Some(text) if text.contains("{{") => {}
                _ => errors.push(
                    Diag::error("sudo is the only method to become another user")
                        .at(&value.span, "")
                        .help("remove it"),
                ),
            }
            keywords.become_method = one();
        }
        "remote_user" => keywords.remote_user = one(),
        "connection" => keywords.connection = one(),
        "port" => keywords.port = one(),
        "environment" => match &value.value {
            Value::Seq(items) => keywords.environment.extend(items.iter().cloned()),
            _ => keywords.environment.push(value.clone()),
        },
        "no_log" => keywords.no_log = one(),
        "check_mode" => keywords.check_mode = one(),
        "diff" => keywords.diff = one(),
        "timeout" => keywords.timeout = one(),
        "async" => keywords.r#async = one(),
        "poll" => keywords.poll = one(),
        "module_defaults" => match &value.value {
            Value::Seq(items) => keywords.module_defaults.extend(items.iter().cloned()),
            _ => keywords.module_defaults.push(value.clone()),
        },
        "register" => match value.as_str() {
            Some(name) if is_variable_name(name) => keywords.register = Some(name.to_owned()),
            _ => errors.push(bad_name(value)),
        },
        "tags" => {
            for tag in words(value, errors) {
                if !keywords.tags.contains(&tag) {
                    keywords.tags.push(tag);
                }
            }
        }
        "vars" if kind != Kind::Play => {
            for (key, value) in variables(value, errors).iter() {
                // In a playbook that ansible-core runs too, which knows no such keyword.
                if key.as_str() == Some("trueup_predicts")
                    && matches!(kind, Kind::Task | Kind::Handler)
                {
                    keywords.predicts = Some(value.clone());
                }
                keywords.vars.insert(key.clone(), value.clone());
            }
        }
        _ => {}
    }
}

/// A list, or the one item that stands for it.
pub(super) fn list(node: &Node) -> Vec<Node> {
    match &node.value {
        Value::Seq(items) => items.clone(),
        Value::Null => Vec::new(),
        _ => vec![node.clone()],
    }
}

/// A list of words, or a string with commas.
pub(super) fn words(node: &Node, errors: &mut Vec<Diag>) -> Vec<String> {
    match yaml::from_node::<Vec<String>>(node) {
        Ok(words) => words
            .iter()
            .flat_map(|word| word.split(','))
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect(),
        Err(diags) => {
            errors.extend(diags);
            Vec::new()
        }
    }
}

/// A mapping of variables with names that can be used.
pub(super) fn variables(node: &Node, errors: &mut Vec<Diag>) -> Mapping {
    match &node.value {
        Value::Map(map) => {
            errors.extend(
                map.iter()
                    .filter(|(key, _)| !key.as_str().is_some_and(is_variable_name))
                    .map(|(key, _)| bad_name(key)),
            );
            map.clone()
        }
        Value::Null => Mapping::new(),
        _ => {
            errors.push(
                Diag::error(format!("`vars` is a mapping, not {}", node.kind()))
                    .at(&node.span, "")
                    .help("write `name: value` lines"),
            );
            Mapping::new()
        }
    }
}

/// A boolean that is needed before any template is rendered.
pub(super) fn flag(node: &Node, errors: &mut Vec<Diag>) -> bool {
    match yaml::from_node(node) {
        Ok(flag) => flag,
        Err(diags) => {
            errors.extend(diags);
            false
        }
    }
}

fn bad_name(node: &Node) -> Diag {
    let name = node.as_str().unwrap_or_default();
    Diag::error(format!("`{name}` can't be the name of a variable"))
        .at(&node.span, "")
        .help("a name has letters, digits and underscores, and does not begin with a digit")
}

/// Whether templates can name it.
pub(super) fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && ![
            "True", "False", "None", "not", "and", "or", "in", "is", "if", "else", "for",
        ]
        .contains(&name)
}
