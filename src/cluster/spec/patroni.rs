//! Patroni, its store and the proxies, as declared.

use super::ServerSpec;
use crate::secret::Secret;
use serde_json::{Map, Value};

/// Patroni, its store and the proxies, as declared.
#[derive(Clone, Debug)]
pub struct PatroniSpec {
    /// `cluster_name`: Patroni's scope.
    pub scope: String,
    /// The Patroni of each database node, in the order of the nodes.
    pub agents: Vec<AgentSpec>,
    /// Where Patroni keeps who leads.
    pub store: StoreSpec,
    /// The HAProxy hosts; the port is that of the stats page.
    pub proxies: Vec<ServerSpec>,
    /// What the dynamic configuration is declared to say, key by key.
    pub dynamic: Map<String, Value>,
    /// `watchdog`: `required`, `automatic` or `off`.
    pub watchdog: String,
    /// The password of the user `stats` at HAProxy's stats page.
    pub stats: Option<Secret>,
}

/// A node's Patroni as declared.
#[derive(Clone, Debug)]
pub struct AgentSpec {
    /// Its REST interface.
    pub server: ServerSpec,
    /// `patroni_tags`, and what `pg_role` means in tags.
    pub tags: Map<String, Value>,
}

/// The distributed configuration store as declared.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// Of which kind it is.
    pub kind: StoreKind,
    /// Its members, each with the port for clients.
    pub members: Vec<ServerSpec>,
}

/// The kinds of store that trueup builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// etcd, asked over its JSON gateway.
    Etcd,
    /// ZooKeeper, asked over its port for clients.
    Zookeeper,
}
