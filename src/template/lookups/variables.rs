//! Lookups of variables.

use super::super::convert::{invalid, settle};
use super::{Call, wrong};
use minijinja::value::ValueKind;
use minijinja::{Error, Value};

/// The values of the variables with these names.
pub(super) fn vars(call: &Call) -> Result<Vec<Value>, Error> {
    let default: Option<Value> = call.options.get("default")?;
    let mut out = Vec::new();
    for term in &call.terms {
        let name = term
            .as_str()
            .ok_or_else(|| wrong("`vars` needs the names of variables"))?;
        match call.session.variable(name) {
            Some(value) if value.kind() == ValueKind::Invalid => return Err(invalid(&value)),
            Some(value) => out.push(settle(&value)?),
            None => match &default {
                Some(default) => out.push(default.clone()),
                None => {
                    return Err(wrong(format!(
                        "there is no variable `{name}`; `default=` says what holds then"
                    )));
                }
            },
        }
    }
    Ok(out)
}

/// Variables of the environment of the controller.
pub(super) fn env(call: &Call) -> Result<Vec<Value>, Error> {
    let default: Option<Value> = call.options.get("default")?;
    let mut out = Vec::new();
    for term in &call.terms {
        let name = term
            .as_str()
            .ok_or_else(|| wrong("`env` needs the names of environment variables"))?;
        // Python's names end at a blank too.
        let name = name.split_whitespace().next().unwrap_or_default();
        let value = if name.contains(['=', '\0']) {
            None
        } else {
            std::env::var(name).ok()
        };
        out.push(value.map_or_else(
            || default.clone().unwrap_or_else(|| Value::from("")),
            Value::from,
        ));
    }
    Ok(out)
}
