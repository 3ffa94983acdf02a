//! Filters over lists.

use super::super::convert::settle;
use super::super::print;
use super::super::registry::Registry;
use super::attribute::certain;
use super::{items, wrong};
use minijinja::value::{Kwargs, Rest, Tuple, ValueKind};
use minijinja::{Error, State, Value, filters};

pub(super) fn register(to: &mut Registry) {
    to.filter("join", join);
    to.filter("flatten", flatten);
    to.filter(
        "zip",
        |state: &State, first: &Value, others: Rest<Value>| -> Result<Value, Error> {
            let _ = state;
            zip(first, &others, None)
        },
    );
    to.filter(
        "zip_longest",
        |first: &Value, others: Rest<Value>, options: Kwargs| -> Result<Value, Error> {
            let fill = options
                .get::<Option<Value>>("fillvalue")?
                .unwrap_or_else(|| Value::from(()));
            options.assert_all_used()?;
            zip(first, &others, Some(&fill))
        },
    );
    to.filter("product", product);
    to.filter("extract", extract);
    to.filter("subelements", subelements);
    to.filter("batch", batch);
    // The engine's own, but of values that are computed: it can't compare those that fail.
    to.filter("sort", |state: &State, list: &Value, options: Kwargs| {
        filters::sort(state, settle(list)?, options)
    });
    to.filter("min", |state: &State, list: &Value, options: Kwargs| {
        filters::min(state, settle(list)?, options)
    });
    to.filter("max", |state: &State, list: &Value, options: Kwargs| {
        filters::max(state, settle(list)?, options)
    });
    to.filter("dictsort", |map: &Value, options: Kwargs| {
        filters::dictsort(&settle(map)?, options)
    });
    to.filter(
        "groupby",
        |list: &Value, attribute: Option<&str>, options: Kwargs| {
            filters::groupby(settle(list)?, attribute, options)
        },
    );
    to.filter("slice", slice);
}

fn join(
    list: &Value,
    between: Option<String>,
    attribute: Option<String>,
    options: Kwargs,
) -> Result<String, Error> {
    let between = between.map_or_else(
        || options.get::<Option<String>>("d"),
        |given| Ok(Some(given)),
    )?;
    let attribute = attribute.map_or_else(
        || options.get::<Option<String>>("attribute"),
        |given| Ok(Some(given)),
    )?;
    options.assert_all_used()?;
    if let Some(text) = list.as_str() {
        let parts: Vec<String> = text.chars().map(String::from).collect();
        return Ok(parts.join(&between.unwrap_or_default()));
    }
    let mut parts = Vec::new();
    for item in items(list, "join")? {
        let part = match &attribute {
            Some(path) => certain(&item, path)?,
            None => item,
        };
        parts.push(print::text(&part));
    }
    Ok(parts.join(&between.unwrap_or_default()))
}

fn flatten(list: &Value, levels: Option<i64>, options: Kwargs) -> Result<Value, Error> {
    let levels = levels.map_or_else(
        || options.get::<Option<i64>>("levels"),
        |given| Ok(Some(given)),
    )?;
    let skip_nulls = options.get::<Option<bool>>("skip_nulls")?.unwrap_or(true);
    options.assert_all_used()?;
    let mut out = Vec::new();
    flatten_into(items(list, "flatten")?, levels, skip_nulls, &mut out)?;
    Ok(Value::from(out))
}

fn flatten_into(
    list: Vec<Value>,
    levels: Option<i64>,
    skip_nulls: bool,
    out: &mut Vec<Value>,
) -> Result<(), Error> {
    for item in list {
        if skip_nulls && (item.is_none() || matches!(item.as_str(), Some("None" | "null"))) {
            continue;
        }
        match item.kind() {
            ValueKind::Seq | ValueKind::Iterable if levels.is_none_or(|left| left > 0) => {
                flatten_into(
                    items(&item, "flatten")?,
                    levels.map(|left| left - 1),
                    skip_nulls,
                    out,
                )?;
            }
            _ => out.push(item),
        }
    }
    Ok(())
}

fn zip(first: &Value, others: &[Value], fill: Option<&Value>) -> Result<Value, Error> {
    let mut lists = vec![items(first, "zip")?];
    for other in others {
        lists.push(items(other, "zip")?);
    }
    let sizes = lists.iter().map(Vec::len);
    let rows = if fill.is_some() {
        sizes.max()
    } else {
        sizes.min()
    }
    .unwrap_or(0);
    let rows = (0..rows).map(|row| -> Value {
        let cells = lists
            .iter()
            .map(|list| list.get(row).or(fill).cloned().unwrap_or_default());
        cells.collect()
    });
    Ok(rows.collect())
}

