//! What a request carries.

use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyFormat {
    /// As it is.
    #[default]
    Raw,
    /// As JSON; text goes as it is.
    Json,
    /// As `name=value&...`; text goes as it is.
    FormUrlencoded,
}

impl BodyFormat {
    /// What the server is told that it is.
    pub fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Raw => None,
            Self::Json => Some("application/json"),
            Self::FormUrlencoded => Some("application/x-www-form-urlencoded"),
        }
    }
}

/// A body; it may hold secrets, so it never prints.
#[derive(Clone, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Body(Value);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(***)")
    }
}

impl Body {
    /// What goes over the wire.
    pub fn bytes(&self, format: BodyFormat) -> Result<Vec<u8>, String> {
        let text = match (&self.0, format) {
            (Value::Null, _) => String::new(),
            (Value::String(text), _) => text.clone(),
            (value, BodyFormat::Raw | BodyFormat::Json) => value.to_string(),
            (Value::Object(fields), BodyFormat::FormUrlencoded) => {
                let pairs = fields.iter().flat_map(|(name, value)| match value {
                    // A list is one field several times.
                    Value::Array(values) => values.iter().map(|value| pair(name, value)).collect(),
                    value => vec![pair(name, value)],
                });
                pairs.collect::<Vec<_>>().join("&")
            }
            (Value::Array(pairs), BodyFormat::FormUrlencoded) => {
                let pairs: Option<Vec<String>> = pairs.iter().map(tuple).collect();
                let wrong = "`body` as a list must be of pairs: [[name, value], ...]";
                pairs.ok_or(wrong)?.join("&")
            }
            (_, BodyFormat::FormUrlencoded) => {
                return Err("`body` must be a mapping, a list of pairs, or text".to_owned());
            }
        };
        Ok(text.into_bytes())
    }
}

fn tuple(value: &Value) -> Option<String> {
    let [Value::String(name), value] = value.as_array()?.as_slice() else {
        return None;
    };
    Some(pair(name, value))
}

fn pair(name: &str, value: &Value) -> String {
    let value = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("{}={}", coded(name), coded(&value))
}

fn coded(text: &str) -> String {
    let code = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'_' | b'.' | b'-' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(value: Value, format: BodyFormat) -> String {
        let bytes = Body(value).bytes(format).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_body_is_written_as_its_format_says() {
        use BodyFormat::{FormUrlencoded, Json, Raw};
        assert_eq!(written(json!({ "a": [1] }), Json), r#"{"a":[1]}"#);
        assert_eq!(written(json!("{\"a\": 1}"), Json), "{\"a\": 1}");
        assert_eq!(written(json!("x y"), Raw), "x y");
        let form = json!({ "a b": "c&d=é", "n": 1, "l": ["x", "y"] });
        assert_eq!(
            written(form, FormUrlencoded),
            "a+b=c%26d%3D%C3%A9&n=1&l=x&l=y"
        );
        let pairs = json!([["a", "1"], ["a", 2]]);
        assert_eq!(written(pairs, FormUrlencoded), "a=1&a=2");
        assert!(Body(json!([1])).bytes(FormUrlencoded).is_err());
    }
}
