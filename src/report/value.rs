//! A result as YAML, since a text of several lines can be read in it.

use super::visible::{steers, visible, visible_json};
use serde_json::{Map, Value};

/// The mapping as lines of YAML, each indented by `indent` blanks, without a newline at the end.
pub fn yaml(map: &Map<String, Value>, indent: usize) -> String {
    let mut lines = Vec::new();
    mapping(map, indent, &mut lines);
    lines.join("\n")
}

fn mapping(map: &Map<String, Value>, indent: usize, lines: &mut Vec<String>) {
    for (key, value) in map {
        entry(
            &format!("{}{}:", " ".repeat(indent), scalar(key)),
            value,
            indent,
            lines,
        );
    }
}

/// A key or a dash, and the value after it or under it.
fn entry(lead: &str, value: &Value, indent: usize, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            lines.push(lead.to_owned());
            mapping(map, indent + 2, lines);
        }
        Value::Array(items) if !items.is_empty() => {
            lines.push(lead.to_owned());
            for item in items {
                let dash = format!("{}-", " ".repeat(indent + 2));
                let at = lines.len();
                entry(&dash, item, indent + 2, lines);
                // A mapping begins on the line of its dash.
                if item.is_object() && lines.len() > at + 1 {
                    let first = lines.remove(at + 1);
                    lines[at] = format!("{dash} {}", first.trim_start());
                }
            }
        }
        Value::String(text) if text.trim_end_matches('\n').contains('\n') => {
            let keep = if text.ends_with('\n') { "|" } else { "|-" };
            lines.push(format!("{lead} {keep}"));
            let inside = " ".repeat(indent + 2);
            lines.extend(
                text.lines()
                    .map(|line| format!("{inside}{}", visible(line))),
            );
        }
        Value::String(text) => lines.push(format!("{lead} {}", scalar(text))),
        other => lines.push(format!("{lead} {other}")),
    }
}

/// A string as a scalar, quoted only where YAML would read something else.
fn scalar(text: &str) -> String {
    let looks_like_another_type = matches!(
        text.to_ascii_lowercase().as_str(),
        "" | "null" | "~" | "true" | "false" | "yes" | "no" | "on" | "off"
    ) || text.parse::<f64>().is_ok();
    let awkward = text.starts_with(|c: char| "!&*-?|>%@`\"'#,[]{}:= ".contains(c) && text != "-")
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with([':', ' '])
        || text.contains(steers);
    if looks_like_another_type || awkward {
        visible_json(&Value::from(text).to_string()).into_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_result_reads_as_yaml() {
        let Value::Object(result) = json!({
            "changed": true,
            "cmd": ["ls", "-l"],
            "rc": 0,
            "stdout": "eins\nzwei",
            "mode": "0644",
            "stderr": "",
            "note": "a: b",
            "stat": { "exists": false, "links": [] },
            "list": [{ "name": "x" }],
        }) else {
            unreachable!("an object is written above")
        };
        insta::assert_snapshot!(yaml(&result, 2), @r#"
        changed: true
        cmd:
          - ls
          - "-l"
        rc: 0
        stdout: |-
          eins
          zwei
        mode: "0644"
        stderr: ""
        note: "a: b"
        stat:
          exists: false
          links: []
        list:
          - name: x
        "#);
    }
}
