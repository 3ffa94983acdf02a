//! Whether what etcd or ZooKeeper remembers of a cluster goes with what its nodes hold.
//!
//! ```yaml
//! - dcs_verdict:
//!     store: etcd
//!     place: /service/main
//!     knows: "{{ dcs_says.stdout }}"
//!     nodes: [pg-a, pg-b]
//!     primary: pg-a
//!     says: "{{ node_answers }}"
//!   register: dcs_verdict
//! ```
//!
//! Registers `todo` (`go on`, or `forget`: what is remembered is to be removed), `why`, and `first`: who
//! is started before the others, empty where Patroni decides. A refusal fails the task.

use super::{Answer, Answers, Decision, nodes, read};
use crate::decide::verdict::dcs::{Asked, Refusal, Start, Store, verdict};
use crate::diag::Diag;
use serde::Deserialize;
use serde_json::Value;

/// `dcs_verdict`
pub struct DcsVerdict;

/// Parameters of `dcs_verdict`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What remembers: `etcd` or `zookeeper`.
    #[schemars(with = "String")]
    store: Store,
    /// Where in it.
    place: String,
    /// What it remembers, in the words of `patroni/dcs.py.j2`; empty where nobody could ask yet.
    #[serde(default)]
    knows: Value,
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// Those that leave it in this run.
    #[serde(default)]
    retired: Vec<String>,
    /// Who makes the database where none is.
    primary: String,
    /// What each node said, in the words of the role `cluster_host`'s `ask`.
    says: Answers,
    /// Forget a cluster whose data is on no node.
    #[serde(default)]
    heal: bool,
    /// The node that starts first where data is there, and nothing is known of it.
    #[serde(default)]
    first: String,
}

impl Decision for DcsVerdict {
    const NAME: &'static str = "dcs_verdict";
    type Params = Params;
    type Decided = Start;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let first = &params.first;
        Ok(verdict(&Asked {
            store: params.store,
            place: params.place.clone(),
            knows: read("what remembers", &params.knows)?.unwrap_or_default(),
            nodes: params.nodes.clone(),
            retired: params.retired.clone(),
            primary: params.primary.clone(),
            says: nodes(&params.says)?,
            heal: params.heal,
            first: (!first.is_empty()).then(|| first.clone()),
        }))
    }
}
