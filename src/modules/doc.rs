//! What a module says of itself: the head of its source, and the schema of its parameters.

use super::Entry;
use serde_json::Value;

/// (path of a source in the crate, the words at its head), gathered by build.rs.
static HEADS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/heads.rs"));

/// The words at the head of the source in which a type stands, by the type's full name.
pub(super) fn head(type_name: &str) -> &'static str {
    let path = type_name.split_once("::").map_or("", |(_, path)| path);
    let path = path.rsplit_once("::").map_or("", |(path, _)| path);
    let found = HEADS.iter().find(|(known, _)| *known == path);
    found.map_or("", |(_, head)| head)
}

/// A parameter of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its other names.
    pub also: Vec<&'static str>,
    /// What it takes: `string`, `list of string`, `present or absent`.
    pub takes: String,
    /// Whether a task has to say it.
    pub required: bool,
    /// What is taken for it where a task does not say it, and that is anything.
    pub default: Option<String>,
    /// What it is for.
    pub about: String,
}

impl Entry {
    /// What it takes, in the order of its source, and the names of Ansible's that it refuses.
    pub fn parameters(&self) -> (Vec<Parameter>, Vec<String>) {
        let schema = (self.schema)();
        let schema = schema.as_value();
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for (name, value) in schema["properties"].as_object().into_iter().flatten() {
            if kind(value, schema) == "Unsupported" {
                refused.push(name.clone());
                continue;
            }
            let required = &schema["required"];
            let also = self.aliases.iter().filter(|(_, of)| *of == name);
            taken.push(Parameter {
                name: name.clone(),
                also: also.map(|(alias, _)| *alias).collect(),
                takes: kind(value, schema),
                required: required
                    .as_array()
                    .is_some_and(|all| all.contains(&name.as_str().into())),
                default: default(&value["default"]),
                about: about(value),
            });
        }
        (taken, refused)
    }
}

fn default(value: &Value) -> Option<String> {
    let nothing = match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    (!nothing).then(|| word(value))
}

/// The doc comment, each of its paragraphs on a line.
fn about(value: &Value) -> String {
    let text = value["description"].as_str().unwrap_or_default();
    let paragraphs = text.split("\n\n").map(|part| part.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// What a schema lets through, in words.
fn kind(value: &Value, whole: &Value) -> String {
    if let Some(name) = value["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return match name {
            "Unsupported" => name.to_owned(),
            _ => kind(&whole["$defs"][name], whole),
        };
    }
    let alternatives = ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| value[key].as_array());
    if let Some(all) = alternatives {
        return either(all.iter().map(|one| kind(one, whole)));
    }
    if let Some(words) = value["enum"].as_array() {
        return either(words.iter().map(word));
    }
    if !value["const"].is_null() {
        return word(&value["const"]);
    }
    match &value["type"] {
        Value::String(one) if one == "array" => match kind(&value["items"], whole) {
            of if of.is_empty() => "list".to_owned(),
            of => format!("list of {of}"),
        },
        Value::String(one) if value["writeOnly"] == true => format!("{one}, a secret"),
        Value::String(one) => named(one),
        Value::Array(several) => either(several.iter().filter_map(Value::as_str).map(named)),
        _ => String::new(),
    }
}

/// As a playbook's author calls it.
fn named(kind: &str) -> String {
    match kind {
        "object" => "mapping",
        "null" => "",
        other => other,
    }
    .to_owned()
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}

/// Each once, joined by `or`; what is nothing is left out.
fn either(words: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for word in words {
        if !word.is_empty() && !all.contains(&word) {
            all.push(word);
        }
    }
    all.join(" or ")
}

#[cfg(test)]
mod tests {
    use crate::modules::registry;

    #[test]
    fn every_module_says_what_it_is_and_what_each_parameter_is_for() {
        for entry in registry() {
            let head = (entry.head)();
            assert!(head.contains("```yaml"), "{}: {head}", entry.name);
            let (taken, _) = entry.parameters();
            for parameter in taken {
                let name = &parameter.name;
                assert!(!parameter.about.is_empty(), "{} {name}", entry.name);
            }
        }
    }
}
