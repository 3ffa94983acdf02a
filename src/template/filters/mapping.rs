//! Filters over mappings.

use super::super::convert::settle;
use super::super::registry::Registry;
use super::sets::same;
use super::{items, wrong};
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter("combine", combine);
    to.filter("dict2items", dict2items);
    to.filter("items2dict", items2dict);
}

/// What becomes of two lists under one key.
#[derive(Clone, Copy)]
pub(super) enum ListMerge {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendNew,
    PrependNew,
}

impl ListMerge {
    pub(super) fn new(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "replace" => Self::Replace,
            "keep" => Self::Keep,
            "append" => Self::Append,
            "prepend" => Self::Prepend,
            "append_rp" => Self::AppendNew,
            "prepend_rp" => Self::PrependNew,
            _ => {
                return Err(wrong(format!(
                    "`list_merge` is replace, keep, append, prepend, append_rp or prepend_rp, not `{name}`"
                )));
            }
        })
    }

    fn merge(self, old: &Value, new: &Value) -> Result<Value, Error> {
        let (old_items, new_items) = (items(old, "combine")?, items(new, "combine")?);
        let without = |from: &[Value], those: &[Value]| -> Vec<Value> {
            from.iter()
                .filter(|item| !those.iter().any(|other| same(item, other)))
                .cloned()
                .collect()
        };
        Ok(Value::from(match self {
            Self::Replace => new_items,
            Self::Keep => old_items,
            Self::Append => [old_items, new_items].concat(),
            Self::Prepend => [new_items, old_items].concat(),
            Self::AppendNew => [without(&old_items, &new_items), new_items].concat(),
            Self::PrependNew => {
                let rest = without(&old_items, &new_items);
                [new_items, rest].concat()
            }
        }))
    }
}

fn combine(first: &Value, others: Rest<Value>, options: Kwargs) -> Result<Value, Error> {
    let recursive = options.get::<Option<bool>>("recursive")?.unwrap_or(false);
    let list_merge = ListMerge::new(
        options
            .get::<Option<&str>>("list_merge")?
            .unwrap_or("replace"),
    )?;
    options.assert_all_used()?;
    let mut maps = Vec::new();
    flatten_maps(first, &mut maps)?;
    for other in others.iter() {
        flatten_maps(other, &mut maps)?;
    }
    let mut maps = maps.into_iter();
    let Some(mut all) = maps.next() else {
        return Ok(Value::from_pairs::<_, Value, Value>([]));
    };
    for map in maps {
        all = merged(&all, &map, recursive, list_merge)?;
    }
    Ok(all)
}

fn flatten_maps(value: &Value, into: &mut Vec<Value>) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Map => into.push(settle(value)?),
        ValueKind::Seq | ValueKind::Iterable => {
            for item in value.try_iter()?.checked() {
                flatten_maps(&item?, into)?;
            }
        }
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        kind => return Err(wrong(format!("`combine` needs mappings, not {kind}"))),
    }
    Ok(())
}

pub(super) fn merged(
    old: &Value,
    new: &Value,
    recursive: bool,
    list_merge: ListMerge,
) -> Result<Value, Error> {
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    for key in old.try_iter()? {
        pairs.push((key.clone(), old.get_item(&key)?));
    }
    for key in new.try_iter()? {
        let value = new.get_item(&key)?;
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => {
                *known = match (known.kind(), value.kind()) {
                    (ValueKind::Map, ValueKind::Map) if recursive => {
                        merged(known, &value, true, list_merge)?
                    }
                    (ValueKind::Seq, ValueKind::Seq) => list_merge.merge(known, &value)?,
                    _ => value,
                }
            }
            None => pairs.push((key, value)),
        }
    }
    Ok(Value::from_pairs(pairs))
}

fn dict2items(map: &Value, options: Kwargs) -> Result<Value, Error> {
    let key_name = options.get::<Option<&str>>("key_name")?.unwrap_or("key");
    let value_name = options
        .get::<Option<&str>>("value_name")?
        .unwrap_or("value");
    options.assert_all_used()?;
    match map.kind() {
        ValueKind::Map => {}
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        kind => return Err(wrong(format!("`dict2items` needs a mapping, not {kind}"))),
    }
    let map = settle(map)?;
    let mut out = Vec::new();
    for key in map.try_iter()? {
        let value = map.get_item(&key)?;
        out.push(Value::from_pairs([(key_name, key), (value_name, value)]));
    }
    Ok(Value::from(out))
}

fn items2dict(list: &Value, options: Kwargs) -> Result<Value, Error> {
    let key_name = options.get::<Option<&str>>("key_name")?.unwrap_or("key");
    let value_name = options
        .get::<Option<&str>>("value_name")?
        .unwrap_or("value");
    options.assert_all_used()?;
    let mut pairs = Vec::new();
    for item in items(list, "items2dict")? {
        let (key, value) = (item.get_attr(key_name)?, item.get_attr(value_name)?);
        if key.is_undefined() || value.is_undefined() {
            return Err(wrong(format!(
                "`items2dict` needs items with `{key_name}` and `{value_name}`"
            )));
        }
        pairs.push((key, value));
    }
    Ok(Value::from_pairs(pairs))
}
