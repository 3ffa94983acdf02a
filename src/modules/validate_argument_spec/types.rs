//! Types of arguments, and what becomes of a value of another one. The words are Ansible's, as programs read them.

use crate::yaml::truth;
use serde_json::{Map, Value};

/// The name of a value's type in Python.
pub fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// The value as text, as Python prints it inside a message.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

/// The value as one of the type, or why it is none.
pub fn converted(wanted: &str, value: &Value) -> Result<Value, String> {
    let cannot = |what: &str| {
        Err(format!(
            "<class '{}'> cannot be converted to {what}",
            name(value)
        ))
    };
    match (wanted, value) {
        ("str" | "path", Value::Array(_) | Value::Object(_))
        | ("bool", Value::Bool(_))
        | ("float" | "bytes" | "bits", Value::Number(_))
        | ("list", Value::Array(_))
        | ("dict", Value::Object(_)) => Ok(value.clone()),
        ("str" | "path", other) => Ok(Value::String(text(other))),
        ("bool", Value::String(word)) => match truth(word) {
            Some(on) => Ok(on.into()),
            None => cannot("a bool"),
        },
        ("bool", Value::Number(number)) => match number.as_f64() {
            Some(1.0) => Ok(true.into()),
            Some(0.0) => Ok(false.into()),
            _ => cannot("a bool"),
        },
        ("bool", _) => cannot("a bool"),
        ("int", _) => whole(value),
        ("float", Value::String(word)) => match word.trim().parse::<f64>() {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(format!("could not convert string to float: '{word}'")),
        },
        ("float", _) => cannot("a float"),
        ("list", Value::String(words)) => Ok(words.split(',').map(Value::from).collect()),
        ("list", Value::Number(_)) => Ok(Value::Array(vec![text(value).into()])),
        ("list", _) => cannot("a list"),
        ("dict", Value::String(words)) => mapping(words),
        ("dict", _) => cannot("a dict"),
        ("bytes" | "bits", Value::String(word)) if is_size(word) => Ok(value.clone()),
        ("bytes", _) => cannot("a Byte value"),
        ("bits", _) => cannot("a Bit value"),
        ("jsonarg" | "json", Value::Bool(_) | Value::Number(_) | Value::Null) => {
            cannot("a json string")
        }
        _ => Ok(value.clone()),
    }
}

fn whole(value: &Value) -> Result<Value, String> {
    let cannot = || match value {
        Value::String(word) => format!("\"'{word}'\" cannot be converted to an int"),
        other => format!("\"{}\" cannot be converted to an int", text(other)),
    };
    match value {
        Value::Bool(on) => Ok(i64::from(*on).into()),
        Value::Number(number) if !number.is_f64() => Ok(value.clone()),
        Value::Number(_) | Value::String(_) => {
            let number: f64 = text(value).trim().parse().map_err(|_| cannot())?;
            #[allow(clippy::cast_possible_truncation)] // What is no whole number is refused.
            let whole = number as i64;
            #[allow(clippy::cast_precision_loss, clippy::float_cmp)]
            // It is exact where it is the same.
            let same = whole as f64 == number;
            if same {
                Ok(whole.into())
            } else {
                Err(cannot())
            }
        }
        _ => Err(cannot()),
    }
}

fn mapping(words: &str) -> Result<Value, String> {
    if words.trim_start().starts_with('{') {
        let read = serde_json::from_str(words);
        return read.map_err(|_| "unable to evaluate string as dictionary".to_owned());
    }
    let pairs: Option<Map<String, Value>> = words
        .split([',', ' '])
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_owned(), value.into()))
        })
        .collect();
    match pairs {
        Some(pairs) if !pairs.is_empty() => Ok(Value::Object(pairs)),
        _ => Err("dictionary requested, could not parse JSON or key=value".to_owned()),
    }
}

/// Such as `10`, `1.5G`, `3 MB`.
fn is_size(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = word[digits.len()..].trim().to_ascii_uppercase();
    let unit = unit.trim_end_matches(['B', 'I']);
    digits.trim().parse::<f64>().is_ok()
        && ["", "K", "M", "G", "T", "P", "E", "Z", "Y"].contains(&unit)
}