fn product(first: &Value, others: Rest<Value>, options: Kwargs) -> Result<Value, Error> {
    let repeat = options.get::<Option<usize>>("repeat")?.unwrap_or(1);
    options.assert_all_used()?;
    let mut lists = vec![items(first, "product")?];
    for other in others.iter() {
        lists.push(items(other, "product")?);
    }
    let lists: Vec<_> = std::iter::repeat_n(lists, repeat).flatten().collect();
    let size = lists
        .iter()
        .try_fold(1_usize, |size, list| size.checked_mul(list.len()));
    if size.is_none_or(|size| size > 1_000_000) {
        return Err(wrong("the product would have more than a million items"));
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
    Ok(rows
        .into_iter()
        .map(|row| Value::from(Tuple::from(row)))
        .collect())
}

/// `key | extract(container)`, with more keys below.
fn extract(
    key: &Value,
    container: &Value,
    more: Option<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    let more = more.map_or_else(
        || options.get::<Option<Value>>("morekeys"),
        |given| Ok(Some(given)),
    )?;
    options.assert_all_used()?;
    let mut value = container.get_item(key)?;
    match more {
        Some(keys) if matches!(keys.kind(), ValueKind::Seq | ValueKind::Iterable) => {
            for key in items(&keys, "extract")? {
                value = value.get_item(&key)?;
            }
        }
        Some(key) if !key.is_none() => value = value.get_item(&key)?,
        _ => {}
    }
    Ok(value)
}

fn subelements(list: &Value, path: &Value, options: Kwargs) -> Result<Value, Error> {
    let skip_missing = options
        .get::<Option<bool>>("skip_missing")?
        .unwrap_or(false);
    options.assert_all_used()?;
    subelements_of(list, path, skip_missing).map(Value::from)
}

/// Pairs of each item and each item of the list under `path` in it.
pub(crate) fn subelements_of(
    list: &Value,
    path: &Value,
    skip_missing: bool,
) -> Result<Vec<Value>, Error> {
    let path: Vec<String> = match path.as_str() {
        Some(path) => path.split('.').map(str::to_owned).collect(),
        None => items(path, "subelements")?
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    let list = match list.kind() {
        ValueKind::Map => list
            .try_iter()?
            .map(|key| list.get_item(&key))
            .collect::<Result<Vec<_>, _>>()?,
        _ => items(list, "subelements")?,
    };
    let mut out = Vec::new();
    for item in list {
        let mut inner = item.clone();
        for key in &path {
            inner = if inner.is_undefined() {
                inner
            } else {
                inner.get_attr(key)?
            };
        }
        if inner.is_undefined() {
            if skip_missing {
                continue;
            }
            return Err(wrong(format!(
                "an item has no `{}`; `skip_missing=true` passes over it",
                path.join(".")
            )));
        }
        for part in items(&inner, "subelements")? {
            out.push(Value::from((item.clone(), part)));
        }
    }
    Ok(out)
}

/// What is missing to whole rows may be filled up, but not without end.
const MOST_FILLED: usize = 10_000;

/// Rows of `size` items.
fn batch(list: &Value, size: usize, fill: Option<Value>) -> Result<Value, Error> {
    if size == 0 {
        return Err(wrong("`batch` needs rows of at least one item"));
    }
    let mut rows: Vec<Vec<Value>> = items(list, "batch")?
        .chunks(size)
        .map(<[Value]>::to_vec)
        .collect();
    if let (Some(last), Some(fill)) = (rows.last_mut(), fill.filter(|fill| !fill.is_none())) {
        if size > MOST_FILLED {
            return Err(wrong(format!(
                "`batch` fills rows of at most {MOST_FILLED} items"
            )));
        }
        last.resize(size, fill);
    }
    Ok(rows.into_iter().map(Value::from).collect())
}

/// `count` columns, the first ones longer.
fn slice(list: &Value, count: usize, fill: Option<Value>) -> Result<Value, Error> {
    if count == 0 || count > MOST_FILLED {
        return Err(wrong(format!("`slice` makes 1 to {MOST_FILLED} columns")));
    }
    let list = items(list, "slice")?;
    let (each, longer) = (list.len() / count, list.len() % count);
    let mut rest = list.as_slice();
    let mut columns = Vec::with_capacity(count);
    for column in 0..count {
        let (part, after) = rest.split_at(each + usize::from(column < longer));
        let mut part = part.to_vec();
        if let Some(fill) = fill
            .as_ref()
            .filter(|fill| !fill.is_none() && longer > 0 && column >= longer)
        {
            part.push(fill.clone());
        }
        columns.push(Value::from(part));
        rest = after;
    }
    Ok(Value::from(columns))
}
