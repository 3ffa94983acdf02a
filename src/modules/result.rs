//! What a task leaves behind: what `register` gets, and what the recap counts.

use super::Plan;
use crate::step::Output;
use crate::yaml::Mapping;
use serde_json::{Map, Value};
use std::time::Duration;

/// A step that ran.
#[derive(Clone, Debug)]
pub struct StepOutput {
    /// What it said; an upload says nothing, status 0.
    pub output: Output,
    /// How long it took.
    pub elapsed: Duration,
}

/// The result of a task on one host (or of one item of its loop).
#[derive(Clone, Debug, Default)]
pub struct TaskResult {
    /// Something differs now.
    pub changed: bool,
    /// Why it failed; `None` when it did not.
    pub failed: Option<String>,
    /// Why it was skipped by the module itself (`creates` exists); `None` when it was not.
    pub skipped: Option<String>,
    /// The module's own return values, under Ansible's names.
    pub values: Map<String, Value>,
    /// Variables that it sets for its host (`ansible_facts`, `set_fact`).
    pub facts: Map<String, Value>,
    /// Variables that it sets as they stand in a file (`include_vars`), rendered where they are used.
    pub included: Mapping,
}

impl TaskResult {
    /// The usual result of a plan and the steps that ran.
    pub fn of(plan: &Plan, ran: &[StepOutput]) -> Self {
        let failed = ran.iter().find(|step| !step.output.ok()).map(|step| {
            let said = step.output.err();
            let said = if said.trim().is_empty() {
                step.output.out()
            } else {
                said
            };
            format!("exit status {}: {}", step.output.status, said.trim())
        });
        Self {
            changed: plan.is_change() && (failed.is_none() || ran.len() > 1),
            failed,
            ..Self::default()
        }
    }

    /// Adds a return value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}
