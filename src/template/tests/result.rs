//! Tests of a task's registered result.

use super::super::convert::invalid;
use super::super::registry::Registry;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    for name in ["changed", "change"] {
        to.test(name, |result: &Value| flag(result, "changed"));
    }
    for name in ["failed", "failure"] {
        to.test(name, |result: &Value| flag(result, "failed"));
    }
    for name in ["succeeded", "success", "successful"] {
        to.test(name, |result: &Value| -> Result<bool, Error> {
            Ok(!flag(result, "failed")?)
        });
    }
    for name in ["skipped", "skip"] {
        to.test(name, |result: &Value| flag(result, "skipped"));
    }
    to.test("reachable", |result: &Value| -> Result<bool, Error> {
        Ok(!flag(result, "unreachable")?)
    });
    to.test("unreachable", |result: &Value| flag(result, "unreachable"));
    for name in ["finished", "started", "timedout"] {
        to.test(name, move |result: &Value| flag(result, name));
    }
}

fn flag(result: &Value, name: &str) -> Result<bool, Error> {
    match result.kind() {
        ValueKind::Map => {}
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        kind => {
            let what = format!("this tests the result of a task, but the value is a {kind}");
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
    }
    let value = result.get_attr(name)?;
    if value.kind() == ValueKind::Invalid {
        return Err(invalid(&value));
    }
    if !value.is_undefined() || name != "changed" {
        return Ok(value.is_true());
    }
    // A loop's result is changed when one of its items is.
    let results = result.get_attr("results")?;
    if results.is_undefined() {
        return Ok(false);
    }
    for item in results.try_iter()?.checked() {
        if item?.get_attr("changed")?.is_true() {
            return Ok(true);
        }
    }
    Ok(false)
}
