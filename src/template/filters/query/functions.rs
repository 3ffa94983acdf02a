//! The functions of queries.

use super::Expr;
use super::ask::{ask, list, none, values};
use minijinja::Value;
use minijinja::value::{Serde, ValueKind};
use std::cmp::Ordering;

/// Name, and how many arguments it has at least and at most.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("abs", 1, 1),
    ("avg", 1, 1),
    ("ceil", 1, 1),
    ("contains", 2, 2),
    ("ends_with", 2, 2),
    ("floor", 1, 1),
    ("join", 2, 2),
    ("keys", 1, 1),
    ("length", 1, 1),
    ("map", 2, 2),
    ("max", 1, 1),
    ("max_by", 2, 2),
    ("merge", 0, usize::MAX),
    ("min", 1, 1),
    ("min_by", 2, 2),
    ("not_null", 1, usize::MAX),
    ("reverse", 1, 1),
    ("sort", 1, 1),
    ("sort_by", 2, 2),
    ("starts_with", 2, 2),
    ("sum", 1, 1),
    ("to_array", 1, 1),
    ("to_number", 1, 1),
    ("to_string", 1, 1),
    ("type", 1, 1),
    ("values", 1, 1),
];

pub(super) fn call(name: &str, arguments: &[Expr], value: &Value) -> Result<Value, String> {
    let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        let near = crate::diag::did_you_mean(name, FUNCTIONS.iter().map(|(name, ..)| *name));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(format!("there is no function `{name}`{hint}"));
    };
    if !(*least..=*most).contains(&arguments.len()) {
        return Err(format!("`{name}` takes {least} argument(s)"));
    }
    let mut given = Vec::new();
    let mut by = None;
    for argument in arguments {
        match argument {
            Expr::Reference(inner) => by = Some(&**inner),
            other => given.push(ask(other, value)?),
        }
    }
    match (name, by, &given[..]) {
        ("map", Some(by), [items]) => of_each(name, by, items).map(Value::from),
        ("sort_by" | "max_by" | "min_by", Some(by), [items]) => ordered_by(name, by, items),
        (_, None, given) if !matches!(name, "map" | "sort_by" | "max_by" | "min_by") => {
            plain(name, given)
        }
        _ => Err(format!(
            "`{name}` takes an expression with `&` before it where it orders"
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "null",
        ValueKind::Bool => "boolean",
        ValueKind::Number => "number",
        ValueKind::String => "string",
        ValueKind::Map => "object",
        _ => "array",
    }
}

fn wrong(name: &str, wanted: &str, value: &Value) -> String {
    format!("`{name}` needs {wanted}, not {} {value}", kind(value))
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| wrong(name, "a string", value))
}

fn array(name: &str, value: &Value) -> Result<Vec<Value>, String> {
    list(value).ok_or_else(|| wrong(name, "an array", value))
}

fn number(name: &str, value: &Value) -> Result<f64, String> {
    let number = (value.kind() == ValueKind::Number).then(|| f64::try_from(value.clone()));
    number
        .and_then(Result::ok)
        .ok_or_else(|| wrong(name, "a number", value))
}

fn of_each(name: &str, by: &Expr, items: &Value) -> Result<Vec<Value>, String> {
    array(name, items)?
        .iter()
        .map(|item| ask(by, item))
        .collect()
}

