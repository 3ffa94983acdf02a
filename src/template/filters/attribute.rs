//! Filters by a path of attributes, `a.b`: where `a` is missing, so is `b`, and what comes behind
//! the filter may take that well (`defined`, `default`).

use super::super::registry::Registry;
use minijinja::value::{Kwargs, Rest, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind, State, Value, filters};

pub(super) fn register(to: &mut Registry) {
    to.filter("map", map);
    to.filter("sum", sum);
    to.filter(
        "selectattr",
        |state: &mut State,
         list: &Value,
         path: &str,
         test: Option<&str>,
         args: Rest<ValueOrKwargs>| {
            chosen(state, list, path, test, args.into_values(), true)
        },
    );
    to.filter(
        "rejectattr",
        |state: &mut State,
         list: &Value,
         path: &str,
         test: Option<&str>,
         args: Rest<ValueOrKwargs>| {
            chosen(state, list, path, test, args.into_values(), false)
        },
    );
}

/// What stands at a path; a number in it is a place in a list.
pub(super) fn along(value: &Value, path: &str) -> Result<Value, Error> {
    let mut found = value.clone();
    for part in path.split('.') {
        if found.is_undefined() {
            return Ok(Value::UNDEFINED);
        }
        found = match part.parse::<usize>() {
            Ok(place) => found.get_item(&Value::from(place))?,
            Err(_) => found.get_attr(part)?,
        };
    }
    Ok(found)
}

/// The same where something must stand there.
pub(super) fn certain(value: &Value, path: &str) -> Result<Value, Error> {
    let found = along(value, path)?;
    if found.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(found)
}

/// The entries of a list, each of them as it is: what fails in one, or is unknown, need not be asked.
fn entries(list: &Value) -> Result<impl Iterator<Item = Result<Value, Error>>, Error> {
    if list.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(list.try_iter()?.checked())
}

fn chosen(
    state: &mut State,
    list: &Value,
    path: &str,
    test: Option<&str>,
    args: Vec<Value>,
    wanted: bool,
) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for item in entries(list)? {
        let item = item?;
        let holds = match test {
            Some(test) => {
                let found = along(&item, path)?;
                let args: Vec<Value> = std::iter::once(found).chain(args.iter().cloned()).collect();
                state.perform_test(test, &args)?
            }
            None => certain(&item, path)?.is_true(),
        };
        if holds == wanted {
            out.push(item);
        }
    }
    Ok(out)
}

/// The engine's own, but that it would pass over an item without the attribute.
fn sum(
    state: &State,
    list: Value,
    path: Option<String>,
    start: Option<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    let path = path.map_or_else(
        || options.get::<Option<String>>("attribute"),
        |path| Ok(Some(path)),
    )?;
    let start = start.map_or_else(
        || options.get::<Option<Value>>("start"),
        |start| Ok(Some(start)),
    )?;
    options.assert_all_used()?;
    let list = match &path {
        Some(path) => entries(&list)?
            .map(|item| certain(&item?, path))
            .collect::<Result<Value, Error>>()?,
        None => list,
    };
    let none = std::iter::empty::<(&str, Value)>();
    filters::sum(state, list, None, start, none.collect())
}

/// The engine's own, but for paths.
fn map(state: &mut State, list: Value, args: Rest<ValueOrKwargs>) -> Result<Vec<Value>, Error> {
    let values = args.into_values();
    let (words, options): (&[Value], Kwargs) = from_args(&values)?;
    let path = options.get::<Option<Value>>("attribute")?;
    let Some(path) = path.as_ref().and_then(Value::as_str) else {
        return filters::map(
            state,
            list,
            Rest(values.into_iter().map(Into::into).collect()),
        );
    };
    if !words.is_empty() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let default = options.get::<Option<Value>>("default")?;
    options.assert_all_used()?;
    entries(&list)?
        .map(|item| {
            let found = along(&item?, path)?;
            Ok(match &default {
                Some(default) if found.is_undefined() => default.clone(),
                _ => found,
            })
        })
        .collect()
}
