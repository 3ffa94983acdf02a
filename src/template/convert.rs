//! YAML nodes to template values and back.

use super::error::Fault;
use super::limits::Budget;
use super::omit::is_omit;
use super::trace;
use crate::diag::{Diag, Span};
use crate::secret::{Secret, vault};
use crate::yaml::{self, Mapping, Node, Origin};
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// Whether a text has anything in it for the template engine.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The text of a node that is a template.
pub(super) fn template(node: &Node) -> Option<&str> {
    node.as_str()
        .filter(|text| node.origin == Origin::Written && is_template(text))
}

/// Whether any string in a node is a template.
pub(super) fn has_templates(node: &Node) -> bool {
    match &node.value {
        yaml::Value::Str(_) => template(node).is_some(),
        yaml::Value::Seq(items) => items.iter().any(has_templates),
        yaml::Value::Map(map) => map.iter().any(|(_, value)| has_templates(value)),
        _ => false,
    }
}

/// What ansible-vault encrypted.
pub(super) fn opened(text: &str, span: &Span) -> Result<Secret, Fault> {
    vault::opened_text(text).map_err(|error| {
        Fault::bad(
            Diag::error(error.to_string())
                .at(span, "")
                .help("give the password with --vault-password-file, --vault-id or -J"),
        )
    })
}

/// A node as it stands; what is encrypted in it is opened.
pub(super) fn to_value(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Null => Value::from(()),
        yaml::Value::Bool(value) => Value::from(*value),
        yaml::Value::Int(value) => Value::from(*value),
        yaml::Value::Float(value) => Value::from(*value),
        yaml::Value::Str(text) if node.origin == Origin::Sealed => opened(text, &node.span)
            .map_or_else(
                |fault| Value::from(Error::from(fault)),
                |plain| Value::from(plain.reveal()),
            ),
        yaml::Value::Str(text) => Value::from(text.as_str()),
        yaml::Value::Seq(items) => items.iter().map(to_value).collect(),
        yaml::Value::Map(map) => Value::from_pairs(
            map.iter()
                .map(|(key, value)| (to_value(key), to_value(value))),
        ),
    }
}

/// A settled value as a node that stands at `span`.
pub(super) fn to_node(value: &Value, span: &Span) -> Result<Node, Error> {
    let value = match value.kind() {
        ValueKind::Undefined | ValueKind::None => yaml::Value::Null,
        ValueKind::Bool => yaml::Value::Bool(value.is_true()),
        ValueKind::Number => match value.as_i64() {
            Some(int) if value.is_integer() => yaml::Value::Int(int),
            _ => yaml::Value::Float(f64::try_from(value.clone())?),
        },
        ValueKind::String => yaml::Value::Str(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => yaml::Value::Seq(
            value
                .try_iter()?
                .checked()
                .map(|item| to_node(&item?, span))
                .collect::<Result<_, Error>>()?,
        ),
        ValueKind::Map => {
            let mut map = Mapping::new();
            for key in value.try_iter()?.checked() {
                let key = key?;
                let name = Node::new(yaml::Value::Str(key.to_string()), span.clone());
                map.insert(name, to_node(&value.get_item(&key)?, span)?);
            }
            yaml::Value::Map(map)
        }
        ValueKind::Invalid => return Err(invalid(value)),
        _ => yaml::Value::Str(value.to_string()),
    };
    Ok(Node::new(value, span.clone()))
}

/// The value with everything lazy in it computed: what a filter that looks at the whole needs,
/// and what leaves this room.
pub(super) fn settle(value: &Value) -> Result<Value, Error> {
    settle_within(value, &mut Budget::new())
}

fn settle_within(value: &Value, budget: &mut Budget) -> Result<Value, Error> {
    if trace::is_deep() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "values stand in each other too deep; does one hold itself?",
        ));
    }
    budget.pay(value)?;
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Invalid => Err(invalid(value)),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value
                .try_iter()?
                .checked()
                .filter(|item| !item.as_ref().is_ok_and(is_omit))
                .map(|item| settle_within(&item?, budget))
                .collect::<Result<Vec<_>, Error>>()?;
            Ok(Value::from(items))
        }
        ValueKind::Map => {
            let mut pairs = Vec::new();
            for key in value.try_iter()?.checked() {
                let key = key?;
                let item = value.get_item(&key)?;
                if !is_omit(&item) {
                    pairs.push((key, settle_within(&item, budget)?));
                }
            }
            Ok(Value::from_pairs(pairs))
        }
        _ => Ok(value.clone()),
    }
}

/// The error that an invalid value stands for; minijinja gives it to those who iterate.
pub(super) fn invalid(value: &Value) -> Error {
    Value::from(vec![value.clone()])
        .try_iter()
        .and_then(|items| items.checked().collect::<Result<Vec<_>, _>>())
        .err()
        .unwrap_or_else(|| Error::new(ErrorKind::InvalidOperation, "a value is invalid"))
}
