//! Files of the controller that tasks name.

use super::survey::short;
use crate::diag::Diag;
use crate::engine::controller;
use crate::model::{Action, Play, Task};
use crate::yaml::{self, Mapping, Node};

/// Whether the files are there that a task names without a template.
pub fn check(task: &Task, play: &Play, findings: &mut Vec<Diag>) {
    let Action::Module { name, args } = &task.action else {
        return;
    };
    let Some(args) = args.as_map() else { return };
    let named = match short(name) {
        "copy" if !on_the_host(args) => args.get("src").map(|src| ("files", src)),
        "template" => args.get("src").map(|src| ("templates", src)),
        "include_vars" => args
            .get("file")
            .or_else(|| args.get("_raw_params"))
            .map(|file| ("vars", file)),
        _ => None,
    };
    let Some((folder, node)) = named else { return };
    let Some(file) = node
        .as_str()
        .filter(|file| !file.contains("{{") && !file.contains("{%"))
    else {
        return;
    };
    if let Err(diag) = controller::find(task, play, folder, file) {
        findings.push(diag.or_at(&node.span));
    }
}

fn on_the_host(args: &Mapping) -> bool {
    // What a template decides may be true.
    args.get("remote_src")
        .is_some_and(|node: &Node| yaml::from_node::<bool>(node).unwrap_or(true))
}
