//! Values in place of other values: `default`, `mandatory`, `ternary`, `bool`.

use super::super::convert::settle;
use super::super::edits::MAYBE;
use super::super::print;
use super::super::registry::Registry;
use super::wrong;
use crate::yaml;
use minijinja::value::{Kwargs, Object, ValueKind};
use minijinja::{Error, ErrorKind, Value};
use std::sync::Arc;

pub(super) fn register(to: &mut Registry) {
    to.filter("default", default);
    to.filter("d", default);
    to.filter("mandatory", mandatory);
    to.filter("ternary", ternary);
    to.filter("bool", boolean);
    to.filter("type_debug", type_debug);
    to.filter(MAYBE, maybe);
}

fn default(
    value: &Value,
    other: Option<Value>,
    falsy_too: Option<bool>,
    options: Kwargs,
) -> Result<Value, Error> {
    let other = match other {
        Some(other) => other,
        None => options
            .get::<Option<Value>>("default_value")?
            .unwrap_or_else(|| Value::from("")),
    };
    let falsy_too = match falsy_too {
        Some(given) => given,
        None => options.get::<Option<bool>>("boolean")?.unwrap_or(false),
    };
    options.assert_all_used()?;
    Ok(if value.is_undefined() || (falsy_too && !value.is_true()) {
        other
    } else {
        value.clone()
    })
}

fn mandatory(value: &Value, message: Option<String>, options: Kwargs) -> Result<Value, Error> {
    let message = message.map_or_else(
        || options.get::<Option<String>>("msg"),
        |given| Ok(Some(given)),
    )?;
    options.assert_all_used()?;
    match (value.is_undefined(), message) {
        (false, _) => Ok(value.clone()),
        (true, Some(message)) => Err(wrong(message)),
        (true, None) => Err(Error::from(ErrorKind::UndefinedError)),
    }
}

fn ternary(
    value: &Value,
    yes: Value,
    no: Value,
    none: Option<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    let none = none.map_or_else(
        || options.get::<Option<Value>>("none_val"),
        |given| Ok(Some(given)),
    )?;
    options.assert_all_used()?;
    match none {
        _ if value.is_undefined() => Err(Error::from(ErrorKind::UndefinedError)),
        Some(none) if value.is_none() => Ok(none),
        _ if value.is_true() => Ok(yes),
        _ => Ok(no),
    }
}

fn boolean(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Bool | ValueKind::None => Ok(value.clone()),
        _ => {
            let truth = yaml::truth(&print::text(&settle(value)?));
            truth.map(Value::from).ok_or_else(|| {
                wrong("this is no boolean: write yes or no, true or false, on or off, 1 or 0")
            })
        }
    }
}

/// Python's name for the type of a value.
fn type_debug(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable if value.is_tuple() => "tuple",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        _ => "object",
    }
}

/// What stands for an undefined value that is asked for an attribute under a guard: it has none.
#[derive(Debug)]
struct Missing;

impl Object for Missing {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        None
    }
}

fn maybe(value: &Value) -> Value {
    if value.is_undefined() {
        Value::from_object(Missing)
    } else {
        value.clone()
    }
}
