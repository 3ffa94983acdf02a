//! How the nodes of a Patroni cluster come home, or why they do not now.
//!
//! ```yaml
//! - patroni_home:
//!     node: pg-a
//!     goal: replica
//!     nodes: [pg-a, pg-b]
//!     primary: pg-a
//!     says: "{{ restore_answers }}"
//!     services: "{{ patroni_services }}"
//!     memory: "{{ patroni_memory }}"
//!     forks: "{{ patroni_forks }}"
//!     beyond: "{{ patroni_beyond }}"
//!     judged: "{{ patroni_judged }}"
//!     ttl: 30
//!     store: etcd
//!     inventory: "{{ inventory_dir }}"
//!   register: homes
//! ```
//!
//! Registers `leader`, `paused`, `lines` for people, and `nodes`: each with its `way` (`lead`: it leads;
//! `nothing`: it streams; `follow`: Patroni does the rest, once it runs; `rewind`; `copy`; `build`: a bare
//! host; `missing`), `aside` and `bytes`. A refusal fails the task, and its words say what to do.

use super::{memory, reached, some};
use crate::decide::home::patroni::{Asked, Homes, Judged, Refusal, ways_home};
use crate::decide::home::{Goal, Hindrance, Policy, Request};
use crate::decide::{Beyond, Fork};
use crate::diag::Diag;
use crate::modules::restore::{Answer, Answers, Decision, identifier, nodes, read, yes};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `patroni_home`
pub struct PatroniHome;

/// Parameters of `patroni_home`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The node that is to come home.
    node: String,
    /// As what: `replica`, or `primary` (all come home, and the lead goes to it then).
    #[schemars(with = "String")]
    goal: Goal,
    /// The nodes that are looked at, where these are not all that come home.
    #[serde(default)]
    coming: Vec<String>,
    /// All nodes of the cluster, in the order of the inventory.
    nodes: Vec<String>,
    /// Which of them is the primary where nothing failed.
    primary: String,
    /// What each node said, as `pg_node` registers it in `says`.
    says: Answers,
    /// What the services of each do, in the words of `patroni/tasks/home_ask.yml`.
    services: Answers,
    /// What each node said that Patroni remembers, in the words of `patroni/dcs.py.j2`.
    memory: Answers,
    /// Where each one's log left the line of the leader, as `pg_fork` told it.
    #[serde(default)]
    forks: Answers,
    /// What only each node has, as `pg_beyond` told it.
    #[serde(default)]
    beyond: Answers,
    /// What the `pg_rewind` of the playbooks says of that (`--judge`).
    #[serde(default)]
    judged: Answers,
    /// The system identifier of the cluster that this controller made.
    #[serde(default)]
    made: String,
    /// The one that the inventory declares.
    #[serde(default)]
    declared: String,
    /// What lay on a node stays beside the new data.
    #[serde(default = "yes")]
    keep_diverged_data: bool,
    /// Give up transactions that may have been acknowledged.
    #[serde(default)]
    accept_loss: bool,
    /// `restore_command` fetches the log that the leader no longer has; empty where none does.
    #[serde(default)]
    restore_command: String,
    /// Within how many seconds Patroni promotes another.
    ttl: u64,
    /// Where Patroni's memory is: `etcd` or `zookeeper`.
    store: String,
    /// The inventory, for the commands that are told.
    inventory: String,
}

impl Params {
    fn coming(&self) -> Vec<String> {
        match self.goal {
            _ if !self.coming.is_empty() => self.coming.clone(),
            Goal::Primary => self.nodes.clone(),
            Goal::Replica => vec![self.node.clone()],
        }
    }

    fn asked(&self) -> Result<Asked, Diag> {
        let (says, services) = reached(&self.says, &self.services)?;
        let forks: BTreeMap<String, Fork> = nodes(&self.forks)?;
        let mut beyond = BTreeMap::new();
        // Of the others nobody looked for it.
        for name in forks.keys() {
            let told: Option<Beyond> = self
                .beyond
                .get(name)
                .map_or(Ok(None), |it| read(name, it))?;
            beyond.extend(told.map(|told| (name.clone(), told)));
        }
        let judged: BTreeMap<String, Judged> = nodes(&self.judged)?;
        Ok(Asked {
            request: Request {
                node: self.node.clone(),
                goal: self.goal,
                nodes: self.nodes.clone(),
                first: self.primary.clone(),
                says,
                made: identifier(&self.made)?,
                declared: identifier(&self.declared)?,
                policy: Policy {
                    keep_diverged_data: self.keep_diverged_data,
                    accept_loss: self.accept_loss,
                },
                inventory: self.inventory.clone(),
            },
            coming: self.coming(),
            services,
            memory: memory(&self.nodes, &self.memory)?,
            forks,
            beyond,
            judged,
            archive: some(&self.restore_command).is_some(),
            ttl: self.ttl,
            store: self.store.clone(),
        })
    }
}

impl Decision for PatroniHome {
    const NAME: &'static str = "patroni_home";
    const COLLECTION: &'static str = "trueup.patroni";
    type Params = Params;
    type Decided = Homes;
    type Refusal = Hindrance<Refusal>;

    fn decide(params: &Params) -> Result<Answer<Self>, Diag> {
        Ok(ways_home(&params.asked()?))
    }
}
