//! YAML text -> nodes that keep their source spans -> any serde type, errors at the span.

mod de;
mod de_error;
mod de_fields;
mod json;
mod node;
mod parse;
mod scalar;

pub use node::{Mapping, Node, Value};

use crate::diag::{Diag, Source};
use serde::de::DeserializeOwned;

/// The one document of a YAML text; an empty text is null.
pub fn parse(source: &Source) -> Result<Node, Diag> {
    parse::document(source)
}

/// Any serde type from a node, with the errors at their places. Scalars are as lenient as
/// Ansible's argument specs: `"yes"` is a boolean, `"5432"` an integer, `8` a string, `"a,b"` a list.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<Diag>> {
    T::deserialize(de::NodeDeserializer::new(node)).map_err(|error| error.diags(&node.span))
}
