//! YAML, laid out as `PyYAML` lays it out, so that files written by either look the same.

mod emit;
mod scalar;

use super::super::convert::{settle, to_value};
use super::super::registry::Registry;
use super::text::text;
use super::wrong;
use crate::diag::Source;
use crate::yaml;
use emit::Emitter;
use minijinja::value::Kwargs;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("to_yaml", |value: &Value, options: Kwargs| {
        dump(value, 2, true, &options)
    });
    to.filter(
        "to_nice_yaml",
        |value: &Value, indent: Option<usize>, options: Kwargs| {
            dump(value, indent.unwrap_or(4), false, &options)
        },
    );
    to.filter("from_yaml", |value: &Value| read(&text(value)?));
    to.filter("from_yaml_all", |value: &Value| -> Result<Value, Error> {
        let text = text(value)?;
        let mut documents = vec![String::new()];
        for line in text.split_inclusive('\n') {
            if line.trim_end() == "---" || line.starts_with("--- ") {
                documents.push(line.trim_start_matches("---").to_owned());
            } else if let Some(document) = documents.last_mut() {
                document.push_str(line);
            }
        }
        // What stands before the first mark is one only where something stands there.
        if documents
            .first()
            .is_some_and(|first| first.trim().is_empty())
        {
            documents.remove(0);
        }
        documents.iter().map(|document| read(document)).collect()
    });
}

fn read(text: &str) -> Result<Value, Error> {
    let source = Source::new("from_yaml", text);
    let node =
        yaml::parse(&source).map_err(|diag| wrong(format!("this is no YAML: {}", diag.message)))?;
    Ok(to_value(&node))
}

fn dump(
    value: &Value,
    indent: usize,
    flow_leaves: bool,
    options: &Kwargs,
) -> Result<String, Error> {
    let indent = options.get::<Option<usize>>("indent")?.unwrap_or(indent);
    let width = options.get::<Option<usize>>("width")?.unwrap_or(80);
    let sort_keys = options.get::<Option<bool>>("sort_keys")?.unwrap_or(true);
    let flow_leaves = match options.get::<Option<bool>>("default_flow_style")? {
        Some(false) => false,
        Some(true) => {
            return Err(wrong(
                "`default_flow_style=true` is not supported; use `to_json`",
            ));
        }
        None => flow_leaves,
    };
    options.assert_all_used()?;
    // What PyYAML makes of a senseless indent.
    let indent = if (2..10).contains(&indent) { indent } else { 2 };
    let mut emitter = Emitter::new(indent, width.max(2 * indent + 1), sort_keys, flow_leaves);
    emitter.document(&settle(value)?)?;
    Ok(emitter.finish())
}
