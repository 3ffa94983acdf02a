//! Who may be promoted by hand in a cluster under pgpool, or why nobody is.
//!
//! ```yaml
//! - pg_promotion:
//!     to: pg-b
//!     nodes: [pg-a, pg-b]
//!     says: "{{ restore_answers }}"
//!     pool_host: pool
//!     pool: "{{ hostvars.pool.pool_says.stdout }}"
//!     inventory: "{{ inventory_dir }}"
//!   register: promotion
//! ```
//!
//! Registers `candidate`, whether acknowledged transactions may be given up by it (`loses`), and `lines`
//! for people. A refusal fails the task, and its words say what to do.

use super::{Answer, Answers, Decision, identifier, nodes, read};
use crate::decide::promotion::pgpool::{Asked, Promotion, Refusal, promotion};
use crate::diag::Diag;
use serde::Deserialize;
use serde_json::Value;

/// `pg_promotion`
pub struct PgPromotion;

/// Parameters of `pg_promotion`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Who is to be promoted; without it whoever has every acknowledged commit.
    #[serde(default)]
    to: String,
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
    /// The pgpool host.
    pool_host: String,
    /// What it said, in the words of `pgpool/pool-says.j2`.
    #[serde(default)]
    pool: Value,
    /// The system identifier of the cluster that this controller made.
    #[serde(default)]
    made: String,
    /// The one that the inventory declares.
    #[serde(default)]
    declared: String,
    /// Give up acknowledged transactions that the promoted node lacks.
    #[serde(default)]
    accept_loss: bool,
    /// Writes wait until a standby streams from the new primary.
    #[serde(default)]
    strict: bool,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Decision for PgPromotion {
    const NAME: &'static str = "pg_promotion";
    type Params = Params;
    type Decided = Promotion;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        Ok(promotion(&Asked {
            to: Some(params.to.clone()).filter(|name| !name.is_empty()),
            nodes: params.nodes.clone(),
            says: nodes(&params.says)?,
            pool_host: params.pool_host.clone(),
            pool: read(&params.pool_host, &params.pool)?,
            made: identifier(&params.made)?,
            declared: identifier(&params.declared)?,
            accept_loss: params.accept_loss,
            strict: params.strict,
            inventory: params.inventory.clone(),
        }))
    }
}
