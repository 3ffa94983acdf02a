//! Comparisons as tests, for `select` and its kin.

use super::super::convert::settle;
use super::super::registry::Registry;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    for name in ["eq", "==", "equalto"] {
        to.test(name, |a: &Value, b: &Value| compare(a, b, |a, b| a == b));
    }
    for name in ["ne", "!="] {
        to.test(name, |a: &Value, b: &Value| compare(a, b, |a, b| a != b));
    }
    for name in ["lt", "<", "lessthan"] {
        to.test(name, |a: &Value, b: &Value| compare(a, b, |a, b| a < b));
    }
    for name in ["le", "<="] {
        to.test(name, |a: &Value, b: &Value| compare(a, b, |a, b| a <= b));
    }
    for name in ["gt", ">", "greaterthan"] {
        to.test(name, |a: &Value, b: &Value| compare(a, b, |a, b| a > b));
    }
    for name in ["ge", ">="] {
        to.test(name, |a: &Value, b: &Value| compare(a, b, |a, b| a >= b));
    }
}

/// The engine can't compare values that fail when they are computed, so that comes first.
fn compare(a: &Value, b: &Value, holds: fn(&Value, &Value) -> bool) -> Result<bool, Error> {
    Ok(holds(&settle(a)?, &settle(b)?))
}
