//! The ports that a host needs for the roles that the inventory gives it.

use crate::cluster::HostWords;
use crate::cluster::spec::{ClusterSpec, ServerSpec, StoreKind, Topology};
use crate::diag::Diag;

/// A port that a host needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The port.
    pub port: u16,
    /// Who listens there, when all is as declared.
    pub whose: &'static str,
    /// By which name its process is known.
    pub program: &'static str,
}

/// The ports that `host` needs in the cluster; `words` is what the inventory says of it.
pub fn needs(spec: &ClusterSpec, host: &str, words: &HostWords) -> Result<Vec<Need>, Diag> {
    let mut found = Vec::new();
    let mut add = |whose, program, port| {
        found.push(Need {
            port,
            whose,
            program,
        });
    };
    let of = |servers: &[ServerSpec]| {
        let here = servers.iter().find(|server| server.name == host);
        here.map(|server| server.port)
    };
    if let Some(node) = spec.nodes.iter().find(|node| node.name == host) {
        add("PostgreSQL", "postgres", node.port);
    }
    match &spec.topology {
        Topology::Pgpool(pgpool) => {
            if let Some(port) = of(&pgpool.pools) {
                add("pgpool", "pgpool", port);
                add("pgpool's pcp", "pgpool", words.port("pcp_port", 9898)?);
            }
        }
        Topology::Patroni(patroni) => {
            let agents = patroni.agents.iter().map(|agent| &agent.server);
            if let Some(agent) = agents.into_iter().find(|server| server.name == host) {
                add("Patroni", "patroni", agent.port);
            }
            if let Some(port) = of(&patroni.store.members) {
                match patroni.store.kind {
                    StoreKind::Etcd => {
                        add("etcd", "etcd", port);
                        add("etcd's peers", "etcd", words.port("etcd_peer_port", 2380)?);
                    }
                    StoreKind::Zookeeper => {
                        add("ZooKeeper", "java", port);
                        let peers = words.port("zookeeper_peer_port", 2888)?;
                        add("ZooKeeper's peers", "java", peers);
                        let election = words.port("zookeeper_election_port", 3888)?;
                        add("ZooKeeper's election", "java", election);
                    }
                }
            }
            if let Some(port) = of(&patroni.proxies) {
                for entry in [&spec.entry.writes, &spec.entry.reads] {
                    if let Some(port) = of(entry) {
                        add("HAProxy", "haproxy", port);
                    }
                }
                add("HAProxy's statistics", "haproxy", port);
            }
        }
    }
    Ok(found)
}
