//! What Patroni says, and what it keeps itself in.

use super::{Asked, Etcd, Proxy, Zookeeper};
use crate::decide::{CommitPolicy, holds_the_lock, may_take_over};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What Patroni, its store and the proxies answered.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct PatroniStatus {
    /// The Patroni of each database node, in the order of the nodes.
    pub agents: Vec<Asked<Patroni>>,
    /// Where Patroni keeps who leads.
    pub store: Store,
    /// The HAProxy hosts.
    pub proxies: Vec<Asked<Proxy>>,
}

/// The distributed configuration store.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "kind", content = "members", rename_all = "lowercase")]
pub enum Store {
    /// etcd's members.
    Etcd(Vec<Asked<Etcd>>),
    /// ZooKeeper's servers.
    Zookeeper(Vec<Asked<Zookeeper>>),
}

/// What a node's Patroni says: of itself, and of the cluster as it sees it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Patroni {
    /// Patroni's version.
    pub version: String,
    /// The name of the cluster.
    pub scope: String,
    /// What it says of its PostgreSQL: `running`, `starting`, `stopped`, `creating replica`, ...
    pub postgres: String,
    /// The settings that wait for a restart of this node; `?` where Patroni does not name them.
    pub pending_restart: Vec<String>,
    /// Whether Patroni leaves the cluster alone (maintenance mode).
    pub paused: bool,
    /// Whether the store is lost and the members agree directly that the leader stays.
    pub failsafe_active: bool,
    /// Whether a watchdog is required and does not work.
    pub watchdog_failed: bool,
    /// When it last reached its store (seconds since 1970).
    pub store_seen: Option<i64>,
    /// The tags that are in force on this node.
    pub tags: Map<String, Value>,
    /// The members that the store lists.
    pub members: Vec<Member>,
    /// The dynamic configuration, where it could be read.
    pub config: Option<Value>,
}

/// A member as the store lists it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Member {
    /// Its name, which is that of its host in the inventory.
    pub name: String,
    /// `leader`, `sync_standby`, `quorum_standby`, `replica`, `standby_leader`.
    pub role: String,
    /// `running`, `streaming`, `in archive recovery`, `starting`, `stopped`, `start failed`, ...
    pub state: String,
    /// Its timeline.
    pub timeline: Option<u32>,
    /// How much of the log it lacks; none when Patroni does not know.
    pub lag_bytes: Option<i64>,
}

impl Patroni {
    /// For whom commits wait by Patroni's choice.
    pub fn commits(&self) -> CommitPolicy {
        self.config
            .as_ref()
            .map(CommitPolicy::of)
            .unwrap_or_default()
    }
}

impl Member {
    /// Whether it holds the leader's lock.
    pub fn leads(&self) -> bool {
        holds_the_lock(&self.role)
    }

    /// Whether Patroni counts it as synchronous: it may be promoted without losing a commit.
    pub fn synchronous(&self) -> bool {
        may_take_over(&self.role)
    }
}

impl PatroniStatus {
    /// What the store holds, as the Patroni tells it that reached the store last.
    pub fn view(&self) -> Option<&Patroni> {
        self.agents
            .iter()
            .filter_map(|agent| agent.seen.answer())
            .max_by_key(|says| (!says.members.is_empty(), says.store_seen))
    }

    /// The Patroni of the node of this name.
    pub fn agent(&self, name: &str) -> Option<&Asked<Patroni>> {
        self.agents.iter().find(|agent| agent.name == name)
    }

    /// Whether not one host could be reached.
    pub fn all_unreachable(&self) -> bool {
        fn all<T>(asked: &[Asked<T>]) -> bool {
            asked.iter().all(|one| one.seen.unreachable())
        }
        let store = match &self.store {
            Store::Etcd(members) => all(members),
            Store::Zookeeper(servers) => all(servers),
        };
        store && all(&self.agents) && all(&self.proxies)
    }
}
