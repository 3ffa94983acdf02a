//! Events on their way out: what is secret in them is left out, whoever tells them.

use super::event::{Event, TaskInfo};
use super::outcome::{Outcome, Registered};
use crate::diag::Diag;
use crate::facts::pg_recovery::Recovery;
use crate::modules::{Change, Detail};
use crate::secret;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The event without secrets.
pub fn masked(mut event: Event) -> Event {
    match &mut event {
        Event::RunStarted { .. }
        | Event::GateClosed { .. }
        | Event::PlayFinished { .. }
        | Event::HostStarted { .. }
        | Event::RunFinished { .. } => {}
        Event::PlayStarted { name, until, .. } => {
            mask(name);
            until.iter_mut().for_each(mask);
        }
        Event::StepStarted { what: text, .. }
        | Event::Waiting { what: text, .. }
        | Event::Output { text, .. } => mask(text),
        Event::TaskStarted { task, .. } => name(task),
        Event::PlayOrdered { hosts, .. } => {
            for (_, recovery) in hosts {
                if let Recovery::Silent(why) = recovery {
                    mask(why);
                }
            }
        }
        Event::ItemFinished {
            item,
            outcome: ended,
            result,
            ..
        } => {
            mask(item);
            outcome(ended);
            registered(result);
        }
        Event::HostFinished {
            delegate,
            outcome: ended,
            result,
            ..
        } => {
            delegate.iter_mut().for_each(mask);
            outcome(ended);
            registered(result);
        }
        Event::Finding { diag, .. } => *diag = finding(diag),
    }
    event
}

fn mask(text: &mut String) {
    if let Cow::Owned(masked) = secret::masked(text) {
        *text = masked;
    }
}

fn name(task: &mut Arc<TaskInfo>) {
    if let Cow::Owned(name) = secret::masked(&task.name) {
        Arc::make_mut(task).name = name;
    }
}

/// The lines that it quotes are looked at where they are quoted.
fn finding(diag: &Diag) -> Diag {
    let mut diag = diag.tellable().into_owned();
    mask(&mut diag.message);
    diag.help.iter_mut().for_each(mask);
    let labels = diag.place.iter_mut().chain(&mut diag.also);
    labels.for_each(|(_, label)| mask(label));
    diag
}

fn outcome(outcome: &mut Outcome) {
    match outcome {
        Outcome::Ok => {}
        Outcome::Waits { until, what } => {
            mask(until);
            mask(what);
        }
        Outcome::Changed(changes) => changes.iter_mut().for_each(change),
        Outcome::Unknown { until, why } => {
            mask(until);
            mask(why);
        }
        Outcome::Skipped(text)
        | Outcome::Failed { message: text, .. }
        | Outcome::Unreachable { message: text, .. } => mask(text),
    }
}

/// A change without secrets.
pub fn change(change: &mut Change) {
    mask(&mut change.what);
    match &mut change.detail {
        Detail::None => {}
        Detail::Note(words) | Detail::Since { how: words, .. } => mask(words),
        Detail::Attribute { from, to, .. } => {
            if let (Some(old), Some(new)) = (&mut *from, &mut *to) {
                (*old, *new) = secret::masked_pair(old, new);
            }
            from.iter_mut().chain(to).for_each(mask);
        }
        Detail::Text { before, after } => {
            if let (Some(old), Some(new)) = (&mut *before, &mut *after) {
                let differ = old != new;
                (*old, *new) = secret::masked_pair(old, new);
                // Where nothing but a secret differs there is nothing to show.
                if differ && old == new {
                    (*before, *after) = (None, None);
                    return;
                }
            }
            before.iter_mut().chain(after).for_each(mask);
        }
    }
}

/// The result without secrets.
pub fn registered(result: &mut Arc<Registered>) {
    if !result
        .iter()
        .any(|(key, value)| is_secret(key) || holds(value))
    {
        return;
    }
    let values = std::mem::take(Arc::make_mut(result)).into_iter();
    *Arc::make_mut(result) = values.map(|(key, value)| entry(key, value)).collect();
}

fn is_secret(text: &str) -> bool {
    matches!(secret::masked(text), Cow::Owned(_))
}

fn holds(value: &Value) -> bool {
    match value {
        Value::String(text) => is_secret(text),
        Value::Array(items) => items.iter().any(holds),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| is_secret(key) || holds(value)),
        _ => false,
    }
}

fn entry(mut key: String, value: Value) -> (String, Value) {
    mask(&mut key);
    (key, without(value))
}

fn without(value: Value) -> Value {
    match value {
        Value::String(mut text) => {
            mask(&mut text);
            Value::String(text)
        }
        Value::Array(items) => items.into_iter().map(without).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| entry(key, value))
            .collect(),
        other => other,
    }
}
