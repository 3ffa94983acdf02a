//! The figures of all topologies in one table, as the README has it.

use super::folder;
use serde_json::Value;
use std::fs;

/// What was measured last, a line for each topology and state that was.
pub fn summary() -> String {
    let mut table = "\
| | changes told | word for word | told, not made | made, not told | unknown |
|---|---|---|---|---|---|
"
    .to_owned();
    for topology in ["pgpool", "patroni-etcd", "patroni-zookeeper"] {
        for state in ["bare", "drifted", "converged"] {
            let path = folder().join(format!("{topology}-{state}.json"));
            let Ok(text) = fs::read_to_string(path) else {
                continue;
            };
            let truth: Value = serde_json::from_str(&text).unwrap();
            let counts = &truth["counts"];
            let percent = |name: &str| match truth[name].as_f64() {
                Some(percent) => format!("{percent} %"),
                None => "-".to_owned(),
            };
            table += &format!(
                "| {topology}, {state} | {} | {} | {} | {} | {} of {} ({}) |\n",
                truth["told"],
                percent("percent_of_told_equal"),
                counts["not_made"],
                counts["not_told"],
                counts["unknown"],
                truth["pairs"],
                percent("percent_unknown"),
            );
        }
    }
    table
}
