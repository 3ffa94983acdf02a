//! Renders every string in a node.

use super::convert::{opened, template, to_node, to_value};
use super::error::Fault;
use super::omit::is_omit;
use super::session::Session;
use super::trace;
use crate::diag::Diag;
use crate::yaml::{Mapping, Node, Origin, Value as Yaml};
use minijinja::Value;

/// The node rendered; null where it is omitted as a whole.
pub(super) fn node(session: &Session, from: &Node) -> Result<Node, Fault> {
    Ok(part(session, from)?.unwrap_or_else(|| Node::new(Yaml::Null, from.span.clone())))
}

/// The value of the node, rendered.
pub(super) fn value(session: &Session, from: &Node) -> Result<Value, Fault> {
    match &from.value {
        Yaml::Str(_) => match template(from) {
            Some(text) => session.settled(text, &from.span),
            None => Ok(to_value(from)),
        },
        Yaml::Seq(_) | Yaml::Map(_) => Ok(to_value(&node(session, from)?)),
        _ => Ok(to_value(from)),
    }
}

fn part(session: &Session, from: &Node) -> Result<Option<Node>, Fault> {
    if let Some(text) = template(from) {
        let (value, told) = trace::noting_outsiders(|| session.settled(text, &from.span));
        let value = value?;
        if is_omit(&value) {
            return Ok(None);
        }
        let node = to_node(&value, &from.span)
            .map_err(|error| Fault::bad(Diag::error(error.to_string()).at(&from.span, "")))?;
        let origin = if told { Origin::Told } else { Origin::Made };
        return Ok(Some(node.by(origin)));
    }
    let value = match &from.value {
        Yaml::Str(text) if from.origin == Origin::Sealed => {
            let plain = Yaml::Str(opened(text, &from.span)?.reveal().to_owned());
            return Ok(Some(Node::new(plain, from.span.clone()).by(Origin::Told)));
        }
        Yaml::Seq(items) => {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                kept.extend(part(session, item)?);
            }
            Yaml::Seq(kept)
        }
        Yaml::Map(map) => {
            let mut kept = Mapping::new();
            for (key, value) in map.iter() {
                if let Some(value) = part(session, value)? {
                    kept.insert(name(session, key)?, value);
                }
            }
            Yaml::Map(kept)
        }
        plain => plain.clone(),
    };
    Ok(Some(Node {
        value,
        span: from.span.clone(),
        origin: from.origin,
    }))
}

fn name(session: &Session, key: &Node) -> Result<Node, Fault> {
    let Some(text) = template(key) else {
        return Ok(key.clone());
    };
    let value = session.settled(text, &key.span)?;
    let name = Yaml::Str(super::print::text(&value));
    Ok(Node::new(name, key.span.clone()).by(Origin::Told))
}
