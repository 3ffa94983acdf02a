//! Where the log of a node left the line of the present primary.
//!
//! ```yaml
//! - pg_fork:
//!     node: pg-a
//!     nodes: [pg-a, pg-b]
//!     says: "{{ restore_answers }}"
//!   register: forked
//! ```
//!
//! Registers `source`, the primary of the newest timeline that is not the node itself (empty where there
//! is none), and `fork`: nothing where the node's log is a part of that primary's, else `timeline` and
//! `lsn` where it left it, `next`, the primary's next timeline, and `end`, where the node's own log ends.
//! `legs`: the parts of the node's log from there on, each with its `timeline`, `from` and `until`.

use super::{Answer, Answers, Decision, Never, nodes};
use crate::decide::home::pgpool::source;
use crate::decide::{Fork, Leg, Node, fork};
use crate::diag::Diag;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `pg_fork`
pub struct PgFork;

/// Parameters of `pg_fork`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The node whose log is looked at.
    node: String,
    /// All nodes of the cluster.
    nodes: Vec<String>,
    /// The primary that counts, where something else knows it.
    #[serde(default)]
    source: Option<String>,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
}

/// What `pg_fork` registers.
#[derive(Serialize)]
pub struct Found {
    source: String,
    fork: Option<Fork>,
    legs: Vec<Leg>,
}

impl Decision for PgFork {
    const NAME: &'static str = "pg_fork";
    type Params = Params;
    type Decided = Found;
    type Refusal = Never;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let says: BTreeMap<String, Node> = nodes(&params.says)?;
        let named = params.source.clone().filter(|name| !name.is_empty());
        let source = named.or_else(|| source(&params.node, &params.nodes, &says).cloned());
        let both = source
            .as_ref()
            .and_then(|source| Some((says.get(&params.node)?, says.get(source)?)));
        let left = both.and_then(|(node, primary)| {
            let fork = fork(node, primary)?;
            Some((fork.beyond(node), fork))
        });
        let (legs, fork) = left.unzip();
        Ok(Ok(Found {
            source: source.unwrap_or_default(),
            fork,
            legs: legs.unwrap_or_default(),
        }))
    }
}
