//! Files of the controller that tasks name.

use super::survey::short;
use crate::diag::Diag;
use crate::engine::controller;
use crate::model::{Action, Play, Task};
use crate::yaml::{self, Mapping, Node};

/// What the tasks so far may make on the controller: all that they say.
#[derive(Default)]
pub struct Made(String);

impl Made {
    /// Notes a task that acts on the controller.
    pub fn by(&mut self, task: &Task, play: &Play) {
        let is = |node: Option<&Node>, words: &[&str]| {
            let word = node.and_then(Node::as_str);
            word.is_some_and(|word| words.contains(&word))
        };
        let here = ["localhost", "127.0.0.1", "::1"];
        let k = &task.keywords;
        let local = is(k.connection.as_ref(), &["local", "ansible.builtin.local"]);
        let there = match &k.delegate_to {
            None => is(Some(&play.hosts), &here),
            host => is(host.as_ref(), &here),
        };
        if let (Action::Module { args, .. }, true) = (&task.action, local || there) {
            self.0.push_str(&args.to_json().to_string());
        }
    }

    /// Whether one of them names a file of this name.
    fn has(&self, file: &str) -> bool {
        let name = file.rsplit('/').next().unwrap_or(file);
        !name.is_empty() && self.0.contains(name)
    }
}

/// Whether the files are there that a task names without a template, or may come to be.
pub fn check(task: &Task, play: &Play, made: &Made, findings: &mut Vec<Diag>) {
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
    if let Err(diag) = controller::find(task, play, folder, file)
        && !made.has(file)
    {
        findings.push(diag.or_at(&node.span));
    }
}

fn on_the_host(args: &Mapping) -> bool {
    // What a template decides may be true.
    args.get("remote_src")
        .is_some_and(|node: &Node| yaml::from_node::<bool>(node).unwrap_or(true))
}
