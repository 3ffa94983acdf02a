//! Filters of `community.general` over lists and mappings, and those of Ansible that are like them.

use super::super::convert::settle;
use super::super::registry::{GENERAL, Registry, UTILS};
use super::super::tests::compare_versions;
use super::given::Given;
use super::mapping::{ListMerge, merged};
use super::regex::pattern;
use super::sets::same;
use super::{items, wrong};
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, Value};

type Pairs = Vec<(Value, Value)>;

pub(super) fn register(to: &mut Registry) {
    to.filter("rekey_on_member", rekey);
    to.filter("combinations", |list: &Value, count: usize| {
        chosen(list, Some(count), false)
    });
    to.filter("permutations", |list: &Value, count: Option<usize>| {
        chosen(list, count, true)
    });
    to.filter_of(GENERAL, "lists_mergeby", merge_by);
    to.filter_of(GENERAL, "dict", |list: &Value| -> Result<Value, Error> {
        let mut pairs = Pairs::new();
        for item in items(list, "dict")? {
            match &items(&item, "dict")?[..] {
                [key, value] => put(&mut pairs, key.clone(), value.clone()),
                _ => return Err(wrong("`dict` needs pairs")),
            }
        }
        Ok(Value::from_pairs(pairs))
    });
    to.filter_of(
        GENERAL,
        "dict_kv",
        |value: &Value, key: &Value| -> Result<Value, Error> {
            Ok(Value::from_pairs([(key.clone(), settle(value)?)]))
        },
    );
    to.filter_of(GENERAL, "counter", |list: &Value| -> Result<Value, Error> {
        let mut pairs = Pairs::new();
        let list = match list.as_str() {
            Some(text) => text.chars().map(Value::from).collect(),
            None => items(list, "counter")?,
        };
        for item in list {
            match pairs.iter_mut().find(|(known, _)| same(known, &item)) {
                Some((_, count)) => *count = Value::from(count.as_i64().unwrap_or(0) + 1),
                None => pairs.push((item, Value::from(1))),
            }
        }
        Ok(Value::from_pairs(pairs))
    });
    to.filter_of(
        GENERAL,
        "groupby_as_dict",
        |list: &Value, key: &str| -> Result<Value, Error> {
            let mut pairs = Pairs::new();
            for item in items(list, "groupby_as_dict")? {
                let name = member(&item, key, "groupby_as_dict")?;
                if pairs.iter().any(|(known, _)| same(known, &name)) {
                    return Err(wrong(format!("two items have the `{key}` {name}")));
                }
                pairs.push((name, item));
            }
            Ok(Value::from_pairs(pairs))
        },
    );
    to.filter_of(
        GENERAL,
        "version_sort",
        |list: &Value, reverse: Option<bool>, names: Kwargs| -> Result<Value, Error> {
            let reverse = reverse.map_or_else(
                || names.get::<Option<bool>>("reverse"),
                |given| Ok(Some(given)),
            )?;
            names.assert_all_used()?;
            let mut list = items(list, "version_sort")?;
            list.sort_by(|a, b| {
                let order = compare_versions(&a.to_string(), &b.to_string());
                if reverse == Some(true) {
                    order.reverse()
                } else {
                    order
                }
            });
            Ok(Value::from(list))
        },
    );
    sets(to);
    keys(to);
}

/// Sets a key, in its old place where it is there.
fn put(pairs: &mut Pairs, key: Value, value: Value) {
    match pairs.iter_mut().find(|(known, _)| same(known, &key)) {
        Some(pair) => pair.1 = value,
        None => pairs.push((key, value)),
    }
}

fn member(item: &Value, key: &str, filter: &str) -> Result<Value, Error> {
    let found = item.get_attr(key)?;
    if item.kind() != ValueKind::Map || found.is_undefined() {
        return Err(wrong(format!("`{filter}` needs mappings with `{key}`")));
    }
    Ok(found)
}

