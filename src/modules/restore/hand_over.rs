//! Whether the primary of a cluster under pgpool can hand over to another node in peace, or why not.
//!
//! ```yaml
//! - pg_hand_over:
//!     to: pg-b
//!     nodes: [pg-a, pg-b]
//!     roles: {pg-a: primary, pg-b: synchronous}
//!     says: "{{ restore_answers }}"
//!     pool_host: pool
//!     pool: "{{ hostvars.pool.pool_says.stdout }}"
//!     inventory: "{{ inventory_dir }}"
//!   register: handing
//! ```
//!
//! Registers `from`, who leads now, whether that is who is to lead (`done`), and `lines` for people. A
//! refusal fails the task, and its words say what to do.

use super::{Answer, Answers, Decision, nodes, read};
use crate::decide::hand_over::pgpool::{Asked, HandOver, Refusal, Restore, Role, hand_over};
use crate::diag::Diag;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `pg_hand_over`
pub struct PgHandOver;

/// Parameters of `pg_hand_over`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Who is to lead.
    #[serde(default)]
    to: String,
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// What each is where nothing failed: `primary`, `synchronous` or `asynchronous`.
    #[schemars(with = "BTreeMap<String, String>")]
    roles: BTreeMap<String, Role>,
    /// How far asynchronous standbys stay behind on purpose; `0`: not at all.
    #[serde(default)]
    replica_delay: String,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
    /// The pgpool host.
    pool_host: String,
    /// What it said, in the words of `pgpool/pool-says.j2`.
    #[serde(default)]
    pool: Value,
    /// Whether this is the end of a restore by which the node comes home first.
    #[serde(default)]
    restores: bool,
    /// Whether that restore is only planned.
    #[serde(default)]
    planned: bool,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Decision for PgHandOver {
    const NAME: &'static str = "pg_hand_over";
    type Params = Params;
    type Decided = HandOver;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let word = |word: &str, none: &str| (word != none).then(|| word.to_owned());
        let after = match (params.restores, params.planned) {
            (false, _) => None,
            (true, true) => Some(Restore::Planned),
            (true, false) => Some(Restore::Done),
        };
        Ok(hand_over(&Asked {
            to: word(&params.to, ""),
            nodes: params.nodes.clone(),
            roles: params.roles.clone(),
            delay: word(&params.replica_delay, "0").filter(|delay| !delay.is_empty()),
            says: nodes(&params.says)?,
            pool_host: params.pool_host.clone(),
            pool: read(&params.pool_host, &params.pool)?,
            after,
            inventory: params.inventory.clone(),
        }))
    }
}
