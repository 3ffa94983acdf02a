//! Who is promoted by hand in a Patroni cluster, or why nobody is.
//!
//! ```yaml
//! - patroni_promotion:
//!     nodes: [pg-a, pg-b]
//!     says: "{{ restore_answers }}"
//!     services: "{{ patroni_services }}"
//!     memory: "{{ patroni_memory }}"
//!     to: pg-b
//!     ttl: 30
//!     store: etcd
//!     inventory: "{{ inventory_dir }}"
//!   register: failover
//! ```
//!
//! Registers `to`, the node that is promoted, and `lines` for people. A refusal fails the task, and its words
//! say what to do.

use super::{memory, reached, some};
use crate::decide::promotion::patroni::{Asked, Promotion, Refusal, promotion};
use crate::diag::Diag;
use crate::modules::restore::{Answer, Answers, Decision};
use serde::Deserialize;

/// `patroni_promotion`
pub struct PatroniPromotion;

/// Parameters of `patroni_promotion`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
    /// What the services of each do, in the words of `patroni/tasks/home_ask.yml`.
    services: Answers,
    /// What each node said that Patroni remembers, in the words of `patroni/dcs.py.j2`.
    memory: Answers,
    /// Who is to be promoted; empty for the best.
    #[serde(default)]
    to: String,
    /// Give up transactions that may have been acknowledged.
    #[serde(default)]
    accept_loss: bool,
    /// Within how many seconds Patroni promotes another.
    ttl: u64,
    /// Where Patroni's memory is: `etcd` or `zookeeper`.
    store: String,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Decision for PatroniPromotion {
    const NAME: &'static str = "patroni_promotion";
    const COLLECTION: &'static str = "trueup.patroni";
    type Params = Params;
    type Decided = Promotion;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let (says, services) = reached(&params.says, &params.services)?;
        Ok(promotion(&Asked {
            nodes: params.nodes.clone(),
            says,
            services,
            memory: memory(&params.nodes, &params.memory)?,
            to: some(&params.to),
            accept_loss: params.accept_loss,
            ttl: params.ttl,
            store: params.store.clone(),
            inventory: params.inventory.clone(),
        }))
    }
}
