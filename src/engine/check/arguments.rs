//! Modules and their parameters.

use super::elsewhere;
use super::lacking::Lacking;
use crate::diag::Diag;
use crate::model::{Action, Task};
use crate::modules;
use crate::yaml::{Mapping, Node, Value};

/// Whether the module is there and takes these arguments. One that is only missing is wrong where
/// a task with it is reached: for all but a task that is `sure` to be, that is noted alone.
pub fn check(task: &Task, sure: bool, lacking: &mut Vec<Lacking>, findings: &mut Vec<Diag>) {
    let Action::Module { name, args } = &task.action else {
        return;
    };
    let word = name.as_str().unwrap_or_default();
    let Some(module) = modules::find(word) else {
        if sure || meant(word).is_some() {
            findings.push(unknown(word).at(&name.span, ""));
        } else {
            Lacking::note(lacking, word, &name.span);
        }
        return;
    };
    let mut laid = Mapping::new();
    let full = format!("{}.{}", module.collection, module.name);
    for defaults in &task.keywords.module_defaults {
        for name in [full.as_str(), module.name] {
            let own = defaults
                .as_map()
                .and_then(|map| map.get(name))
                .and_then(Node::as_map);
            for (key, value) in own.into_iter().flat_map(Mapping::iter) {
                laid.insert(key.clone(), value.clone());
            }
        }
    }
    for (key, value) in args.as_map().into_iter().flat_map(Mapping::iter) {
        laid.insert(key.clone(), value.clone());
    }
    findings.extend(
        ["mode", "directory_mode"]
            .iter()
            .filter_map(|key| decimal(laid.get(key)?)),
    );
    findings.extend(module.check(&Node::new(Value::Map(laid), args.span.clone())));
}

/// The module that a name which is nobody's may stand for.
fn meant(word: &str) -> Option<String> {
    let (collection, short) = word.rsplit_once('.').unwrap_or(("", word));
    if let Some(module) = modules::find(short).filter(|_| short != word) {
        return Some(format!("{}.{}", module.collection, module.name));
    }
    if elsewhere::is_known(short) {
        return None;
    }
    // Of a collection with nothing of ours no name is near.
    let is_near = |name: &&str| match collection {
        "" | "ansible.builtin" | "ansible.legacy" => true,
        other => modules::find(&format!("{other}.{name}")).is_some(),
    };
    crate::diag::did_you_mean(short, modules::names().filter(is_near)).map(str::to_owned)
}

/// What is wrong with the name of a module that is not there.
pub fn unknown(word: &str) -> Diag {
    let diag = Diag::error(format!("there is no module `{word}`")).of_names();
    match meant(word) {
        Some(best) => diag.help(format!("did you mean `{best}`?")),
        None => diag
            .help("trueup knows the modules that its documentation lists; `command` runs anything"),
    }
}

/// Permissions whose octal digits were read as a decimal number, which hardly anybody means.
fn decimal(mode: &Node) -> Option<Diag> {
    let Value::Int(bits) = mode.value else {
        return None;
    };
    let written = mode.span.text().trim();
    let octal = written.len() > 2 && !written.starts_with('0');
    if !octal || !written.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
        return None;
    }
    let diag = Diag::warning(format!("{written} is decimal and means {bits:04o}"));
    Some(
        diag.at(&mode.span, "")
            .help(format!("write '{written:0>4}'")),
    )
}
