//! Tests of membership.

use super::super::registry::Registry;
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    to.test("in", |item: &Value, list: &Value| contains(list, item));
    to.test("contains", |list: &Value, item: &Value| {
        contains(list, item)
    });
    for name in ["subset", "issubset"] {
        to.test(name, |a: &Value, b: &Value| all_in(a, b));
    }
    for name in ["superset", "issuperset"] {
        to.test(name, |a: &Value, b: &Value| all_in(b, a));
    }
    to.test("all", |list: &Value| -> Result<bool, Error> {
        Ok(items(list)?.iter().all(Value::is_true))
    });
    to.test("any", |list: &Value| -> Result<bool, Error> {
        Ok(items(list)?.iter().any(Value::is_true))
    });
}

fn items(value: &Value) -> Result<Vec<Value>, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    value.try_iter()?.checked().collect()
}

fn contains(list: &Value, item: &Value) -> Result<bool, Error> {
    if list.is_undefined() || item.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    match (list.as_str(), item.as_str()) {
        (Some(text), Some(part)) => Ok(text.contains(part)),
        (Some(_), None) => Err(Error::new(
            ErrorKind::InvalidOperation,
            "only a text can be in a text",
        )),
        _ => Ok(items(list)?.contains(item)),
    }
}

fn all_in(these: &Value, those: &Value) -> Result<bool, Error> {
    let those = items(those)?;
    Ok(items(these)?.iter().all(|item| those.contains(item)))
}
