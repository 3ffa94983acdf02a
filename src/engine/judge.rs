//! What a task's result means: `failed_when`, `changed_when`, and what `register` gets.

use super::outcome::Registered;
use crate::model::Task;
use crate::modules::TaskResult;
use crate::template::{RenderError, Templar};
use serde_json::{Value, json};

/// A result with the task's own word on it.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Something differs now.
    pub changed: bool,
    /// Why it failed.
    pub failed: Option<String>,
    /// Why it was skipped.
    pub skipped: Option<String>,
    /// What `register` gets.
    pub registered: Registered,
}

impl Verdict {
    /// A result as the module gave it.
    pub fn of(result: TaskResult) -> Self {
        let mut registered = result.values;
        if !result.facts.is_empty() {
            registered.insert("ansible_facts".into(), Value::Object(result.facts));
        }
        let mut verdict = Self {
            changed: result.changed,
            failed: result.failed,
            skipped: result.skipped,
            registered,
        };
        verdict.write();
        verdict
    }

    /// A failure before any module ran.
    pub fn failure(message: impl Into<String>) -> Self {
        let mut verdict = Self {
            failed: Some(message.into()),
            ..Self::default()
        };
        verdict.write();
        verdict
    }

    /// A task that did not apply.
    pub fn skip(condition: &str) -> Self {
        let mut verdict = Self {
            skipped: Some(condition.to_owned()),
            ..Self::default()
        };
        verdict.write();
        verdict
            .registered
            .insert("false_condition".into(), condition.into());
        verdict
    }

    /// It failed, whatever its module says.
    pub fn fail(&mut self, message: String) {
        self.changed = false;
        self.failed = Some(message);
        self.write();
    }

    /// Writes the common return values.
    fn write(&mut self) {
        self.registered
            .insert("changed".into(), self.changed.into());
        self.registered
            .insert("failed".into(), self.failed.is_some().into());
        if let Some(message) = &self.failed {
            self.registered
                .entry("msg")
                .or_insert_with(|| message.as_str().into());
        }
        if let Some(why) = &self.skipped {
            self.registered.insert("skipped".into(), true.into());
            self.registered
                .insert("skip_reason".into(), why.as_str().into());
        }
    }

    /// Applies `failed_when` and `changed_when`; `templar` sees the registered result.
    pub fn judge(&mut self, task: &Task, templar: &Templar) -> Result<(), RenderError> {
        let words = &task.keywords;
        if !words.failed_when.is_empty() {
            let mut all = true;
            for condition in &words.failed_when {
                all = all && templar.test(condition)?;
            }
            self.failed = match (all, self.failed.take()) {
                (true, Some(message)) => Some(message),
                (true, None) => Some("failed_when holds".to_owned()),
                (false, _) => None,
            };
            self.registered
                .insert("failed_when_result".into(), all.into());
        }
        if !words.changed_when.is_empty() {
            let mut all = true;
            for condition in &words.changed_when {
                all = all && templar.test(condition)?;
            }
            self.changed = all;
        }
        self.write();
        Ok(())
    }
}

/// What `register` gets of a loop: the items' results and their sum.
pub fn sum(results: Vec<Verdict>) -> Verdict {
    let mut verdict = Verdict {
        changed: results.iter().any(|item| item.changed),
        failed: results.iter().find_map(|item| item.failed.clone()),
        skipped: None,
        registered: Registered::new(),
    };
    if results.iter().all(|item| item.skipped.is_some()) {
        verdict.skipped = Some(if results.is_empty() {
            "No items in the list".to_owned()
        } else {
            "All items skipped".to_owned()
        });
    }
    let message = match (&verdict.failed, &verdict.skipped) {
        (Some(_), _) => "One or more items failed",
        (None, Some(_)) => "All items skipped",
        (None, None) => "All items completed",
    };
    let results: Vec<Value> = results
        .into_iter()
        .map(|item| Value::Object(item.registered))
        .collect();
    verdict.registered.insert("results".into(), json!(results));
    verdict.registered.insert("msg".into(), message.into());
    verdict.write();
    verdict
}
