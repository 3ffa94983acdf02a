//! `-e`: `key=value ...`, YAML or JSON text, or `@FILE`.

use crate::diag::{Diag, Source, Span};
use crate::yaml::{self, Mapping, Node, Value};
use std::path::Path;

/// The name under which errors speak of text that was typed.
const ORIGIN: &str = "--extra-vars";

/// All of them, the later ones over the earlier ones, or all that is wrong with them.
pub fn read(words: &[String]) -> Result<Mapping, Vec<Diag>> {
    let mut merged = Mapping::new();
    let mut errors = Vec::new();
    for word in words {
        match one(word) {
            Ok(map) => {
                for (key, value) in map.iter() {
                    merged.insert(key.clone(), value.clone());
                }
            }
            Err(diags) => errors.extend(diags),
        }
    }
    if errors.is_empty() {
        Ok(merged)
    } else {
        Err(errors)
    }
}

fn one(word: &str) -> Result<Mapping, Vec<Diag>> {
    let trimmed = word.trim_start();
    if let Some(path) = trimmed.strip_prefix('@') {
        return crate::model::read_vars(Path::new(path));
    }
    let source = Source::new(ORIGIN, word);
    if trimmed.starts_with(['{', '[', '-']) || looks_like_yaml(trimmed) {
        let node = yaml::parse(&source).map_err(|diag| vec![diag])?;
        return match node.value {
            Value::Map(map) => Ok(map),
            _ => Err(vec![
                Diag::error(format!(
                    "extra variables must be a mapping, this is {}",
                    node.kind()
                ))
                .at(&node.span, ""),
            ]),
        };
    }
    pairs(&source).map_err(|diag| vec![*diag])
}

/// `a: 1` is YAML, `a=b: c` is not.
fn looks_like_yaml(text: &str) -> bool {
    match (text.find(": "), text.find('=')) {
        (Some(colon), Some(equals)) => colon < equals,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// `a=1 b='two words'`: the values are strings, as in Ansible.
fn pairs(source: &Source) -> Result<Mapping, Box<Diag>> {
    let text = source.text();
    let whole = source.whole();
    let Some(words) = shlex::split(text) else {
        let diag = Diag::error("a quote is not closed").at(&whole, "");
        return Err(Box::new(diag.help(
            "close it, or write the value as JSON: `{\"key\": \"value\"}`",
        )));
    };
    let mut map = Mapping::new();
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            let diag = Diag::error(format!("`{word}` is no `key=value`")).at(&whole, "");
            return Err(Box::new(
                diag.help("write `key=value`, YAML or JSON text, or `@FILE`"),
            ));
        };
        let node = |text: &str, span: &Span| Node::new(Value::Str(text.to_owned()), span.clone());
        map.insert(node(key, &whole), node(value, &whole));
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        match read(&words) {
            Ok(map) => serde_json::Value::Object(map.to_json()).to_string(),
            Err(diags) => diags.iter().map(|diag| format!("{diag}\n")).collect(),
        }
    }

    #[test]
    fn pairs_are_strings_and_texts_keep_their_types() {
        insta::assert_snapshot!(json(&["a=1 b='two words'", "c=x=y"]), @r#"{"a":"1","b":"two words","c":"x=y"}"#);
        insta::assert_snapshot!(json(&["{\"a\": 1, b: [yes]}"]), @r#"{"a":1,"b":[true]}"#);
        insta::assert_snapshot!(json(&["a: 1"]), @r#"{"a":1}"#);
        insta::assert_snapshot!(json(&["url=http://x: y"]), @"--extra-vars:1:1: `y` is no `key=value`; write `key=value`, YAML or JSON text, or `@FILE`");
    }

    #[test]
    fn a_later_value_wins() {
        insta::assert_snapshot!(json(&["a=1", "a=2"]), @r#"{"a":"2"}"#);
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        insta::assert_snapshot!(json(&["a", "[1]", "b='"]), @r#"
        --extra-vars:1:1: `a` is no `key=value`; write `key=value`, YAML or JSON text, or `@FILE`
        --extra-vars:1:1: extra variables must be a mapping, this is a list
        --extra-vars:1:1: a quote is not closed; close it, or write the value as JSON: `{"key": "value"}`
        "#);
    }

    #[test]
    fn a_file_is_read_and_its_absence_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vars.yml");
        std::fs::write(&path, "a: {b: 1}\n").unwrap();
        insta::assert_snapshot!(json(&[&format!("@{}", path.display())]), @r#"{"a":{"b":1}}"#);
        assert!(json(&["@/nowhere.yml"]).contains("/nowhere.yml"));
    }
}