fn rekey(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<Value, Error> {
    let mut given = Given::new(rest, names);
    let key = given
        .text("key")?
        .ok_or_else(|| wrong("`rekey_on_member` needs a key"))?;
    let duplicates = given.text("duplicates")?;
    given.end()?;
    let overwrite = match duplicates.as_deref() {
        None | Some("error") => false,
        Some("overwrite") => true,
        Some(other) => {
            return Err(wrong(format!(
                "`duplicates` is error or overwrite, not `{other}`"
            )));
        }
    };
    let list = match value.kind() {
        ValueKind::Map => {
            let value = settle(value)?;
            value
                .try_iter()?
                .map(|key| value.get_item(&key))
                .collect::<Result<Vec<_>, _>>()?
        }
        _ => items(value, "rekey_on_member")?,
    };
    let mut pairs = Pairs::new();
    for item in list {
        let name = member(&item, &key, "rekey_on_member")?;
        if !overwrite && pairs.iter().any(|(known, _)| same(known, &name)) {
            return Err(wrong(format!("two items have the `{key}` {name}")));
        }
        put(&mut pairs, name, item);
    }
    Ok(Value::from_pairs(pairs))
}

/// Choices of some items; with `orders`, each order of them is another one.
fn chosen(list: &Value, count: Option<usize>, orders: bool) -> Result<Value, Error> {
    const MOST: usize = 1_000_000;
    let list = match list.as_str() {
        Some(text) => text.chars().map(Value::from).collect(),
        None => items(list, "combinations")?,
    };
    let count = count.unwrap_or(list.len());
    if count > list.len() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let mut longer = Vec::new();
        for row in &rows {
            for at in 0..list.len() {
                let fits = if orders {
                    !row.contains(&at)
                } else {
                    row.last().is_none_or(|last| at > *last)
                };
                if fits {
                    longer.push([row.as_slice(), &[at]].concat());
                }
            }
            if longer.len() > MOST {
                return Err(wrong("there would be more than a million choices"));
            }
        }
        rows = longer;
    }
    let row = |row: Vec<usize>| {
        row.into_iter()
            .map(|at| list[at].clone())
            .collect::<Value>()
    };
    Ok(rows.into_iter().map(row).collect())
}

fn merge_by(first: &Value, rest: Rest<Value>, names: Kwargs) -> Result<Value, Error> {
    let recursive = names.get::<Option<bool>>("recursive")?.unwrap_or(false);
    let list_merge = ListMerge::new(
        names
            .get::<Option<&str>>("list_merge")?
            .unwrap_or("replace"),
    )?;
    names.assert_all_used()?;
    let Some((key, others)) = rest.split_last() else {
        return Err(wrong("`lists_mergeby` needs lists and a key"));
    };
    let key = key
        .as_str()
        .ok_or_else(|| wrong("the key of `lists_mergeby` is a text"))?;
    let is_list = |value: &Value| matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    let mut lists = Vec::new();
    for list in std::iter::once(first).chain(others) {
        let list = items(list, "lists_mergeby")?;
        if !list.is_empty() && list.iter().all(is_list) {
            for inner in list {
                lists.push(items(&inner, "lists_mergeby")?);
            }
        } else if !list.is_empty() {
            lists.push(list);
        }
    }
    if lists.len() < 2 {
        return Ok(lists.pop().unwrap_or_default().into());
    }
    let mut pairs = Pairs::new();
    for item in lists.into_iter().flatten() {
        if item.kind() != ValueKind::Map {
            return Err(wrong("`lists_mergeby` needs lists of mappings"));
        }
        let name = item.get_attr(key)?;
        if name.is_undefined() {
            continue;
        }
        match pairs.iter_mut().find(|(known, _)| same(known, &name)) {
            Some((_, known)) => *known = merged(known, &item, recursive, list_merge)?,
            None => pairs.push((name, item)),
        }
    }
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(pairs.into_iter().map(|(_, item)| item).collect())
}

type Joins = fn(&[Value], &[Value]) -> Vec<Value>;

