//! Modules and their parameters.

use crate::diag::Diag;
use crate::model::{Action, Task};
use crate::modules;
use crate::yaml::{Mapping, Node, Value};

/// Whether the module is there and takes these arguments.
pub fn check(task: &Task, findings: &mut Vec<Diag>) {
    let Action::Module { name, args } = &task.action else {
        return;
    };
    let word = name.as_str().unwrap_or_default();
    let Some(module) = modules::find(word) else {
        findings.push(unknown(word).at(&name.span, ""));
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
    findings.extend(module.check(&Node::new(Value::Map(laid), args.span.clone())));
}

fn unknown(word: &str) -> Diag {
    let short = word.rsplit('.').next().unwrap_or(word);
    let diag = Diag::error(format!("there is no module `{word}`")).of_names();
    if let Some(module) = modules::find(short).filter(|_| short != word) {
        return diag.help(format!(
            "did you mean `{}.{}`?",
            module.collection, module.name
        ));
    }
    match crate::diag::did_you_mean(short, modules::names()) {
        Some(best) => diag.help(format!("did you mean `{best}`?")),
        None => diag
            .help("trueup knows the modules that its documentation lists; `command` runs anything"),
    }
}
