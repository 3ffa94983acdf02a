//! What serde says is wrong, with the place it lacks.

use super::{Node, Value};
use crate::diag::{Diag, Span};
use serde::de;
use std::fmt;

/// Findings on their way up to the caller; each gets the place of the innermost node that it
/// passes without one.
#[derive(Debug)]
pub(super) struct Error {
    diags: Vec<Diag>,
    /// The words that would have been right, of an unknown field.
    pub(super) known: Option<&'static [&'static str]>,
    /// Whether a field's name was put before the message.
    named: bool,
}

impl Error {
    pub(super) fn of(diags: Vec<Diag>) -> Self {
        Self {
            diags,
            known: None,
            named: false,
        }
    }

    pub(super) fn at(node: &Node, message: impl Into<String>) -> Self {
        Self::of(vec![Diag::error(message).at(&node.span, "")])
    }

    /// Points at the node unless the place is known.
    pub(super) fn or_at(mut self, node: &Node) -> Self {
        self.diags = self
            .diags
            .into_iter()
            .map(|diag| diag.or_at(&node.span))
            .collect();
        self
    }

    /// Says which field's value is wrong.
    pub(super) fn in_field(mut self, field: &str) -> Self {
        if !self.named {
            self.named = true;
            for diag in &mut self.diags {
                diag.message = format!("`{field}`: {}", diag.message);
            }
        }
        self
    }

    pub(super) fn diags(self, span: &Span) -> Vec<Diag> {
        self.diags
            .into_iter()
            .map(|diag| diag.or_at(span))
            .collect()
    }
}

/// The error for a value of the wrong type.
pub(super) fn expected(what: &str, node: &Node) -> Error {
    let found = match &node.value {
        Value::Str(text) if text.contains('\n') || text.chars().count() > 40 => {
            node.kind().to_owned()
        }
        Value::Str(text) => format!("the string `{text}`"),
        Value::Bool(value) => format!("`{value}`"),
        Value::Int(value) => format!("`{value}`"),
        Value::Float(value) => format!("`{value}`"),
        Value::Null | Value::Seq(_) | Value::Map(_) => node.kind().to_owned(),
    };
    Error::at(node, format!("{what} is wanted here, not {found}"))
}

/// The choices as a person lists them.
pub(super) fn choices(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of(vec![Diag::error(message.to_string())])
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format!("{expected} is wanted here, not {unexpected}"))
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let diag = Diag::error(format!("{unexpected} does not fit here"));
        Self::of(vec![diag.help(format!("wanted is {expected}"))])
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let diag = Diag::error(format!("`{variant}` is not one of {}", choices(known)));
        Self::of(vec![diag.suggest(variant, known.iter().copied())])
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self {
            known: Some(known),
            ..Self::custom(format!("unknown key `{field}`"))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        let diag = Diag::error(format!("`{field}` is missing"));
        Self {
            named: true,
            ..Self::of(vec![diag.help(format!("give `{field}`"))])
        }
    }

    fn duplicate_field(field: &'static str) -> Self {
        let diag = Diag::error(format!("`{field}` is given twice, under two of its names"));
        Self {
            named: true,
            ..Self::of(vec![diag.help("remove one of them")])
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<String> = self.diags.iter().map(|diag| diag.message.clone()).collect();
        f.write_str(&said.join("; "))
    }
}

impl std::error::Error for Error {}
