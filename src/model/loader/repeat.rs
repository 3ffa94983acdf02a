//! `loop`, `with_*` and `loop_control`.

use super::keywords::{flag, is_variable_name, list};
use crate::diag::Diag;
use crate::model::Loop;
use crate::yaml::{Mapping, Node, Value};

const CONTROLS: [&str; 7] = [
    "loop_var",
    "index_var",
    "label",
    "pause",
    "extended",
    "extended_allitems",
    "break_when",
];

/// The loop of a task, if it has one.
pub(super) fn read(map: &Mapping, errors: &mut Vec<Diag>) -> Option<Loop> {
    let mut loops = map.iter().filter(|(key, _)| {
        key.as_str()
            .is_some_and(|word| word == "loop" || word.starts_with("with_"))
    });
    let (key, over) = loops.next()?;
    if let Some((second, _)) = loops.next() {
        errors.push(
            Diag::error("a task has one loop, and this one has two")
                .at(&second.span, "the second")
                .also(&key.span, "the first")
                .help("remove one of them"),
        );
    }
    if over.is_null() {
        errors.push(
            Diag::error("there is nothing to loop over")
                .at(&key.span, "")
                .help("give it a list"),
        );
        return None;
    }
    let word = key.as_str().unwrap_or_default();
    let mut repeat = Loop {
        lookup: word.strip_prefix("with_").unwrap_or(word).to_owned(),
        over: over.clone(),
        var: "item".to_owned(),
        index_var: None,
        label: None,
        pause: None,
        extended: false,
        break_when: Vec::new(),
    };
    if let Some(control) = map.get("loop_control") {
        match &control.value {
            Value::Map(control) => lay(&mut repeat, control, errors),
            Value::Null => {}
            _ => errors.push(
                Diag::error(format!(
                    "`loop_control` is a mapping, not {}",
                    control.kind()
                ))
                .at(&control.span, ""),
            ),
        }
    }
    Some(repeat)
}

fn lay(repeat: &mut Loop, control: &Mapping, errors: &mut Vec<Diag>) {
    for (key, value) in control.iter() {
        match key.as_str().unwrap_or_default() {
            "loop_var" => {
                if let Some(name) = name(value, errors) {
                    repeat.var = name;
                }
            }
            "index_var" => repeat.index_var = name(value, errors),
            "label" => repeat.label = Some(value.clone()),
            "pause" => repeat.pause = Some(value.clone()),
            "extended" => repeat.extended = flag(value, errors),
            // Whether `ansible_loop.allitems` is there; it costs nothing here, so it always is.
            "extended_allitems" => {}
            "break_when" => repeat.break_when = list(value),
            word => errors.push(
                Diag::error(format!("`{word}` is no part of `loop_control`"))
                    .at(&key.span, "")
                    .suggest(word, CONTROLS),
            ),
        }
    }
}

fn name(node: &Node, errors: &mut Vec<Diag>) -> Option<String> {
    let name = node
        .as_str()
        .filter(|name| is_variable_name(name))
        .map(str::to_owned);
    if name.is_none() {
        errors.push(Diag::error("this can't be the name of a variable").at(&node.span, ""));
    }
    name
}