/// Lists as sets, as many of them as one likes.
fn sets(to: &mut Registry) {
    fn has(list: &[Value], item: &Value) -> bool {
        list.iter().any(|other| same(other, item))
    }
    fn without(a: &[Value], b: &[Value]) -> Vec<Value> {
        a.iter().filter(|item| !has(b, item)).cloned().collect()
    }
    let kinds: [(&'static str, Joins); 4] = [
        ("lists_union", |a, b| [a, b].concat()),
        ("lists_intersect", |a, b| {
            a.iter().filter(|item| has(b, item)).cloned().collect()
        }),
        ("lists_difference", without),
        ("lists_symmetric_difference", |a, b| {
            [without(a, b), without(b, a)].concat()
        }),
    ];
    for (name, join) in kinds {
        to.filter_of(
            GENERAL,
            name,
            move |first: &Value, rest: Rest<Value>, names: Kwargs| -> Result<Value, Error> {
                let flatten = names.get::<Option<bool>>("flatten")?.unwrap_or(false);
                names.assert_all_used()?;
                let mut lists = Vec::new();
                for list in std::iter::once(first).chain(rest.iter()) {
                    let list = items(list, name)?;
                    let listed =
                        |item: &Value| matches!(item.kind(), ValueKind::Seq | ValueKind::Iterable);
                    if flatten && !list.is_empty() && list.iter().all(listed) {
                        for inner in &list {
                            lists.push(items(inner, name)?);
                        }
                    } else {
                        lists.push(list);
                    }
                }
                let all = lists
                    .into_iter()
                    .reduce(|a, b| join(&a, &b))
                    .unwrap_or_default();
                let mut kept: Vec<Value> = Vec::new();
                for item in all {
                    if !has(&kept, &item) {
                        kept.push(item);
                    }
                }
                Ok(Value::from(kept))
            },
        );
    }
}

/// Whether a key is one of those that are meant.
fn meant(key: &str, target: &str, how: &str) -> Result<bool, Error> {
    Ok(match how {
        "equal" => key == target,
        "starts_with" => key.starts_with(target),
        "ends_with" => key.ends_with(target),
        "regex" => pattern(&format!(r"\A(?:{target})"), false, false)?.is_match(key),
        other => {
            return Err(wrong(format!(
                "`matching_parameter` is equal, starts_with, ends_with or regex, not `{other}`"
            )));
        }
    })
}

fn keys(to: &mut Registry) {
    for (name, keep) in [("keep_keys", true), ("remove_keys", false)] {
        for collections in [GENERAL, UTILS] {
            to.filter_of(
                collections,
                name,
                move |value: &Value, rest: Rest<Value>, names: Kwargs| -> Result<Value, Error> {
                    let (targets, how) = targets(rest, names, name)?;
                    let targets: Vec<String> = match targets.as_str() {
                        Some(text) => vec![text.to_owned()],
                        None => items(&targets, name)?
                            .iter()
                            .map(ToString::to_string)
                            .collect(),
                    };
                    with_keys(&settle(value)?, &|key: &str| {
                        for target in &targets {
                            if meant(key, target, &how)? {
                                return Ok(keep.then(|| key.to_owned()));
                            }
                        }
                        Ok((!keep).then(|| key.to_owned()))
                    })
                },
            );
        }
    }
    for collections in [GENERAL, UTILS] {
        to.filter_of(
            collections,
            "replace_keys",
            |value: &Value, rest: Rest<Value>, names: Kwargs| -> Result<Value, Error> {
                let (targets, how) = targets(rest, names, "replace_keys")?;
                let mut pairs = Vec::new();
                for target in items(&targets, "replace_keys")? {
                    let side = |side: &str| member(&target, side, "replace_keys");
                    pairs.push((side("before")?.to_string(), side("after")?.to_string()));
                }
                with_keys(&settle(value)?, &|key: &str| {
                    for (before, after) in &pairs {
                        if meant(key, before, &how)? {
                            return Ok(Some(after.clone()));
                        }
                    }
                    Ok(Some(key.to_owned()))
                })
            },
        );
    }
}

fn targets(rest: Rest<Value>, names: Kwargs, filter: &str) -> Result<(Value, String), Error> {
    let mut given = Given::new(rest, names);
    let target = given.value("target")?;
    let how = given
        .text("matching_parameter")?
        .unwrap_or_else(|| "equal".to_owned());
    given.end()?;
    let target = target.ok_or_else(|| wrong(format!("`{filter}` needs a `target`")))?;
    Ok((
        target,
        if how == "equality" {
            "equal".to_owned()
        } else {
            how
        },
    ))
}

type Renames<'a> = &'a dyn Fn(&str) -> Result<Option<String>, Error>;

/// The mappings in a value with other keys; a mapping that is left empty in another one goes.
fn with_keys(value: &Value, rename: Renames<'_>) -> Result<Value, Error> {
    Ok(match value.kind() {
        ValueKind::Map => {
            let mut pairs = Pairs::new();
            for key in value.try_iter()? {
                if let Some(name) = rename(&key.to_string())? {
                    pairs.push((
                        Value::from(name),
                        with_keys(&value.get_item(&key)?, rename)?,
                    ));
                }
            }
            Value::from_pairs(pairs)
        }
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()?
            .map(|item| with_keys(&item, rename))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        _ => value.clone(),
    })
}
