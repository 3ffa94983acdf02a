//! Decisions over the data of a Patroni cluster.

mod hand_over;
mod home;
mod promotion;
mod source;

pub use hand_over::PatroniHandOver;
pub use home::PatroniHome;
pub use promotion::PatroniPromotion;
pub use source::PatroniSource;

use super::{Answers, nodes};
use crate::decide::{Memory, Node, Services};
use crate::diag::Diag;
use std::collections::BTreeMap;

/// What was told, by the node's name.
type Told<T> = BTreeMap<String, T>;

/// What Patroni remembers, as the nodes told it in this order.
fn memory(names: &[String], answers: &Answers) -> Result<Option<Memory>, Diag> {
    let mut told: Told<Memory> = nodes(answers)?;
    Ok(Memory::of(
        names.iter().filter_map(|name| told.remove(name)),
    ))
}

/// What the nodes hold and their services do. Who did not tell both was not reached.
fn reached(says: &Answers, services: &Answers) -> Result<(Told<Node>, Told<Services>), Diag> {
    let (mut says, mut services) = (nodes(says)?, nodes(services)?);
    says.retain(|name, _| services.contains_key(name));
    services.retain(|name, _| says.contains_key(name));
    Ok((says, services))
}

/// What was said at all.
fn some(word: &str) -> Option<String> {
    (!word.is_empty()).then(|| word.to_owned())
}
