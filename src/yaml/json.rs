//! Nodes and JSON.

use super::{Mapping, Node, Value};
use crate::diag::Span;
use serde_json::Value as Json;

impl Node {
    /// The same value as JSON, without places. A float that JSON can't say (`.nan`) is null.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Float(value) => Json::from(*value),
            Value::Str(value) => Json::String(value.clone()),
            Value::Seq(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(map) => Json::Object(map.to_json()),
        }
    }

    /// The same value as a node; all of it stands at `span`.
    pub fn from_json(value: &Json, span: &Span) -> Self {
        let value = match value {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Value::Int(value),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Str(text.clone()),
            Json::Array(items) => Value::Seq(
                items
                    .iter()
                    .map(|item| Self::from_json(item, span))
                    .collect(),
            ),
            Json::Object(object) => Value::Map(Mapping::from_unique(
                object
                    .iter()
                    .map(|(key, value)| {
                        let key = Self::new(Value::Str(key.clone()), span.clone());
                        (key, Self::from_json(value, span))
                    })
                    .collect(),
            )),
        };
        Self::new(value, span.clone())
    }
}

impl Mapping {
    /// The same entries as a JSON object.
    pub fn to_json(&self) -> serde_json::Map<String, Json> {
        self.iter()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value.to_json()))
            .collect()
    }
}
