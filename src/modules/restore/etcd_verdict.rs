//! Whether etcd has, or can have, its quorum.
//!
//! ```yaml
//! - etcd_verdict:
//!     hosts: [pg-a, pg-b, pg-c]
//!     addresses: {pg-a: 10.0.0.1, pg-b: 10.0.0.2, pg-c: 10.0.0.3}
//!     says: "{{ etcd_answers }}"
//!     data: /var/lib/etcd/main
//!   register: etcd_verdict
//! ```
//!
//! Registers whether the cluster was whole once (`formed`), and the hosts whose data counts
//! (`keepers`). A refusal fails the task.

use super::{Answer, Answers, Decision, nodes};
use crate::decide::verdict::etcd::{Asked, Quorum, Refusal, verdict};
use crate::diag::Diag;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `etcd_verdict`
pub struct EtcdVerdict;

/// Parameters of `etcd_verdict`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Who is declared a member, in the order of the inventory.
    hosts: Vec<String>,
    /// Where each is reached by the others.
    #[serde(default)]
    addresses: BTreeMap<String, String>,
    /// What each said, in the words of the role `etcd`'s `ask`.
    says: Answers,
    /// Where a member's data lies.
    data: String,
}

impl Decision for EtcdVerdict {
    const NAME: &'static str = "etcd_verdict";
    type Params = Params;
    type Decided = Quorum;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        Ok(verdict(&Asked {
            hosts: params.hosts.clone(),
            says: nodes(&params.says)?,
            addresses: params.addresses.clone(),
            data: params.data.clone(),
        }))
    }
}
