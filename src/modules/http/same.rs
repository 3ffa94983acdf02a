//! When two values of a configuration mean the same, and what makes one of the other.

use serde_json::{Map, Value};

/// Whether two scalars or lists mean the same, however they are written: `100` and `"100"`, `on`
/// and `true`. Whoever compares by text alone flaps.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => false,
        _ => {
            let (a, b) = (shown(a), shown(b));
            a == b
                || (switch(&a).is_some() && switch(&a) == switch(&b))
                || (number(&a).is_some() && number(&a) == number(&b))
        }
    }
}

/// A value as a reader wants to see it: a text without quotes.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// As Patroni's `parse_bool` reads it, but for its numbers: 1 is a value of many settings.
fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The names that lead to it: `postgresql.parameters.max_connections`.
    pub name: String,
    /// What is there.
    pub from: Option<Value>,
    /// What shall be there; `None`: nothing.
    pub to: Option<Value>,
}

/// What must be merged into `have` so that all of `want` holds, and the differences one by one.
/// Merged means: mappings into mappings, `null` takes a name away, everything else replaces.
pub fn difference(
    have: &Map<String, Value>,
    want: &Map<String, Value>,
) -> (Value, Vec<Difference>) {
    let mut told = Vec::new();
    let patch = between(have, want, "", &mut told);
    (Value::Object(patch), told)
}

fn between(
    have: &Map<String, Value>,
    want: &Map<String, Value>,
    above: &str,
    told: &mut Vec<Difference>,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, wanted) in want {
        let name = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        let is = have.get(key).filter(|is| !is.is_null());
        let to = match (is, wanted) {
            (None, Value::Null) => continue,
            (Some(Value::Object(is)), Value::Object(inner)) => {
                let inner = between(is, inner, &name, told);
                if !inner.is_empty() {
                    patch.insert(key.clone(), Value::Object(inner));
                }
                continue;
            }
            // Nothing is merged here, so a null in it would stay there as a value.
            (_, Value::Object(inner)) => {
                let bare = without_nulls(inner);
                if bare.is_empty() && !inner.is_empty() {
                    continue;
                }
                Some(Value::Object(bare))
            }
            (Some(is), wanted) if same(is, wanted) => continue,
            (_, Value::Null) => None,
            (_, wanted) => Some(wanted.clone()),
        };
        patch.insert(key.clone(), to.clone().unwrap_or(Value::Null));
        leaves(&name, is, to, told);
    }
    patch
}

/// A mapping that is new is told value by value.
fn leaves(name: &str, from: Option<&Value>, to: Option<Value>, told: &mut Vec<Difference>) {
    match to {
        Some(Value::Object(inner)) if from.is_none() && !inner.is_empty() => {
            for (key, value) in inner {
                leaves(&format!("{name}.{key}"), None, Some(value), told);
            }
        }
        to => told.push(Difference {
            name: name.to_owned(),
            from: from.cloned(),
            to,
        }),
    }
}

fn without_nulls(map: &Map<String, Value>) -> Map<String, Value> {
    let kept = map.iter().filter_map(|(key, value)| {
        let value = match value {
            Value::Null => return None,
            Value::Object(inner) => Value::Object(without_nulls(inner)),
            other => other.clone(),
        };
        Some((key.clone(), value))
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(have: Value, want: Value) -> (Value, Vec<String>) {
        let (Value::Object(have), Value::Object(want)) = (have, want) else {
            panic!("mappings")
        };
        let (patch, told) = difference(&have, &want);
        let show = |value: Option<Value>| value.map_or("-".to_owned(), |value| shown(&value));
        let told = told
            .into_iter()
            .map(|one| format!("{} {} -> {}", one.name, show(one.from), show(one.to)));
        (patch, told.collect())
    }

    #[test]
    fn what_means_the_same_does_not_differ() {
        let have = json!({ "ttl": 30, "a": { "b": "100", "c": "on", "d": ["x", 1], "e": 0.5 } });
        let want = json!({ "ttl": "30", "a": { "b": 100, "c": true, "d": ["x", "1"], "e": "0.50", "f": null } });
        assert_eq!(found(have, want), (json!({}), vec![]));
        assert!(!same(&json!("1"), &json!(true)) && !same(&json!("64MB"), &json!("64")));
        assert!(!same(&json!([1]), &json!([1, 2])) && !same(&json!("[1]"), &json!([1])));
    }

    #[test]
    fn only_what_differs_is_merged() {
        let have = json!({ "ttl": 30, "loop_wait": 10, "pg": { "p": { "a": 1, "b": 2 } }, "old": { "x": 1 } });
        let want = json!({ "ttl": 20, "loop_wait": 10, "pg": { "p": { "a": 1, "b": 3, "c": "n" } }, "old": null });
        assert_eq!(
            found(have, want),
            (
                json!({ "ttl": 20, "pg": { "p": { "b": 3, "c": "n" } }, "old": null }),
                vec![
                    "ttl 30 -> 20".to_owned(),
                    "pg.p.b 2 -> 3".into(),
                    "pg.p.c - -> n".into(),
                    "old {\"x\":1} -> -".into()
                ]
            )
        );
    }

    #[test]
    fn a_null_never_becomes_a_value() {
        let want = json!({ "new": { "a": 1, "b": null, "c": { "d": null, "e": 2 } }, "gone": { "x": null } });
        assert_eq!(
            found(json!({ "scalar": 1 }), want),
            (
                json!({ "new": { "a": 1, "c": { "e": 2 } } }),
                vec!["new.a - -> 1".to_owned(), "new.c.e - -> 2".into()]
            )
        );
    }
}
