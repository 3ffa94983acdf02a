//! Handlers that are notified.

use super::survey::PlaySurvey;
use crate::diag::Diag;
use crate::model::Task;
use crate::yaml::Node;
use regex::Regex;

/// Whether each name that is notified is some handler's, or a topic that one listens to.
pub fn check(play: &PlaySurvey<'_>, findings: &mut Vec<Diag>) {
    if !play.unseen.is_empty() {
        return;
    }
    let names: Vec<String> = play
        .handlers
        .iter()
        .flat_map(|handler| names(handler))
        .collect();
    for task in play.tasks.iter().chain(&play.handlers) {
        for notified in &task.keywords.notify {
            let Some(name) = notified.as_str().filter(|name| !name.contains("{{")) else {
                continue;
            };
            if !names.iter().any(|known| is(known, name)) {
                let diag =
                    Diag::error(format!("no handler is called `{name}`")).at(&notified.span, "");
                let diag = match crate::diag::did_you_mean(name, names.iter().map(String::as_str)) {
                    Some(best) => diag.help(format!("did you mean `{best}`?")),
                    None => diag.help("define it under `handlers:`, or let one `listen` to it"),
                };
                findings.push(diag);
            }
        }
    }
}

fn names(handler: &Task) -> Vec<String> {
    let name = handler.name.as_ref().and_then(Node::as_str);
    let with_role = name
        .zip(handler.role.as_ref())
        .map(|(name, role)| format!("{} : {name}", role.name));
    name.map(str::to_owned)
        .into_iter()
        .chain(with_role)
        .chain(handler.listen.iter().cloned())
        .collect()
}

/// A template in a handler's name stands for anything.
fn is(known: &str, name: &str) -> bool {
    if !known.contains("{{") {
        return known == name;
    }
    let mut pattern = "^".to_owned();
    let mut rest = known;
    while let Some((before, after)) = rest.split_once("{{") {
        pattern.push_str(&regex::escape(before));
        pattern.push_str(".*");
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(name))
}