/// Values that have an order: all numbers, or all strings.
fn comparable(name: &str, items: &[Value]) -> Result<(), String> {
    let one = items.first().map_or("number", kind);
    match items
        .iter()
        .find(|item| kind(item) != one || !matches!(one, "number" | "string"))
    {
        Some(other) => Err(wrong(name, "numbers, or strings", other)),
        None => Ok(()),
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    a.cmp(b)
}

fn ordered_by(name: &str, by: &Expr, items: &Value) -> Result<Value, String> {
    let keys = of_each(name, by, items)?;
    comparable(name, &keys)?;
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(array(name, items)?).collect();
    pairs.sort_by(|(a, _), (b, _)| order(a, b));
    Ok(match name {
        "sort_by" => pairs.into_iter().map(|(_, item)| item).collect(),
        // Of several the first.
        "max_by" => pairs
            .into_iter()
            .rev()
            .reduce(|best, next| if best.0 == next.0 { next } else { best })
            .map_or_else(none, |(_, item)| item),
        _ => pairs.into_iter().next().map_or_else(none, |(_, item)| item),
    })
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "as Python counts"
)]
fn plain(name: &str, given: &[Value]) -> Result<Value, String> {
    Ok(match (name, given) {
        ("abs", [value]) => match value.as_i64().filter(|_| value.is_integer()) {
            Some(int) => Value::from(int.saturating_abs()),
            None => Value::from(number(name, value)?.abs()),
        },
        ("ceil", [value]) => Value::from(number(name, value)?.ceil() as i64),
        ("floor", [value]) => Value::from(number(name, value)?.floor() as i64),
        ("sum" | "avg", [items]) => {
            let items = array(name, items)?;
            let whole: Option<i64> = items
                .iter()
                .map(|item| item.as_i64().filter(|_| item.is_integer()))
                .sum();
            let mut sum = 0.0;
            for item in &items {
                sum += number(name, item)?;
            }
            match (name, whole) {
                ("avg", _) if items.is_empty() => none(),
                ("avg", _) => Value::from(sum / items.len() as f64),
                (_, Some(whole)) => Value::from(whole),
                _ => Value::from(sum),
            }
        }
        ("contains", [inside, item]) => match (inside.as_str(), item.as_str()) {
            (Some(text), Some(part)) => Value::from(text.contains(part)),
            (Some(_), None) => Value::from(false),
            _ => Value::from(array(name, inside)?.contains(item)),
        },
        ("starts_with", [of, part]) => Value::from(text(name, of)?.starts_with(text(name, part)?)),
        ("ends_with", [of, part]) => Value::from(text(name, of)?.ends_with(text(name, part)?)),
        ("join", [between, items]) => {
            let items = array(name, items)?;
            let texts = items.iter().map(|item| text(name, item));
            Value::from(
                texts
                    .collect::<Result<Vec<_>, _>>()?
                    .join(text(name, between)?),
            )
        }
        ("keys", [map]) if map.kind() == ValueKind::Map => {
            map.try_iter().into_iter().flatten().collect()
        }
        ("values", [map]) => values(map)
            .map(Value::from)
            .ok_or_else(|| wrong(name, "an object", map))?,
        ("keys", [other]) => return Err(wrong(name, "an object", other)),
        ("length", [value]) => match (value.as_str(), value.len()) {
            (Some(text), _) => Value::from(text.chars().count()),
            (None, Some(length)) => Value::from(length),
            _ => return Err(wrong(name, "a string, an array or an object", value)),
        },
        ("max" | "min" | "sort", [items]) => {
            let mut items = array(name, items)?;
            comparable(name, &items)?;
            items.sort_by(order);
            match name {
                "sort" => Value::from(items),
                "max" => items.pop().unwrap_or_else(none),
                _ => items.into_iter().next().unwrap_or_else(none),
            }
        }
        ("merge", maps) => {
            let mut pairs: Vec<(Value, Value)> = Vec::new();
            for map in maps {
                let all = values(map).ok_or_else(|| wrong(name, "objects", map))?;
                for (key, value) in map.try_iter().into_iter().flatten().zip(all) {
                    match pairs.iter_mut().find(|(known, _)| *known == key) {
                        Some(pair) => pair.1 = value,
                        None => pairs.push((key, value)),
                    }
                }
            }
            Value::from_pairs(pairs)
        }
        ("not_null", all) => all
            .iter()
            .find(|value| !value.is_none())
            .cloned()
            .unwrap_or_else(none),
        ("reverse", [value]) => match value.as_str() {
            Some(text) => Value::from(text.chars().rev().collect::<String>()),
            None => array(name, value)?.into_iter().rev().collect(),
        },
        ("to_array", [value]) => match list(value) {
            Some(_) => value.clone(),
            None => Value::from(vec![value.clone()]),
        },
        ("to_number", [value]) => match value.as_str() {
            Some(text) => match serde_json::from_str::<serde_json::Number>(text.trim()) {
                Ok(number) => Value::from(Serde(&number)),
                Err(_) => none(),
            },
            None if value.kind() == ValueKind::Number => value.clone(),
            None => none(),
        },
        ("to_string", [value]) => match value.as_str() {
            Some(_) => value.clone(),
            None => Value::from(serde_json::to_string(value).map_err(|error| error.to_string())?),
        },
        ("type", [value]) => Value::from(kind(value)),
        _ => return Err(format!("`{name}` does not take that")),
    })
}
