//! What a task's result means: `failed_when`, `changed_when`, and what `register` gets.

use super::outcome::Registered;
use crate::model::Task;
use crate::modules::TaskResult;
use crate::template::{RenderError, Templar};
use crate::yaml::Node;
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
    /// What of this is a mere guess, since the task did not run yet (only in a dry run).
    pub unsure: Unsure,
}

/// What only a task itself can tell, by its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unsure {
    /// `changed`
    pub changed: bool,
    /// `failed`
    pub failed: bool,
    /// Whether it runs at all.
    pub run: bool,
}

impl Verdict {
    /// Nothing is known, not even whether it runs.
    pub fn unknown() -> Self {
        Self {
            unsure: Unsure {
                changed: true,
                failed: true,
                run: true,
            },
            ..Self::default()
        }
    }

    /// It did not run, and only when it does it says how it ends.
    pub fn doubt(&mut self) {
        (self.unsure.changed, self.unsure.failed) = (self.changed, true);
        self.write();
    }

    /// Somebody says how it ends.
    pub fn trust(&mut self) {
        (self.unsure.changed, self.unsure.failed) = (false, false);
        self.write();
    }

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
            unsure: Unsure::default(),
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
        self.unsure = Unsure::default();
        self.write();
    }

    /// Writes the common return values, as far as they are known.
    fn write(&mut self) {
        let common = [
            ("changed", self.changed, self.unsure.changed),
            ("failed", self.failed.is_some(), self.unsure.failed),
        ];
        for (name, value, unsure) in common {
            if unsure {
                self.registered.shift_remove(name);
            } else {
                self.registered.insert(name.into(), value.into());
            }
        }
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

    /// Applies `failed_when` and `changed_when`; `templar` sees the registered result. Where they
    /// rest on what is not there yet of a `pending` one, they are unknown, not false.
    pub fn judge(
        &mut self,
        task: &Task,
        templar: &Templar,
        pending: bool,
    ) -> Result<(), RenderError> {
        let words = &task.keywords;
        let known = |all: &[Node]| match templar.broken(all) {
            Ok(broken) => Ok(Some(broken.is_none())),
            Err(RenderError::Unknown { .. }) if pending => Ok(None),
            Err(other) => Err(other),
        };
        if !words.failed_when.is_empty() {
            let all = known(&words.failed_when)?;
            self.failed = match (all, self.failed.take()) {
                (Some(true), Some(message)) => Some(message),
                (Some(true), None) => Some("failed_when holds".to_owned()),
                (Some(false) | None, _) => None,
            };
            // What does not fail has done what it was there for.
            self.unsure.changed &= all.is_none();
            self.unsure.failed = all.is_none();
            if let Some(all) = all {
                self.registered
                    .insert("failed_when_result".into(), all.into());
            }
        }
        if !words.changed_when.is_empty() {
            let all = known(&words.changed_when)?;
            self.changed = all.unwrap_or(self.changed);
            self.unsure.changed = all.is_none();
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
        unsure: Unsure::default(),
    };
    let unsure = |of: fn(Unsure) -> bool| results.iter().any(|item| of(item.unsure));
    let surely = |item: &Verdict| item.changed && !item.unsure.changed;
    verdict.unsure = Unsure {
        changed: unsure(|item| item.changed) && !results.iter().any(surely),
        failed: unsure(|item| item.failed) && verdict.failed.is_none(),
        run: results
            .iter()
            .all(|item| item.unsure.run || item.skipped.is_some()),
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
