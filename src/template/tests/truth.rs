//! Tests of truth and type where Ansible's differ from the engine's.

use super::super::registry::Registry;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(to: &mut Registry) {
    to.test("truthy", |value: &Value, options: Kwargs| {
        truthy(value, &options)
    });
    to.test(
        "falsy",
        |value: &Value, options: Kwargs| -> Result<bool, Error> { Ok(!truthy(value, &options)?) },
    );
    // To Python a text and a mapping are sequences too.
    to.test("sequence", |value: &Value| {
        matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::Iterable | ValueKind::String | ValueKind::Map
        )
    });
    // To Python a boolean is a number.
    to.test("number", |value: &Value| {
        matches!(value.kind(), ValueKind::Number | ValueKind::Bool)
    });
    to.test(
        "divisibleby",
        |value: &Value, by: &Value| -> Result<bool, Error> {
            match (value.as_i64(), by.as_i64()) {
                (_, Some(0)) => Err(Error::new(
                    ErrorKind::InvalidOperation,
                    "nothing is divisible by 0",
                )),
                (Some(value), Some(by)) => Ok(value.checked_rem(by).unwrap_or(0) == 0),
                _ => Err(Error::new(
                    ErrorKind::InvalidOperation,
                    "`divisibleby` needs whole numbers",
                )),
            }
        },
    );
    to.test("callable", |value: &Value| value.kind() == ValueKind::Plain);
    to.test("nan", |value: &Value| {
        f64::try_from(value.clone()).is_ok_and(f64::is_nan)
    });
}

fn truthy(value: &Value, options: &Kwargs) -> Result<bool, Error> {
    let convert = options
        .get::<Option<bool>>("convert_bool")?
        .unwrap_or(false);
    options.assert_all_used()?;
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(match value.as_str().map(str::to_lowercase).as_deref() {
        Some("no" | "off" | "0" | "false" | "n" | "f") if convert => false,
        _ => value.is_true(),
    })
}
