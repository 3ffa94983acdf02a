//! What a run of a playbook was, in the words that both programs' events are told in.

use crate::command::Ended;
use crate::state::State;
use regex::Regex;
use serde_json::{Map, Value, json};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::Path;

/// What is told of a task beside how it ended, by its module.
const SAYING: [&str; 3] = ["debug", "fail", "assert"];

/// Each program tells these in a way of its own; what they lead to is told by what comes after.
const UNTOLD: [&str; 6] = [
    "include_tasks",
    "include_role",
    "import_tasks",
    "import_role",
    "import_playbook",
    "meta",
];

/// What is compared, and what else was printed.
pub struct Record {
    what: Value,
    /// For those who look for the reason.
    pub said: String,
}

impl Record {
    /// Reads the events that a run printed.
    pub fn of(ended: &Ended, state: &State, local: &Path) -> Result<Self, String> {
        let mut told = Told::default();
        for line in ended.stdout.lines() {
            if let Ok(event) = serde_json::from_str::<Value>(line) {
                told.take(&event);
            }
        }
        let what = match told.recap {
            Some(recap) => json!({
                "recap": recap,
                "tasks": told.tasks,
                "state": state.told,
            }),
            None => json!({ "refused": true, "state": state.told }),
        };
        let text = serde_json::to_string(&what).map_err(|error| error.to_string())?;
        let text = text.replace(local.to_str().unwrap(), "LOCAL");
        // A backup's name tells a process and a time.
        let backup = Regex::new(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~").unwrap();
        let text = backup.replace_all(&text, ".BACKUP~");
        Ok(Self {
            what: serde_json::from_str(&text).unwrap(),
            said: told.messages + &ended.stderr,
        })
    }

    /// The record as it is kept.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.what).unwrap() + "\n"
    }
}

/// Where two records differ, in lines.
pub fn difference(wanted: &str, made: &str) -> String {
    let diff = TextDiff::from_lines(wanted, made);
    let diff = diff.unified_diff().context_radius(4).to_string();
    format!("(- ansible-core, + trueup)\n{diff}")
}

#[derive(Default)]
struct Told {
    /// The task of each id: its name and its module.
    known: Map<String, Value>,
    tasks: Vec<Value>,
    items: Vec<Value>,
    recap: Option<Value>,
    messages: String,
}

impl Told {
    fn take(&mut self, event: &Value) {
        match event["event"].as_str() {
            Some("task_started") => {
                let id = event["task"]["id"].to_string();
                self.known.insert(id, event["task"].clone());
            }
            Some("item_finished") => {
                let status = &event["outcome"]["status"];
                let mut item = json!({ "host": event["host"], "status": status });
                // What is not a text has no one form; nor have truths.
                if let Some(label) = event["item"].as_str()
                    && !label.starts_with(['{', '['])
                    && !["True", "true", "False", "false"].contains(&label)
                {
                    item["item"] = label.into();
                }
                self.say(event, &mut item);
                self.items.push(item);
            }
            Some("host_finished") => self.finished(event),
            Some("finding") => self.messages += &format!("{event}\n"),
            Some("run_finished") => self.recap = Some(recap(event)),
            _ => {}
        }
    }

    fn finished(&mut self, event: &Value) {
        let task = &self.known[&event["task"].to_string()];
        let (of, others) = std::mem::take(&mut self.items)
            .into_iter()
            .partition::<Vec<_>, _>(|item| item["host"] == event["host"]);
        self.items = others;
        let module = module(task);
        if UNTOLD.contains(&module) {
            return;
        }
        let status = &event["outcome"]["status"];
        if let Some(message) = event["outcome"]["message"].as_str() {
            self.messages += &format!("{}: {message}\n", task["name"]);
        }
        let mut told = json!({ "task": task["name"], "host": event["host"], "status": status });
        if event["outcome"]["ignored"] == true {
            told["ignored"] = true.into();
        }
        if of.is_empty() {
            self.say(event, &mut told);
        } else {
            let bare = of.into_iter().map(|mut item| {
                item.as_object_mut().unwrap().remove("host");
                item
            });
            told["items"] = bare.collect();
        }
        self.tasks.push(told);
    }

    /// Adds what the playbook's author had it say.
    fn say(&self, event: &Value, told: &mut Value) {
        let task = &self.known[&event["task"].to_string()];
        let (status, result) = (&event["outcome"]["status"], &event["result"]);
        if !SAYING.contains(&module(task)) || status == "skipped" {
            return;
        }
        if let Some(message) = result.get("msg") {
            told["said"] = sorted(message);
            return;
        }
        let own = ["changed", "failed", "failed_when_result", "exception"];
        let said = result.as_object().into_iter().flatten();
        let said = said.filter(|(name, _)| !name.starts_with('_') && !own.contains(&name.as_str()));
        let said: Map<String, Value> = said
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        told["said"] = sorted(&Value::Object(said));
    }
}

/// The same with the names of mappings in their order: it means nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let names: BTreeMap<&String, &Value> = map.iter().collect();
            let pairs = names.into_iter();
            Value::Object(
                pairs
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

fn module(task: &Value) -> &str {
    let name = task["module"].as_str().unwrap_or_default();
    name.rsplit('.').next().unwrap_or(name)
}

fn recap(event: &Value) -> Value {
    let words = [
        "ok",
        "changed",
        "unreachable",
        "failed",
        "skipped",
        "rescued",
        "ignored",
    ];
    let hosts = event["recap"].as_array().into_iter().flatten().map(|host| {
        let counts = words.map(|word| format!("{word}={}", host[word]));
        let name = host["host"].as_str().unwrap_or_default().to_owned();
        (name, Value::from(counts.join(" ")))
    });
    Value::Object(hosts.collect())
}
