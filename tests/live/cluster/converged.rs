//! A cluster that is as declared stays alone.

use super::{apply, plan};
use crate::command::Ended;
use crate::lab::Lab;

/// Fails unless no host was changed.
#[track_caller]
fn changed_nothing(lab: &Lab, ended: &Ended) {
    let recap: Vec<&str> = ended
        .stdout
        .lines()
        .filter(|line| line.contains("unreachable="))
        .collect();
    assert!(
        recap.len() >= lab.status().len() && recap.iter().all(|line| line.contains("changed=0 ")),
        "{}",
        ended.stdout
    );
}

/// Fails unless the plan has nothing to do.
#[track_caller]
pub fn plan_says_nothing(lab: &Lab, playbook: &str) {
    plan(lab, playbook, &[]).with_code(0);
}

/// A second run of what was asked for so changes nothing.
#[track_caller]
pub fn second_run_of(lab: &Lab, playbook: &str, words: &[&str]) {
    let ended = apply(lab, playbook, words).with_code(0);
    assert!(ended.stdout.contains("Nothing changed"), "{}", ended.stdout);
}

/// A second run changes nothing, and plan says nothing.
#[track_caller]
pub fn second_run(lab: &Lab, playbook: &str) {
    changed_nothing(lab, &apply(lab, playbook, &[]).with_code(0));
    plan_says_nothing(lab, playbook);
}
