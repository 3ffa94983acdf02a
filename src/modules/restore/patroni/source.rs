//! Whom the nodes of a Patroni cluster come home to.
//!
//! ```yaml
//! - patroni_source:
//!     nodes: [pg-a, pg-b]
//!     says: "{{ restore_answers }}"
//!     memory: "{{ patroni_memory }}"
//!   register: home_to
//! ```
//!
//! Registers `source`: the node that takes writes, and that Patroni's memory names where it names one; empty
//! where there is none.

use super::memory;
use crate::decide::{Node, leader};
use crate::diag::Diag;
use crate::modules::restore::{Answer, Answers, Decision, Never, nodes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `patroni_source`
pub struct PatroniSource;

/// Parameters of `patroni_source`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
    /// What each node said that Patroni remembers, in the words of `patroni/dcs.py.j2`.
    memory: Answers,
}

/// What `patroni_source` registers.
#[derive(Serialize)]
pub struct Found {
    source: String,
}

impl Decision for PatroniSource {
    const NAME: &'static str = "patroni_source";
    const COLLECTION: &'static str = "trueup.patroni";
    type Params = Params;
    type Decided = Found;
    type Refusal = Never;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let memory = memory(&params.nodes, &params.memory)?;
        let says: BTreeMap<String, Node> = nodes(&params.says)?;
        let source = leader(&params.nodes, &says, memory.as_ref());
        Ok(Ok(Found {
            source: source.cloned().unwrap_or_default(),
        }))
    }
}
