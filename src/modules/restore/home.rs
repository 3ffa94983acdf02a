//! How a failed node of a pgpool cluster comes home, or why it does not now.
//!
//! ```yaml
//! - pg_home:
//!     node: pg-a
//!     goal: replica
//!     nodes: [pg-a, pg-b]
//!     primary: pg-a
//!     says: "{{ restore_answers }}"
//!     pool_host: pool
//!     pool: "{{ hostvars.pool.pool_says.stdout }}"
//!     fork: "{{ forked.fork }}"
//!     beyond: "{{ beyond }}"
//!     inventory: "{{ inventory_dir }}"
//!   register: home
//! ```
//!
//! Registers `way` (`nothing`, `lead`, `follow`, `rewind`, `copy`), `source`, `aside`, `bytes`, `standby`,
//! `missing`, and `lines` for people. A refusal fails the task, and its words say what to do.

use super::{Answer, Answers, Decision, identifier, nodes, read, yes};
use crate::decide::Beyond;
use crate::decide::home::pgpool::{Asked, Home, Refusal, way_home};
use crate::decide::home::{Goal, Hindrance, Policy, Request};
use crate::diag::Diag;
use serde::Deserialize;
use serde_json::Value;

/// `pg_home`
pub struct PgHome;

/// Parameters of `pg_home`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The node that is to come home.
    node: String,
    /// As what: `replica`, or `primary` (a standby first, to which the lead is handed over then).
    #[schemars(with = "String")]
    goal: Goal,
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// Which of them is the primary where nothing failed.
    primary: String,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
    /// The pgpool host.
    pool_host: String,
    /// What it said, in the words of `pgpool/pool-says.j2`.
    #[serde(default)]
    pool: Value,
    /// Where the node's log left the line of the primary, as `pg_fork` told it.
    #[serde(default)]
    fork: Value,
    /// What only the node has, as `pg_beyond` told it.
    #[serde(default)]
    beyond: Value,
    /// The system identifier of the cluster that this controller made.
    #[serde(default)]
    made: String,
    /// The one that the inventory declares.
    #[serde(default)]
    declared: String,
    /// What lay on the node stays beside the new data.
    #[serde(default = "yes")]
    keep_diverged_data: bool,
    /// Give up transactions that may have been acknowledged.
    #[serde(default)]
    accept_loss: bool,
    /// `pg_rewind` may be used.
    #[serde(default = "yes")]
    rewind_possible: bool,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Params {
    fn asked(&self) -> Result<Asked, Diag> {
        let fork = read("pg_fork", &self.fork)?;
        let beyond = match &fork {
            Some(_) => read("pg_beyond", &self.beyond)?.unwrap_or_else(Beyond::unread),
            // Then nobody looked for it.
            None => Beyond::nothing(),
        };
        Ok(Asked {
            request: Request {
                node: self.node.clone(),
                goal: self.goal,
                nodes: self.nodes.clone(),
                first: self.primary.clone(),
                says: nodes(&self.says)?,
                made: identifier(&self.made)?,
                declared: identifier(&self.declared)?,
                policy: Policy {
                    keep_diverged_data: self.keep_diverged_data,
                    accept_loss: self.accept_loss,
                },
                inventory: self.inventory.clone(),
            },
            pool_host: self.pool_host.clone(),
            pool: read(&self.pool_host, &self.pool)?,
            fork,
            beyond,
            rewind_possible: self.rewind_possible,
        })
    }
}

impl Decision for PgHome {
    const NAME: &'static str = "pg_home";
    type Params = Params;
    type Decided = Home;
    type Refusal = Hindrance<Refusal>;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        Ok(way_home(&params.asked()?))
    }
}
