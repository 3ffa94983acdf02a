//! Who plays which part when a fault comes.

use super::scenario::{Kind, Peers, Whom};
use crate::cluster::ClusterStatus;
use crate::cluster::spec::{ClusterSpec, Topology};
use crate::cluster::status::Store;

/// The hosts of a cluster by what they are now.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// Who decides.
    pub kind: Kind,
    /// The primary, and where it listens.
    pub primary: Actor,
    /// The other database nodes that follow it.
    pub standbys: Vec<Actor>,
    /// The standby for which commits wait.
    pub synchronous: Option<String>,
    /// The hosts of pgpool or HAProxy.
    pub proxies: Vec<Actor>,
    /// The members of the store.
    pub store: Vec<Actor>,
    /// On which of them the store's leader runs.
    pub store_leader: Option<String>,
    /// All hosts of the cluster.
    pub all: Vec<String>,
}

/// A host in one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The host's name.
    pub name: String,
    /// Where it listens in this part.
    pub address: String,
}

impl Cast {
    /// Who is what by `status`; an error in words where there is not exactly one primary.
    pub fn of(spec: &ClusterSpec, status: &ClusterStatus) -> Result<Self, String> {
        let mut primaries = status.primaries();
        let (primary, says) = match (primaries.next(), primaries.next()) {
            (Some(one), None) => one,
            (None, _) => return Err("no node is primary".to_owned()),
            (Some((one, _)), Some((other, _))) => {
                return Err(format!(
                    "{} and {} are both primaries",
                    one.name, other.name
                ));
            }
        };
        let synchronous = says.standbys.iter().find(|standby| {
            standby.state == "streaming" && matches!(&*standby.sync_state, "sync" | "quorum")
        });
        let nodes: Vec<Actor> = actors(spec.nodes.iter().map(|node| (&node.name, &node.address)));
        let (at, standbys): (Vec<Actor>, Vec<Actor>) = nodes
            .into_iter()
            .partition(|node| node.name == primary.name);
        let (proxies, store) = match &spec.topology {
            Topology::Pgpool(pgpool) => (&pgpool.pools, None),
            Topology::Patroni(patroni) => (&patroni.proxies, Some(&patroni.store.members)),
        };
        let store = store.into_iter().flatten();
        Ok(Self {
            kind: Kind::of(spec),
            primary: at.into_iter().next().ok_or("the primary is not declared")?,
            synchronous: synchronous.map(|standby| standby.application_name.clone()),
            standbys,
            proxies: actors(proxies.iter().map(|proxy| (&proxy.name, &proxy.address))),
            store: actors(store.map(|member| (&member.name, &member.address))),
            store_leader: status.patroni().and_then(|around| leader(&around.store)),
            all: spec.hosts().into_iter().map(str::to_owned).collect(),
        })
    }

    /// The hosts that `whom` means now.
    pub fn hosts(&self, whom: Whom) -> Result<Vec<String>, String> {
        let names = |actors: &[Actor]| -> Vec<String> {
            actors.iter().map(|actor| actor.name.clone()).collect()
        };
        let found: Vec<String> = match whom {
            Whom::Primary => vec![self.primary.name.clone()],
            Whom::Synchronous => self.synchronous.iter().cloned().collect(),
            Whom::Asynchronous => {
                let standbys = names(&self.standbys).into_iter();
                let free = standbys.filter(|name: &String| Some(name) != self.synchronous.as_ref());
                free.take(1).collect()
            }
            Whom::Standbys => names(&self.standbys),
            Whom::Proxy => names(&self.proxies),
            Whom::StoreLeader => self.store_leader.iter().cloned().collect(),
            Whom::Store => names(&self.store),
            Whom::Everyone => self.all.clone(),
        };
        if found.is_empty() {
            let part = match whom {
                Whom::Primary => "primary",
                Whom::Synchronous => "synchronous standby",
                Whom::Asynchronous => "asynchronous standby",
                Whom::Standbys => "standby",
                Whom::Proxy => "proxy",
                Whom::StoreLeader => "leader of the store",
                Whom::Store => "store",
                Whom::Everyone => "host",
            };
            return Err(format!("the cluster has no {part} now"));
        }
        Ok(found)
    }

    /// Whether nobody comes in any more while these hosts are away.
    pub fn shuts_clients_out(&self, hosts: &[String]) -> bool {
        let mut ways = self.proxies.iter();
        !self.proxies.is_empty() && ways.all(|proxy| hosts.contains(&proxy.name))
    }

    /// From whom a cut parts the primary.
    pub fn peers(&self, peers: Peers) -> Vec<Actor> {
        let found = match (peers, self.kind) {
            (Peers::Replicas, _) => &self.standbys,
            (Peers::Coordinator, Kind::Pgpool) => &self.proxies,
            (Peers::Coordinator, _) => &self.store,
        };
        let others = found.iter().filter(|peer| peer.name != self.primary.name);
        others.cloned().collect()
    }
}

fn actors<'a>(hosts: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<Actor> {
    let actor = |(name, address): (&String, &String)| Actor {
        name: name.clone(),
        address: address.clone(),
    };
    hosts.map(actor).collect()
}

fn leader(store: &Store) -> Option<String> {
    match store {
        Store::Etcd(members) => {
            let leads = members.iter().find(|member| {
                let answer = member.seen.answer();
                answer.is_some_and(|etcd| etcd.leader.as_ref() == Some(&etcd.id))
            });
            leads.map(|member| member.name.clone())
        }
        Store::Zookeeper(members) => {
            let leads = members.iter().find(|member| {
                let answer = member.seen.answer();
                answer.is_some_and(|server| server.mode.as_deref() == Some("leader"))
            });
            leads.map(|member| member.name.clone())
        }
    }
}
