//! What HAProxy says.

use serde::{Deserialize, Serialize};

/// Where HAProxy sends clients.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Proxy {
    /// The servers behind the port for writes.
    pub writes: Vec<Served>,
    /// The servers behind the port for reads.
    pub reads: Vec<Served>,
}

/// A server as HAProxy sees it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Served {
    /// Its name, which is that of its host in the inventory.
    pub name: String,
    /// Whether clients are sent to it.
    pub up: bool,
    /// What the last check found: `L7OK/200`, `L7STS/503`, `L4CON`, `L6RSP`.
    pub check: String,
}

impl Proxy {
    /// The names of those to which `servers` sends clients.
    pub fn up(servers: &[Served]) -> Vec<&str> {
        let up = servers.iter().filter(|server| server.up);
        up.map(|server| server.name.as_str()).collect()
    }
}
