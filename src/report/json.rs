//! JSON lines for programs. docs/events.md is the contract, and the tests hold this file to it.

use super::visible::visible_json;
use super::{Reporter, Screen};
use crate::diag::{Diag, Severity, Span};
use crate::engine::{Event, Mode, Outcome, OwedHandler, Recap, TaskInfo};
use crate::facts::pg_recovery::Recovery;
use crate::model::Moment;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The version of the lines: it grows when a field changes its meaning or goes away.
const VERSION: u32 = 1;

/// Writes one JSON object a line.
pub struct JsonLines {
    screen: Screen,
}

impl JsonLines {
    /// Writes to `screen`.
    pub(super) fn new(screen: Screen) -> Self {
        Self { screen }
    }
}

impl Reporter for JsonLines {
    fn event(&mut self, event: &Event) {
        let line = Value::Object(line(event)).to_string();
        self.screen.line(&visible_json(&line));
    }
}

fn line(event: &Event) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("v".to_owned(), VERSION.into());
    line.insert("event".to_owned(), name(event).into());
    line.insert("time".to_owned(), format!("{:.3}", Timestamp::now()).into());
    if let Value::Object(fields) = fields(event) {
        line.extend(fields);
    }
    line
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::RunStarted { .. } => "run_started",
        Event::PlayStarted { .. } => "play_started",
        Event::PlayOrdered { .. } => "play_ordered",
        Event::GateClosed { .. } => "gate_closed",
        Event::PlayFinished { .. } => "play_finished",
        Event::TaskStarted { .. } => "task_started",
        Event::HostStarted { .. } => "host_started",
        Event::StepStarted { .. } => "step_started",
        Event::Output { .. } => "output",
        Event::Waiting { .. } => "waiting",
        Event::ItemFinished { .. } => "item_finished",
        Event::HostFinished { .. } => "host_finished",
        Event::Finding { .. } => "finding",
        Event::RunFinished { .. } => "run_finished",
    }
}

fn fields(event: &Event) -> Value {
    match event {
        Event::RunStarted { mode, playbook } => {
            json!({ "mode": mode_word(*mode), "playbook": playbook })
        }
        Event::PlayStarted {
            play,
            name,
            hosts,
            until,
        } => {
            let mut fields = json!({ "play": play, "name": name, "hosts": hosts });
            if let Some(until) = until {
                fields["until"] = until.as_str().into();
            }
            fields
        }
        Event::PlayOrdered { play, hosts } => {
            json!({ "play": play, "order": hosts.iter().map(server_fields).collect::<Vec<_>>() })
        }
        Event::GateClosed {
            play,
            moment,
            batch,
            failed,
            done,
            not_begun,
        } => json!({
            "play": play,
            "moment": moment.word(),
            "batch": batch,
            "failed": failed,
            "done": done,
            "not_begun": not_begun,
        }),
        Event::PlayFinished { play } => json!({ "play": play }),
        Event::TaskStarted { play, task } => json!({ "play": play, "task": task_fields(task) }),
        Event::HostStarted { task, host } => json!({ "task": task.id, "host": host }),
        Event::StepStarted { task, host, what } => {
            json!({ "task": task.id, "host": host, "what": what })
        }
        Event::Output {
            task,
            host,
            text,
            left_out,
        } => {
            json!({ "task": task.id, "host": host, "text": text, "left_out": left_out })
        }
        Event::Waiting {
            task,
            host,
            what,
            left,
        } => {
            json!({ "task": task.id, "host": host, "what": what, "left": left })
        }
        Event::ItemFinished {
            task,
            host,
            item,
            outcome,
            result,
            takes_away,
        } => json!({
            "task": task.id,
            "host": host,
            "item": item,
            "outcome": outcome_fields(outcome),
            "result": &**result,
            "takes_away": takes_away,
        }),
        Event::HostFinished {
            task,
            host,
            delegate,
            outcome,
            result,
            looped,
            takes_away,
            elapsed,
        } => json!({
            "task": task.id,
            "host": host,
            "delegate": delegate,
            "outcome": outcome_fields(outcome),
            "result": &**result,
            "looped": looped,
            "takes_away": takes_away,
            "seconds": seconds(*elapsed),
        }),
        Event::Finding { host, diag } => diag_fields(host.as_deref(), diag),
        Event::RunFinished {
            recap,
            elapsed,
            interrupted,
            owed,
        } => json!({
            "recap": recap.iter().map(|(host, recap)| recap_fields(host, recap)).collect::<Vec<_>>(),
            "seconds": seconds(*elapsed),
            "interrupted": interrupted,
            "owed": owed.iter().map(owed_fields).collect::<Vec<_>>(),
        }),
    }
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Plan => "plan",
        Mode::Apply => "apply",
    }
}

fn task_fields(task: &TaskInfo) -> Value {
    json!({
        "id": task.id,
        "name": task.name,
        "module": task.module,
        "place": task.place,
        "handler": task.handler,
        "gate": task.gate.map(Moment::word),
        "no_log": task.no_log,
    })
}

fn server_fields((host, recovery): &(String, Recovery)) -> Value {
    match recovery {
        Recovery::Silent(why) => json!({ "host": host, "server": "silent", "why": why }),
        Recovery::Standby => json!({ "host": host, "server": "standby" }),
        Recovery::Primary => json!({ "host": host, "server": "primary" }),
    }
}

pub(super) fn outcome_fields(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Ok => json!({ "status": "ok" }),
        Outcome::Waits { until, what } => {
            json!({ "status": "ok", "until": until, "waits_for": what })
        }
        Outcome::Changed(changes) => json!({
            "status": "changed",
            "changes": changes,
        }),
        Outcome::Unknown { until, why } => {
            json!({ "status": "unknown", "until": until, "why": why })
        }
        Outcome::Skipped(reason) => json!({ "status": "skipped", "reason": reason }),
        Outcome::Failed { message, ignored } => {
            json!({ "status": "failed", "message": message, "ignored": ignored })
        }
        Outcome::Unreachable { message, ignored } => {
            json!({ "status": "unreachable", "message": message, "ignored": ignored })
        }
    }
}

fn diag_fields(host: Option<&str>, diag: &Diag) -> Value {
    let diag = diag.tellable();
    let severity = match diag.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    json!({
        "host": host,
        "severity": severity,
        "message": diag.message,
        "place": diag.place.as_ref().map(|(span, label)| place_fields(span, label)),
        "also": diag.also.iter().map(|(span, label)| place_fields(span, label)).collect::<Vec<_>>(),
        "help": diag.help,
    })
}

fn place_fields(span: &Span, label: &str) -> Value {
    json!({
        "file": span.source().name(),
        "line": span.line(),
        "column": span.column(),
        "label": label,
    })
}

fn recap_fields(host: &str, recap: &Recap) -> Value {
    json!({
        "host": host,
        "ok": recap.ok,
        "changed": recap.changed,
        "unreachable": recap.unreachable,
        "failed": recap.failed,
        "skipped": recap.skipped,
        "rescued": recap.rescued,
        "ignored": recap.ignored,
        "unknown": recap.unknown,
    })
}

fn owed_fields(owed: &OwedHandler) -> Value {
    json!({
        "host": owed.host,
        "handler": owed.handler.name,
        "place": owed.handler.place,
        "notified_by": owed.notified_by,
        "tried": owed.tried,
    })
}

fn seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests;
