//! What the inventory declares a cluster to be.

mod patroni;

pub use patroni::{AgentSpec, PatroniSpec, StoreKind, StoreSpec};

use crate::diag::Diag;
use crate::secret::Secret;
use crate::step::Tls;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a node is declared to be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes the writes.
    Primary,
    /// Every commit waits until it has it.
    Synchronous,
    /// Follows when it can.
    Asynchronous,
    /// Follows; Patroni chooses who of these is synchronous.
    Replica,
}

impl Role {
    /// The role of this name in the inventory (`pg_role`).
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "primary" => Some(Self::Primary),
            "synchronous" | "sync" => Some(Self::Synchronous),
            "asynchronous" | "async" => Some(Self::Asynchronous),
            "replica" => Some(Self::Replica),
            _ => None,
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Primary => "primary",
            Self::Synchronous => "synchronous standby",
            Self::Asynchronous => "asynchronous standby",
            Self::Replica => "replica",
        })
    }
}

/// What is wanted when the primary was lost and nobody is synchronous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Writes go on without a synchronous standby.
    #[default]
    Degrade,
    /// Writes wait for one.
    Strict,
}

/// The declared cluster, and how its servers are asked.
#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// The database nodes in the order of the inventory.
    pub nodes: Vec<NodeSpec>,
    /// With what to log in at the nodes: a member of `pg_monitor`.
    pub login: Login,
    /// The CA that signed the servers' certificates, and the certificate by which they know us:
    /// with it, servers whose port can be reached are asked directly.
    pub tls: Option<Tls>,
    /// Who decides which node is the primary, and how clients come to it.
    pub topology: Topology,
    /// Where clients connect.
    pub entry: EntrySpec,
    /// The words after `trueup apply PLAYBOOK` in the commands that are told: `-i inventories/x`.
    pub arguments: String,
}

/// Who decides which node is the primary, and how clients come to it.
#[derive(Clone, Debug)]
pub enum Topology {
    /// pgpool does both.
    Pgpool(PgpoolSpec),
    /// Patroni decides, and HAProxy asks Patroni.
    Patroni(PatroniSpec),
}

impl Topology {
    /// Its name; the playbook that builds it bears it too.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pgpool(_) => "pgpool",
            Self::Patroni(patroni) => match patroni.store.kind {
                StoreKind::Etcd => "patroni-etcd",
                StoreKind::Zookeeper => "patroni-zookeeper",
            },
        }
    }
}

/// pgpool, as declared.
#[derive(Clone, Debug)]
pub struct PgpoolSpec {
    /// The pgpool hosts.
    pub pools: Vec<ServerSpec>,
    /// With what to log in at pgpool: a user that it knows.
    pub login: Login,
    /// `failover_policy`
    pub policy: Policy,
}

/// A database node as declared.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// The name in the inventory.
    pub name: String,
    /// `pg_role`
    pub role: Role,
    /// Where the server listens.
    pub address: String,
    /// `pg_port`
    pub port: u16,
}

/// A server of another kind than PostgreSQL.
#[derive(Clone, Debug)]
pub struct ServerSpec {
    /// The name of its host in the inventory.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// Its port.
    pub port: u16,
}

/// Where clients connect, and as whom.
#[derive(Clone, Debug)]
pub struct EntrySpec {
    /// Where they write, any of these.
    pub writes: Vec<ServerSpec>,
    /// Where they read without writing, any of these: the same, or a port of its own.
    pub reads: Vec<ServerSpec>,
    /// The application.
    pub login: Login,
}

/// With what the servers are asked.
#[derive(Clone, Debug)]
pub struct Login {
    /// The role.
    pub user: String,
    /// Its password.
    pub password: Option<Secret>,
    /// The database to connect to.
    pub database: String,
}

impl ClusterSpec {
    /// The node that is declared to be the primary.
    pub fn primary(&self) -> Option<&NodeSpec> {
        self.nodes.iter().find(|node| node.role == Role::Primary)
    }

    /// The names of all its hosts, each once.
    pub fn hosts(&self) -> BTreeSet<&str> {
        let around: Vec<&ServerSpec> = match &self.topology {
            Topology::Pgpool(pgpool) => pgpool.pools.iter().collect(),
            Topology::Patroni(patroni) => {
                let store = patroni.store.members.iter();
                store.chain(&patroni.proxies).collect()
            }
        };
        let nodes = self.nodes.iter().map(|node| node.name.as_str());
        let around = around.into_iter().map(|server| server.name.as_str());
        nodes.chain(around).collect()
    }

    /// Refuses a declaration that no cluster can follow.
    pub fn check(&self) -> Result<(), Diag> {
        let primaries: Vec<&NodeSpec> = self
            .nodes
            .iter()
            .filter(|node| node.role == Role::Primary)
            .collect();
        let roles = match &self.topology {
            Topology::Pgpool(_) => "synchronous or asynchronous",
            Topology::Patroni(_) => "replica",
        };
        if let (Topology::Pgpool(_), Some(node)) = (
            &self.topology,
            self.nodes.iter().find(|node| node.role == Role::Replica),
        ) {
            let says = format!("the database host {} says pg_role: replica", node.name);
            return Err(Diag::error(says).help(
                "under pgpool nobody chooses which replica is synchronous: say synchronous or asynchronous",
            ));
        }
        if primaries.len() == 1 {
            return Ok(());
        }
        let found = match primaries.len() {
            0 => "no host".to_owned(),
            several => format!("{several} hosts"),
        };
        let says = format!("{found} of the inventory's databases say pg_role: primary");
        Err(Diag::error(says).help(format!(
            "say pg_role: primary for one host, {roles} for the others"
        )))
    }
}
