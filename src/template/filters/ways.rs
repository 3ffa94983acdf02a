//! Ways into values: the filters of `ansible.utils` that name a place in a value as a text.

use super::super::convert::settle;
use super::super::registry::{Registry, UTILS};
use super::given::Given;
use super::{items, wrong};
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, State, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter_of(
        UTILS,
        "to_paths",
        |value: &Value, rest: Rest<Value>, names: Kwargs| -> Result<Value, Error> {
            let mut given = Given::new(rest, names);
            let before = given.text("prepend")?.unwrap_or_default();
            given.flag("wantlist")?;
            given.end()?;
            let mut pairs = Vec::new();
            walk(&settle(value)?, before, &mut pairs)?;
            Ok(Value::from_pairs(pairs))
        },
    );
    to.filter_of(UTILS, "get_path", |value: &Value, path: &str| {
        at(value, path)
    });
    to.filter_of(UTILS, "index_of", index_of);
}

fn walk(value: &Value, path: String, into: &mut Vec<(String, Value)>) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Map if value.len() != Some(0) => {
            for key in value.try_iter()? {
                let name = key.to_string();
                let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
                let path = match (plain, path.is_empty()) {
                    (true, true) => name,
                    (true, false) => format!("{path}.{name}"),
                    (false, _) => format!("{path}['{name}']"),
                };
                walk(&value.get_item(&key)?, path, into)?;
            }
        }
        ValueKind::Seq | ValueKind::Iterable if value.len() != Some(0) => {
            for (at, item) in value.try_iter()?.enumerate() {
                walk(&item, format!("{path}[{at}]"), into)?;
            }
        }
        _ => into.push((path, value.clone())),
    }
    Ok(())
}

/// What stands at `a.b[1]['odd key']`.
fn at(value: &Value, path: &str) -> Result<Value, Error> {
    let mut found = value.clone();
    let mut rest = path;
    while !rest.is_empty() {
        let (key, after) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (key, after) = inner
                    .split_once(']')
                    .ok_or_else(|| wrong(format!("a bracket of `{path}` is never closed")))?;
                let name = key.trim_matches(['\'', '"']);
                let key = match key.parse::<i64>() {
                    Ok(place) => Value::from(place),
                    Err(_) => Value::from(name),
                };
                (key, after)
            }
            None => {
                let rest = rest.strip_prefix('.').unwrap_or(rest);
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                (Value::from(&rest[..end]), &rest[end..])
            }
        };
        found = found.get_item(&key)?;
        if found.is_undefined() {
            return Err(wrong(format!("there is no `{path}` in it")));
        }
        rest = after;
    }
    Ok(found)
}

/// The places of the items for which a test holds; one alone stands for itself.
fn index_of(
    state: &mut State,
    list: &Value,
    rest: Rest<Value>,
    names: Kwargs,
) -> Result<Value, Error> {
    let mut given = Given::new(rest, names);
    let test = given
        .text("test")?
        .ok_or_else(|| wrong("`index_of` needs a test"))?;
    let (against, key) = (given.value("value")?, given.text("key")?);
    let wantlist = given.flag("wantlist")?;
    given.end()?;
    let mut places = Vec::new();
    for (place, item) in items(list, "index_of")?.into_iter().enumerate() {
        let subject = match &key {
            Some(key) => item.get_attr(key)?,
            None => item,
        };
        let args: Vec<Value> = std::iter::once(subject).chain(against.clone()).collect();
        if state.perform_test(&test, &args)? {
            places.push(Value::from(place));
        }
    }
    Ok(match places.len() {
        1 if !wantlist => places.remove(0),
        _ => Value::from(places),
    })
}
