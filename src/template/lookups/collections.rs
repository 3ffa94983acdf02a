//! Lookups that only turn what they are given: what `with_...` loops over.

use super::super::filters::list::subelements_of;
use super::super::trace;
use super::{Call, wrong};
use minijinja::value::ValueKind;
use minijinja::{Error, Value};

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn spread(terms: &[Value]) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in terms {
        if is_list(term) {
            out.extend(term.try_iter()?);
        } else {
            out.push(term.clone());
        }
    }
    Ok(out)
}

/// The terms, with the lists among them opened once.
pub(super) fn items(call: &Call) -> Result<Vec<Value>, Error> {
    spread(&call.terms)
}

/// The terms as they are.
#[allow(
    clippy::unnecessary_wraps,
    reason = "a lookup may fail; this one does not"
)]
pub(super) fn list(call: &Call) -> Result<Vec<Value>, Error> {
    Ok(call.terms.clone())
}

/// `{key, value}` of each entry of the mappings.
pub(super) fn dict(call: &Call) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in &call.terms {
        let maps = if is_list(term) {
            term.try_iter()?.collect()
        } else {
            vec![term.clone()]
        };
        for map in maps {
            if map.kind() != ValueKind::Map {
                return Err(wrong(format!("`dict` needs a mapping, not {}", map.kind())));
            }
            for key in map.try_iter()? {
                let value = map.get_item(&key)?;
                out.push(Value::from_pairs([("key", key), ("value", value)]));
            }
        }
    }
    Ok(out)
}

fn lists(call: &Call, name: &str) -> Result<Vec<Vec<Value>>, Error> {
    if call.terms.is_empty() {
        return Err(wrong(format!("`{name}` needs at least one list")));
    }
    let opened = |term: &Value| -> Result<Vec<Value>, Error> {
        if is_list(term) {
            Ok(term.try_iter()?.collect())
        } else {
            Ok(vec![term.clone()])
        }
    };
    call.terms.iter().map(opened).collect()
}

/// Each item of the first list with each of the second, and so on.
pub(super) fn nested(call: &Call) -> Result<Vec<Value>, Error> {
    let lists = lists(call, "nested")?;
    let size = lists
        .iter()
        .try_fold(1_usize, |size, list| size.checked_mul(list.len()));
    if size.is_none_or(|size| size > 1_000_000) {
        return Err(wrong("`nested` would have more than a million items"));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists {
        rows = rows
            .iter()
            .flat_map(|row| {
                list.iter()
                    .map(|item| [row.as_slice(), std::slice::from_ref(item)].concat())
            })
            .collect();
    }
    Ok(rows.into_iter().map(Value::from).collect())
}

/// The first items of all lists, the second ones, and so on; the shorter lists filled with nothing.
pub(super) fn together(call: &Call) -> Result<Vec<Value>, Error> {
    let lists = lists(call, "together")?;
    let rows = lists.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |list: &Vec<Value>, row: usize| list.get(row).cloned().unwrap_or(Value::from(()));
    Ok((0..rows)
        .map(|row| lists.iter().map(|list| cell(list, row)).collect())
        .collect())
}

/// `[number, item]` of each item.
pub(super) fn indexed_items(call: &Call) -> Result<Vec<Value>, Error> {
    Ok(spread(&call.terms)?
        .into_iter()
        .enumerate()
        .map(|(at, item)| Value::from((at, item)))
        .collect())
}

/// `[item, part]` of each part of a list in each item.
pub(super) fn subelements(call: &Call) -> Result<Vec<Value>, Error> {
    let [list, path, rest @ ..] = call.terms.as_slice() else {
        return Err(wrong(
            "`subelements` needs a list and the name of a list in its items",
        ));
    };
    let skip_missing = match rest.first() {
        Some(flags) => flags.get_attr("skip_missing")?.is_true(),
        None => false,
    };
    subelements_of(list, path, skip_missing)
}

/// One of the terms, by chance.
pub(super) fn random_choice(call: &Call) -> Result<Vec<Value>, Error> {
    trace::note_volatile();
    let Ok(count) = u32::try_from(call.terms.len()) else {
        return Ok(Vec::new());
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    let random = getrandom::u32().map_err(|error| wrong(error.to_string()))?;
    Ok(vec![call.terms[(random % count) as usize].clone()])
}

/// The items of lists in each other, as one list.
pub(super) fn flattened(call: &Call) -> Result<Vec<Value>, Error> {
    fn into(value: &Value, out: &mut Vec<Value>) -> Result<(), Error> {
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                value.try_iter()?.try_for_each(|item| into(&item, out))
            }
            _ if value.is_none() => Ok(()),
            _ => {
                out.push(value.clone());
                Ok(())
            }
        }
    }
    let mut out = Vec::new();
    for term in &call.terms {
        into(term, &mut out)?;
    }
    Ok(out)
}
