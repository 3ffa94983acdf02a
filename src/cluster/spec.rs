//! What the inventory declares a cluster to be.

use crate::diag::Diag;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

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
}

impl Role {
    /// The role of this name in the inventory (`pg_role`).
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "primary" => Some(Self::Primary),
            "synchronous" | "sync" => Some(Self::Synchronous),
            "asynchronous" | "async" => Some(Self::Asynchronous),
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
    /// The pgpool hosts.
    pub pools: Vec<PoolSpec>,
    /// With what to log in at the nodes: a member of `pg_monitor`.
    pub login: Login,
    /// With what to log in at pgpool: a user that it knows.
    pub pool_login: Login,
    /// The certificate (PEM) of the CA that signed the servers' certificates: with it, servers
    /// whose port can be reached are asked directly.
    pub ca: Option<Vec<u8>>,
    /// `failover_policy`
    pub policy: Policy,
    /// The words after `trueup apply PLAYBOOK` in the commands that are told: `-i inventories/x`.
    pub arguments: String,
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

/// A pgpool host as declared.
#[derive(Clone, Debug)]
pub struct PoolSpec {
    /// The name in the inventory.
    pub name: String,
    /// Where pgpool listens.
    pub address: String,
    /// `pool_port`
    pub port: u16,
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

    /// Refuses a declaration that no cluster can follow.
    pub fn check(&self) -> Result<(), Diag> {
        let primaries = self
            .nodes
            .iter()
            .filter(|node| node.role == Role::Primary)
            .count();
        if primaries == 1 {
            return Ok(());
        }
        let found = if primaries == 0 {
            "no host".to_owned()
        } else {
            format!("{primaries} hosts")
        };
        Err(Diag::error(format!(
            "{found} of the inventory's databases say pg_role: primary"
        ))
        .help("say pg_role: primary for one host, synchronous or asynchronous for the others"))
    }
}
