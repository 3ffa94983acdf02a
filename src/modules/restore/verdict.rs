//! Whether the declared cluster may be built, or what is so instead.
//!
//! ```yaml
//! - pg_verdict:
//!     topology: pgpool
//!     nodes: [pg-a, pg-b]
//!     primary: pg-a
//!     addresses: {pg-a: 10.0.0.1, pg-b: 10.0.0.2}
//!     says: "{{ node_answers }}"
//!     inventory: "{{ inventory_dir }}"
//! ```
//!
//! Registers `holders`, those who hold the cluster's data already, and its `identifier`. A refusal fails
//! the task, and its words say what is so and what mends it.

use super::{Answer, Answers, Decision, identifier, nodes};
use crate::decide::verdict::{Asked, Fits, Refusal, Topology, verdict};
use crate::diag::Diag;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `pg_verdict`
pub struct PgVerdict;

/// Parameters of `pg_verdict`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Who sees to it that one leads: `pgpool` or `patroni`.
    #[schemars(with = "String")]
    topology: Topology,
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// Which of them is declared primary.
    primary: String,
    /// Where each is in the cluster's network.
    #[serde(default)]
    addresses: BTreeMap<String, String>,
    /// What each node said, in the words of the role `cluster_host`'s `ask`.
    says: Answers,
    /// The system identifier of the cluster that this controller made.
    #[serde(default)]
    made: String,
    /// The one that the inventory declares.
    #[serde(default)]
    declared: String,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Decision for PgVerdict {
    const NAME: &'static str = "pg_verdict";
    type Params = Params;
    type Decided = Fits;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        Ok(verdict(&Asked {
            topology: params.topology,
            nodes: params.nodes.clone(),
            primary: params.primary.clone(),
            says: nodes(&params.says)?,
            addresses: params.addresses.clone(),
            made: identifier(&params.made)?,
            declared: identifier(&params.declared)?,
            inventory: params.inventory.clone(),
        }))
    }
}
