//! Conditions: `when`, `until`, `failed_when`, `changed_when`, `that`.

use super::error::Fault;
use super::session::Session;
use crate::diag::{Diag, Span};
use crate::yaml::{Node, Value as Yaml};
use minijinja::Value;
use minijinja::value::ValueKind;

/// Whether a condition holds.
pub(super) fn holds(session: &Session, condition: &Node) -> Result<bool, Fault> {
    match &condition.value {
        Yaml::Bool(value) => Ok(*value),
        Yaml::Str(text) => boolean(
            &session.condition(text, &condition.span)?,
            text,
            &condition.span,
        ),
        Yaml::Seq(all) => {
            for one in all {
                if !holds(session, one)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Err(Fault::bad(
            Diag::error(format!(
                "a condition is an expression or a boolean, not {}",
                condition.kind()
            ))
            .at(&condition.span, ""),
        )),
    }
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
