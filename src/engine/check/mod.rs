//! What can be known of a playbook without any host: all findings at once, each with its place.
//!
//! What rests on a template, a fact or something that is included by a name known only at run
//! time is left to the run. The check errs on the side of silence: what it reports is wrong on
//! every host.

mod arguments;
mod elsewhere;
mod files;
mod gate;
mod handlers;
mod keywords;
mod lacking;
mod names;
mod scope;
mod survey;
mod texts;
mod walk;

use crate::diag::{Diag, Span};
use crate::model::{Inventory, Loader, Playbook};
use std::collections::HashSet;
use survey::Survey;

pub(super) use arguments::unknown as unknown_module;
pub use lacking::{Checked, Lacking};

/// All that is wrong with a playbook, what looks wrong, and what only a run can tell.
pub fn check(playbook: &Playbook, inventory: &Inventory, loader: &Loader) -> Checked {
    let mut findings = Vec::new();
    let mut lacking = Vec::new();
    let survey = Survey::of(playbook, inventory, loader, &mut findings);
    let mut made = files::Made::default();
    for play in &survey.plays {
        keywords::check_play(play.play, &mut findings);
        for task in play.tasks.iter().chain(&play.handlers) {
            arguments::check(task, play.way(task).sure, &mut lacking, &mut findings);
            keywords::check(task, &mut findings);
            files::check(task, play.play, &made, &mut findings);
            made.by(task, play.play);
            gate::check(task, &mut findings);
        }
        // What was not read may define what seems to be missing.
        if loader.is_whole() {
            handlers::check(play, &mut findings);
        }
    }
    scope::check(&survey, &mut findings);
    let mut findings = once(findings);
    loader.in_order(&mut findings);
    let mut unseen: Vec<Span> = Vec::new();
    for span in survey.plays.into_iter().flat_map(|play| play.unseen) {
        if !unseen.contains(&span) {
            unseen.push(span);
        }
    }
    Checked {
        findings,
        lacking,
        unseen,
    }
}

/// Keywords and variables are inherited, so that one mistake may be found at many tasks.
fn once(findings: Vec<Diag>) -> Vec<Diag> {
    let place = |span: &Span| (span.source().name().to_owned(), span.start());
    let mut seen = HashSet::new();
    findings
        .into_iter()
        .filter(|diag| {
            seen.insert((
                diag.message.clone(),
                diag.place.as_ref().map(|(span, _)| place(span)),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests;
