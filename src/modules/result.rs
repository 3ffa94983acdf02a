//! What a task leaves behind: what `register` gets, and what the recap counts.

use super::Plan;
use crate::facts::ProbeError;
use crate::model::Joins;
use crate::step::{Action, Output, end_of, size};
use crate::yaml::Mapping;
use serde_json::{Map, Value};
use std::time::Duration;

/// How much of an output `register` gets: a line takes its bytes and what a list needs for it.
const ROOM: usize = 16 << 20;
const LINE: usize = 64;
/// How much of what a step said stands in the message of its failure.
const MESSAGE: usize = 16 << 10;

/// A step that ran.
#[derive(Clone, Debug)]
pub struct StepOutput {
    /// What it said; an upload says nothing, status 0.
    pub output: Output,
    /// How long it took.
    pub elapsed: Duration,
}

/// Where what stood in a file's place was kept.
fn backup(plan: &Plan, ran: &[StepOutput]) -> Option<String> {
    plan.steps().iter().zip(ran).find_map(|(step, ran)| {
        let Action::Put(upload) = &step.action else {
            return None;
        };
        let told = ran.output.out().trim_end().to_owned();
        (upload.backup && ran.output.ok() && !told.is_empty()).then_some(told)
    })
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
    /// What it brings into the inventory of the run.
    pub joins: Option<Joins>,
    /// Only in a dry run: the task that decides those of the values that are left out.
    pub unsure: Option<String>,
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
            let said = end_of(said.trim(), MESSAGE);
            format!("exit status {}: {said}", step.output.status)
        });
        let result = Self {
            changed: plan.is_change() && (failed.is_none() || ran.len() > 1),
            failed,
            ..Self::default()
        };
        match backup(plan, ran) {
            Some(path) => result.with("backup_file", path),
            None => result,
        }
    }

    /// The fields of a plain record.
    pub fn data(record: &impl serde::Serialize) -> Self {
        Self {
            values: match serde_json::to_value(record) {
                Ok(Value::Object(values)) => values,
                _ => Map::new(),
            },
            ..Self::default()
        }
    }

    /// Only in a dry run: what its author says that it prints.
    #[must_use]
    pub fn predicted(self, stdout: Option<String>) -> Self {
        match stdout {
            Some(text) => {
                let lines: Vec<String> = text.lines().map(str::to_owned).collect();
                self.with("stdout", text).with("stdout_lines", lines)
            }
            None => self,
        }
    }

    /// `stdout`, `stderr` and their lines, with a warning where they are not all that was printed.
    /// `strip` takes line breaks off their ends, as Ansible does.
    #[must_use]
    pub fn printed(mut self, output: &Output, strip: bool) -> Self {
        let mut left_out = output.left_out;
        let streams = [("stdout", &output.stdout), ("stderr", &output.stderr)];
        for (name, bytes) in streams {
            let kept = end(bytes);
            left_out += (bytes.len() - kept.len()) as u64;
            let text = String::from_utf8_lossy(kept);
            let text = if strip {
                text.trim_end_matches(['\r', '\n'])
            } else {
                &text
            };
            let lines: Vec<Value> = text.lines().map(Value::from).collect();
            self = self.with(&format!("{name}_lines"), lines).with(name, text);
        }
        if left_out > 0 {
            let warning = format!(
                "it printed {}; the first {} are not in its result",
                size(output.printed()),
                size(left_out)
            );
            self = self.with("warnings", vec![warning]);
        }
        self
    }

    /// The same, of which more is known once its own steps ran.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.unsure.get_or_insert_default();
        self
    }

    /// Adds a return value that a dry run may not know.
    #[must_use]
    pub fn with_known(mut self, name: &str, value: Result<impl Into<Value>, ProbeError>) -> Self {
        match value {
            Ok(value) => return self.with(name, value),
            Err(ProbeError::Unknown { until, .. }) => self.unsure = Some(until),
            Err(_) => {}
        }
        self
    }

    /// Adds a return value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

/// The end of an output, as much of it as there is room for.
fn end(bytes: &[u8]) -> &[u8] {
    let mut room = ROOM;
    let fits = |byte: &&u8| {
        let cost = if **byte == b'\n' { LINE } else { 1 };
        room = room.saturating_sub(cost);
        room > 0
    };
    let kept = bytes.iter().rev().take_while(fits).count();
    &bytes[bytes.len() - kept..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_the_end_is_registered_and_a_warning_counts_the_rest() {
        let output = Output {
            stdout: b"y\n".repeat(8 << 20),
            left_out: 800 << 20,
            ..Output::default()
        };
        let result = TaskResult::default().printed(&output, true);
        let lines = result.values["stdout_lines"].as_array().map_or(0, Vec::len);
        assert!(lines > 100_000 && lines < 500_000, "{lines}");
        assert_eq!(
            result.values["warnings"][0],
            "it printed 816 MB; the first 815 MB are not in its result"
        );
    }

    #[test]
    fn what_is_printed_usually_is_registered_whole() {
        let output = Output {
            stdout: b"a\nb\n".to_vec(),
            ..Output::default()
        };
        let result = TaskResult::default().printed(&output, true);
        assert_eq!(result.values["stdout"], "a\nb");
        assert_eq!(result.values["stdout_lines"][1], "b");
        assert!(!result.values.contains_key("warnings"));
    }

    #[test]
    fn a_failure_says_the_end_of_what_was_said() {
        let output = Output {
            status: 1,
            stderr: b"x\n".repeat(1 << 20),
            ..Output::default()
        };
        let step = StepOutput {
            output,
            elapsed: Duration::ZERO,
        };
        let failed = TaskResult::of(&Plan::nothing(), &[step]).failed.unwrap();
        assert!(failed.starts_with("exit status 1: ... ") && failed.contains(" more\nx\n"));
        assert!(failed.len() < 2 * MESSAGE);
    }
}
