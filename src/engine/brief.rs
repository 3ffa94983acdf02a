//! What events hold of a result: whoever reads them gets all that a person would read, and no
//! host's output fills the memory of all who wait for a slow terminal.

use super::outcome::Registered;
use crate::step::end_of;
use serde_json::{Map, Value};
use std::sync::Arc;

/// How much of one text is told, or of a list of lines.
pub const TEXT: usize = 64 << 10;
/// How much of one result.
const RESULT: usize = 1 << 20;
/// What a value takes besides its text.
const VALUE: usize = 16;

/// The result with the ends of its long texts only.
pub fn brief(result: &Arc<Registered>) -> Arc<Registered> {
    let mut room = TEXT;
    if result.values().all(|value| fits(value, &mut room)) {
        return Arc::clone(result);
    }
    let mut room = RESULT;
    Arc::new(mapping(result, &mut room))
}

/// Whether all of it has room.
fn fits(value: &Value, room: &mut usize) -> bool {
    let own = match value {
        Value::String(text) => text.len(),
        Value::Object(map) => map.keys().map(String::len).sum(),
        _ => 0,
    };
    if *room < own + VALUE {
        return false;
    }
    *room -= own + VALUE;
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, room)),
        Value::Object(map) => map.values().all(|value| fits(value, room)),
        _ => true,
    }
}

fn mapping(map: &Map<String, Value>, room: &mut usize) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in map {
        if *room < key.len() + VALUE {
            kept.insert("...".to_owned(), more(map.len() - kept.len()));
            break;
        }
        *room -= key.len() + VALUE;
        kept.insert(key.clone(), part(value, room));
    }
    kept
}

fn part(value: &Value, room: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let kept = end_of(text, TEXT.min(*room));
            *room = room.saturating_sub(kept.len());
            Value::from(kept)
        }
        Value::Array(items) => list(items, room),
        Value::Object(map) => Value::Object(mapping(map, room)),
        other => other.clone(),
    }
}

/// The end of a list, as of a text: it may be the lines of one.
fn list(items: &[Value], room: &mut usize) -> Value {
    let mut lines = TEXT;
    let mut kept = Vec::new();
    for item in items.iter().rev() {
        let size = VALUE + item.as_str().map_or(0, str::len);
        let is_line = item.is_string();
        if *room < size || (is_line && lines < size) {
            kept.push(more(items.len() - kept.len()));
            break;
        }
        if is_line {
            lines -= size;
        }
        *room -= VALUE;
        kept.push(part(item, room));
    }
    kept.reverse();
    Value::Array(kept)
}

fn more(count: usize) -> Value {
    format!("... {count} more").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn brief_and_size(result: Value) -> (Value, usize) {
        let Value::Object(map) = result else {
            panic!("a result is an object")
        };
        let told = Value::Object(brief(&Arc::new(map)).as_ref().clone());
        let size = told.to_string().len();
        (told, size)
    }

    #[test]
    fn a_usual_result_is_told_whole() {
        let results: Vec<Value> = (0..500)
            .map(|n| json!({ "stdout": "x".repeat(100), "rc": n }))
            .collect();
        let result = json!({ "results": results, "msg": "x".repeat(TEXT) });
        assert_eq!(brief_and_size(result.clone()).0, result);
    }

    #[test]
    fn of_a_flood_the_end_is_told() {
        let lines: Vec<String> = (0..1_000_000).map(|n| format!("line {n}")).collect();
        let (told, size) =
            brief_and_size(json!({ "stdout": lines.join("\n"), "stdout_lines": lines, "rc": 7 }));
        assert!(size < 4 * TEXT, "{size}");
        let text = told["stdout"].as_str().unwrap();
        assert!(
            text.starts_with("... 11 MB more\nline ") && text.ends_with("line 999999"),
            "{}",
            &text[..40]
        );
        let lines = told["stdout_lines"].as_array().unwrap();
        assert!(lines[0].as_str().unwrap().ends_with(" more"));
        assert_eq!(lines.last().unwrap(), "line 999999");
        assert_eq!(told["rc"], 7);
    }

    #[test]
    fn whatever_a_host_says_has_a_bound() {
        let one = json!({ "stdout": "x".repeat(TEXT), "list": vec!["y".repeat(TEXT); 3] });
        let facts: Map<String, Value> = (0..100_000)
            .map(|n| (format!("fact {n}"), json!({ "a": {} })))
            .collect();
        for result in [
            json!({ "results": vec![one; 50] }),
            json!({ "ansible_facts": facts }),
        ] {
            let size = brief_and_size(result).1;
            assert!(size < 2 * RESULT, "{size}");
        }
    }
}
