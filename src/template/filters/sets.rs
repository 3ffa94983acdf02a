//! Lists as sets.

use super::super::registry::Registry;
use super::attribute::certain;
use super::items;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("unique", unique);
    to.filter("union", |a: &Value, b: &Value| -> Result<Value, Error> {
        Ok(Value::from(distinct(
            [items(a, "union")?, items(b, "union")?].concat(),
        )))
    });
    to.filter(
        "intersect",
        |a: &Value, b: &Value| -> Result<Value, Error> {
            let (a, b) = (items(a, "intersect")?, items(b, "intersect")?);
            Ok(Value::from(distinct(
                a.into_iter().filter(|item| has(&b, item)).collect(),
            )))
        },
    );
    to.filter(
        "difference",
        |a: &Value, b: &Value| -> Result<Value, Error> {
            let (a, b) = (items(a, "difference")?, items(b, "difference")?);
            Ok(Value::from(distinct(
                a.into_iter().filter(|item| !has(&b, item)).collect(),
            )))
        },
    );
    to.filter(
        "symmetric_difference",
        |a: &Value, b: &Value| -> Result<Value, Error> {
            let (a, b) = (
                items(a, "symmetric_difference")?,
                items(b, "symmetric_difference")?,
            );
            let only = |these: &[Value], those: &[Value]| -> Vec<Value> {
                these
                    .iter()
                    .filter(|item| !has(those, item))
                    .cloned()
                    .collect()
            };
            Ok(Value::from(distinct([only(&a, &b), only(&b, &a)].concat())))
        },
    );
}

/// Whether two values are the same to Python, where `1` and `"1"` differ.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    a == b
}

fn has(list: &[Value], item: &Value) -> bool {
    list.iter().any(|other| same(other, item))
}

fn distinct(list: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::with_capacity(list.len());
    for item in list {
        if !has(&out, &item) {
            out.push(item);
        }
    }
    out
}

fn unique(list: &Value, options: Kwargs) -> Result<Value, Error> {
    let case_sensitive = options
        .get::<Option<bool>>("case_sensitive")?
        .unwrap_or(true);
    let attribute: Option<String> = options.get("attribute")?;
    options.assert_all_used()?;
    let key = |item: &Value| -> Result<Value, Error> {
        let key = match &attribute {
            Some(path) => certain(item, path)?,
            None => item.clone(),
        };
        Ok(match key.as_str() {
            Some(text) if !case_sensitive => Value::from(text.to_lowercase()),
            _ => key,
        })
    };
    let mut seen: Vec<Value> = Vec::new();
    let mut out = Vec::new();
    let list = if list.kind() == ValueKind::String {
        list.try_iter()?.collect()
    } else {
        items(list, "unique")?
    };
    for item in list {
        let key = key(&item)?;
        if !has(&seen, &key) {
            seen.push(key);
            out.push(item);
        }
    }
    Ok(Value::from(out))
}
