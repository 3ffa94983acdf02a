//! How a ZooKeeper ensemble begins, or that what is declared could lose its state.
//!
//! ```yaml
//! - zookeeper_verdict:
//!     hosts: [pg-a, pg-b, proxy]
//!     ids: {pg-a: '1', pg-b: '2', proxy: '3'}
//!     members: ['1=10.0.0.1:2888:3888', '2=10.0.0.2:2888:3888', '3=10.0.0.3:2888:3888']
//!     addresses: {pg-a: 10.0.0.1, pg-b: 10.0.0.2, proxy: 10.0.0.3, client: 10.0.0.4}
//!     says: "{{ zookeeper_answers }}"
//!     data: /var/lib/zookeeper/data
//!   register: zookeeper_verdict
//! ```
//!
//! Registers `begins`: `new` or `stands`. A refusal fails the task.

use super::{Answer, Answers, Decision, nodes};
use crate::decide::verdict::zookeeper::{Asked, Ensemble, Refusal, verdict};
use crate::diag::Diag;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `zookeeper_verdict`
pub struct ZookeeperVerdict;

/// Parameters of `zookeeper_verdict`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Who is declared a member, in the order of the inventory.
    hosts: Vec<String>,
    /// The number of each.
    ids: BTreeMap<String, String>,
    /// The members as they are to be configured: `NUMBER=ADDRESS:PORT:PORT`.
    members: Vec<String>,
    /// The addresses that the inventory knows, by host.
    addresses: BTreeMap<String, String>,
    /// What each said, in the words of the role `zookeeper`'s `ask`.
    says: Answers,
    /// Where a member's data lies.
    data: String,
}

impl Decision for ZookeeperVerdict {
    const NAME: &'static str = "zookeeper_verdict";
    type Params = Params;
    type Decided = Ensemble;
    type Refusal = Refusal;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        let number = |host: &String| {
            let id = params.ids.get(host).cloned().unwrap_or_default();
            (host.clone(), id)
        };
        Ok(verdict(&Asked {
            hosts: params.hosts.iter().map(number).collect(),
            says: nodes(&params.says)?,
            members: params.members.clone(),
            addresses: params.addresses.clone(),
            data: params.data.clone(),
        }))
    }
}
