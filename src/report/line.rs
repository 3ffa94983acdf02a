//! What is told of a task on a host, with the host left open: hosts of which the same is told
//! share it.

use super::style::{CYAN, DIM, GREEN, MAGENTA, RED, YELLOW, paint};
use super::value::yaml;
use super::visible::visible;
use crate::engine::{Outcome, Registered, TaskInfo};
use anstyle::Style;
use serde_json::Value;

/// How many lines of a failed command's output are shown unless `-v` asks for all.
const TAIL: usize = 20;

/// A line (and what belongs under it) about one host or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    lead: String,
    rest: String,
}

impl Line {
    /// `LEAD[HOSTS]REST`
    pub fn new(lead: impl Into<String>, rest: impl Into<String>) -> Self {
        Self {
            lead: lead.into(),
            rest: rest.into(),
        }
    }

    fn painted(style: Style, lead: &str, rest: &str) -> Self {
        Self::new(format!("{style}{lead}"), format!("{rest}{style:#}"))
    }

    fn under(mut self, text: &str) -> Self {
        self.rest.push('\n');
        self.rest.push_str(text);
        self
    }

    /// The line with its hosts.
    pub fn of(&self, hosts: &str) -> String {
        format!("{}[{hosts}]{}", self.lead, self.rest)
    }

    /// The line where its hosts stand elsewhere.
    pub fn alone(&self) -> String {
        format!("{}{}", self.lead, self.rest.trim_start_matches([':', ' ']))
    }
}

/// What is told of an outcome: Ansible's words. `item` is the label of the loop's item.
pub fn outcome(
    task: &TaskInfo,
    item: Option<&str>,
    outcome: &Outcome,
    result: &Registered,
    verbosity: u8,
) -> Line {
    let item = item.map(visible);
    let of_item = item
        .as_ref()
        .map(|item| format!(" => (item={item})"))
        .unwrap_or_default();
    let line = match outcome {
        Outcome::Ok => Line::painted(GREEN, "ok: ", &of_item),
        Outcome::Waits { what, .. } => {
            let rest = format!("{of_item} for {}", visible(what));
            Line::painted(GREEN, "waits: ", &rest)
        }
        Outcome::Changed(_) => Line::painted(YELLOW, "changed: ", &of_item),
        Outcome::Skipped(reason) => {
            let line = Line::painted(CYAN, "skipping: ", &of_item);
            return match (verbosity, reason.is_empty()) {
                (1.., false) => line.under(&paint(DIM, format!("    {}", visible(reason)))),
                _ => line,
            };
        }
        Outcome::Unknown { until, why } => {
            let rest = format!(" unknown until {}: {}", visible(until), visible(why));
            Line::painted(MAGENTA, "? ", &rest)
        }
        Outcome::Failed { message, ignored } => {
            let message = block(message);
            let line = match item {
                Some(item) => {
                    Line::painted(RED, "failed: ", &format!(" (item={item}) => {message}"))
                }
                None => Line::painted(RED, "fatal: ", &format!(": FAILED! => {message}")),
            };
            let line = printed(line, &message, result, verbosity);
            if *ignored {
                line.under(&paint(CYAN, "...ignoring"))
            } else {
                line
            }
        }
        Outcome::Unreachable { message, ignored } => {
            let rest = format!(": UNREACHABLE! => {}", block(message));
            let line = Line::painted(RED, "fatal: ", &rest);
            if *ignored {
                line.under(&paint(CYAN, "...ignoring"))
            } else {
                line
            }
        }
    };
    let line = warned(line, result);
    if verbosity > 0 && !result.is_empty() {
        line.under(&paint(DIM, yaml(result, 4)))
    } else if is(task, &["debug"]) {
        debugged(line, result)
    } else {
        line
    }
}

/// Whether the task's module is one of these, whatever collection it is named with.
pub fn is(task: &TaskInfo, modules: &[&str]) -> bool {
    let short = task.module.rsplit('.').next().unwrap_or_default();
    modules.contains(&short)
}

/// A message of several lines, the further ones indented.
fn block(message: &str) -> String {
    let lines: Vec<_> = message.trim_end().lines().map(visible).collect();
    lines.join("\n    ")
}

/// What a failed command printed, unless the message says it already.
fn printed(mut line: Line, message: &str, result: &Registered, verbosity: u8) -> Line {
    // With -v the whole result stands there.
    if verbosity > 0 {
        return line;
    }
    for stream in ["stdout", "stderr"] {
        let Some(Value::String(text)) = result.get(stream) else {
            continue;
        };
        let text = block(text.as_str());
        if text.is_empty() || message.contains(&text) {
            continue;
        }
        let lines: Vec<_> = text.lines().collect();
        let hidden = lines.len().saturating_sub(TAIL);
        let more = if hidden > 0 {
            format!(" (its last {TAIL} lines; all with -v)")
        } else {
            String::new()
        };
        let shown = lines[hidden..]
            .iter()
            .map(|line| format!("      {}", line.trim_start_matches("    ")));
        line = line.under(&format!(
            "    {stream}:{more}\n{}",
            shown.collect::<Vec<_>>().join("\n")
        ));
    }
    line
}

/// The module's warnings.
fn warned(mut line: Line, result: &Registered) -> Line {
    if let Some(Value::Array(warnings)) = result.get("warnings") {
        for warning in warnings.iter().filter_map(Value::as_str) {
            line = line.under(&paint(
                MAGENTA,
                format!("    [WARNING]: {}", block(warning)),
            ));
        }
    }
    line
}

/// What `debug` has to say, which is all that it is for.
fn debugged(line: Line, result: &Registered) -> Line {
    let said: Registered = result
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "changed" | "failed" | "skipped" | "warnings"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    match (said.len(), said.get("msg")) {
        (0, _) => line,
        (1, Some(Value::String(text))) => {
            let text = block(text.as_str());
            let text = if text.contains('\n') {
                format!("\n    {text}")
            } else {
                format!(" {text}")
            };
            Line {
                rest: format!("{} =>{text}", line.rest),
                ..line
            }
        }
        _ => line.under(&yaml(&said, 4)),
    }
}
