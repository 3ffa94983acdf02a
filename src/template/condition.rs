//! Conditions: `when`, `until`, `failed_when`, `changed_when`, `that`.

use super::error::Fault;
use super::logic;
use super::session::Session;
use crate::diag::{Diag, Span};
use crate::yaml::{Node, Value as Yaml};
use minijinja::Value;
use minijinja::value::ValueKind;

/// Whether a condition holds.
pub(super) fn holds(session: &Session, condition: &Node) -> Result<bool, Fault> {
    match &condition.value {
        Yaml::Bool(value) => Ok(*value),
        Yaml::Str(text) => match session.condition(text, &condition.span) {
            Ok(value) => boolean(&value, text, &condition.span),
            Err(fault @ Fault::Unknown { .. }) => {
                let sure = |part: &str| match session.condition(part, &condition.span) {
                    Ok(value) if value.kind() == ValueKind::Bool => Some(value.is_true()),
                    _ => None,
                };
                logic::decided(text, &sure).ok_or(fault)
            }
            Err(fault) => Err(fault),
        },
        Yaml::Seq(all) => Ok(broken(session, all)?.is_none()),
        _ => Err(Fault::bad(
            Diag::error(format!(
                "a condition is an expression or a boolean, not {}",
                condition.kind()
            ))
            .at(&condition.span, ""),
        )),
    }
}

/// The first of several conditions that does not hold, where all must. One behind an unknown one may
/// still be false, and then the unknown one does not matter; whether it is wrong does not matter
/// either, since the one before may guard it.
pub(super) fn broken<'c>(session: &Session, all: &'c [Node]) -> Result<Option<&'c Node>, Fault> {
    let mut unknown = None;
    for one in all {
        match (holds(session, one), &unknown) {
            (Ok(true), _) | (Err(_), Some(_)) => {}
            (Ok(false), _) => return Ok(Some(one)),
            (Err(fault @ Fault::Unknown { .. }), None) => unknown = Some(fault),
            (Err(fault), None) => return Err(fault),
        }
    }
    unknown.map_or(Ok(None), Err)
}

fn boolean(value: &Value, text: &str, span: &Span) -> Result<bool, Fault> {
    let (kind, help) = match value.kind() {
        ValueKind::Bool => return Ok(value.is_true()),
        ValueKind::None => ("nothing", "compare it: `is none` or `is not none`"),
        ValueKind::Number => ("a number", "compare it, such as with `> 0`"),
        ValueKind::String => (
            "a string",
            "compare it, such as with `| length > 0`; a text like `yes` becomes a boolean with `| bool`",
        ),
        _ => ("a list or mapping", "compare its size: `| length > 0`"),
    };
    // The value itself may be a secret.
    Err(Fault::bad(
        Diag::error(format!(
            "a condition must be true or false, but this is {kind}"
        ))
        .at(span, "")
        .help(format!("`{}` is no comparison; {help}", text.trim())),
    ))
}
