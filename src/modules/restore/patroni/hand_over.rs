//! Whether the lead of a Patroni cluster can go to another node, or why not.
//!
//! ```yaml
//! - patroni_hand_over:
//!     nodes: [pg-a, pg-b]
//!     memory: "{{ patroni_memory }}"
//!     to: pg-b
//!     inventory: "{{ inventory_dir }}"
//!   register: switchover
//! ```
//!
//! Registers `leader`, who leads now, and `lines` for people. A refusal fails the task, and its words say
//! what to do.

use super::{memory, some};
use crate::decide::Memory;
use crate::decide::hand_over::patroni::{Asked, HandOver, Refusal, hand_over};
use crate::diag::Diag;
use crate::modules::restore::{Answer, Answers, Decision, nodes};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `patroni_hand_over`
pub struct PatroniHandOver;

/// Parameters of `patroni_hand_over`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// What each node said that Patroni remembers, in the words of `patroni/dcs.py.j2`.
    memory: Answers,
    /// Who is to lead.
    #[serde(default)]
    to: String,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Decision for PatroniHandOver {
    const NAME: &'static str = "patroni_hand_over";
    const COLLECTION: &'static str = "trueup.patroni";
    type Params = Params;
    type Decided = HandOver;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let told: BTreeMap<String, Memory> = nodes(&params.memory)?;
        let silent = params.nodes.iter().filter(|name| !told.contains_key(*name));
        Ok(hand_over(&Asked {
            nodes: params.nodes.clone(),
            silent: silent.cloned().collect(),
            memory: memory(&params.nodes, &params.memory)?,
            to: some(&params.to),
            inventory: params.inventory.clone(),
        }))
    }
}
