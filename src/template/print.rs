//! Values as Python prints them: what Ansible writes where a value stands inside a text.

use minijinja::Value;
use minijinja::value::ValueKind;
use std::fmt::Write;

/// `str(value)`; the value is settled.
pub(super) fn text(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => value.as_str().unwrap_or_default().to_owned(),
        ValueKind::Bytes => value.to_string(),
        _ => repr(value),
    }
}

/// `repr(value)`.
pub(super) fn repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(&mut out, value);
    out
}

fn write_repr(out: &mut String, value: &Value) {
    match value.kind() {
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(number) => out.push_str(&float(number)),
            Err(_) => out.push_str(&value.to_string()),
        },
        // Ansible has no tuples: they print as lists.
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (at, item) in value.try_iter().into_iter().flatten().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_repr(out, &item);
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (at, key) in value.try_iter().into_iter().flatten().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_repr(out, &key);
                out.push_str(": ");
                write_repr(out, &value.get_item(&key).unwrap_or_default());
            }
            out.push('}');
        }
        // The engine's own debug form of the rest is Python's.
        _ => {
            // Writing into a string does not fail.
            let _ = write!(out, "{value:?}");
        }
    }
}

/// A float as Python writes it: the shortest digits that read back, with an exponent from 1e16 on
/// and below 1e-4.
pub(super) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = number.abs();
    if number != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = number.to_string();
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let written: Vec<_> = [1.0, 0.1, -2.5, 1e15, 1e16, 1.5e300, 0.0001, 0.00001, 0.0]
            .map(float)
            .into();
        assert_eq!(
            written,
            [
                "1.0",
                "0.1",
                "-2.5",
                "1000000000000000.0",
                "1e+16",
                "1.5e+300",
                "0.0001",
                "1e-05",
                "0.0"
            ]
        );
    }

    #[test]
    fn containers_print_their_parts_as_literals() {
        let value = Value::from(vec![
            Value::from("it's"),
            Value::from(true),
            Value::from(()),
            Value::from(1e20),
            Value::from_pairs([("a", Value::from(vec![1]))]),
        ]);
        assert_eq!(text(&value), r#"["it's", True, None, 1e+20, {'a': [1]}]"#);
    }
}
