//! YAML text -> nodes that keep their source spans -> any serde type, errors at the span.

mod de;
mod de_error;
mod de_fields;
mod json;
mod node;
mod parse;
mod scalar;
mod truth;

pub use node::{Mapping, Node, Origin, Value};
pub use truth::truth;

use crate::diag::{Diag, Source};
use serde::de::DeserializeOwned;

/// The one document of a YAML text; an empty text is null.
pub fn parse(source: &Source) -> Result<Node, Diag> {
    parse::document(source)
}

/// Any serde type from a node, with the errors at their places. Scalars are as lenient as
/// Ansible's argument specs: `"yes"` is a boolean, `"5432"` an integer, `8` a string, `"a,b"` a list.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<Diag>> {
    let deserializer = de::NodeDeserializer::new(node, de::Templates::Text);
    T::deserialize(deserializer).map_err(|error| error.diags(&node.span))
}

/// What keeps a node from being a `T` whatever its templates turn out to be. A string with a
/// template in it stands for whatever is wanted in its place.
pub fn misfits<T: DeserializeOwned>(node: &Node) -> Vec<Diag> {
    let deserializer = de::NodeDeserializer::new(node, de::Templates::Anything);
    let errors = match T::deserialize(deserializer) {
        Ok(_) => return Vec::new(),
        Err(error) => error.diags(&node.span),
    };
    // What was written as one line of `key=value` words has one place for all of them.
    let one_line = node.as_map().is_some_and(|map| {
        let of_line = |value: &Node| value.span == node.span;
        let values = || map.iter().map(|(_, value)| value);
        values().any(|value| of_line(value) && value.as_str().is_some_and(|t| t.contains("{{")))
    });
    // A type with rules of its own may refuse a template's text, and must not yet.
    let rests_on_a_template = |diag: &Diag| {
        diag.place
            .as_ref()
            .is_some_and(|(span, _)| (*span != node.span || one_line) && span.text().contains("{{"))
    };
    errors
        .into_iter()
        .filter(|diag| !rests_on_a_template(diag))
        .collect()
}
