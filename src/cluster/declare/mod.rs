//! Reads the declaration of a cluster out of an inventory, by the names that the playbooks' roles use.

mod entry;
mod patroni;
mod pgpool;
mod words;

#[cfg(test)]
mod tests;

pub use words::HostWords;

use super::spec::{ClusterSpec, Login, NodeSpec, Role, StoreKind, Topology};
use crate::diag::Diag;
use crate::model::{Inventory, VarMap};
use crate::secret::Secret;
use crate::step::{Client, Tls};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The cluster that the inventory declares. `arguments` are what the user typed after the verb.
pub fn declared(
    inventory: &Inventory,
    extra: &Arc<VarMap>,
    state: &Path,
    arguments: String,
) -> Result<ClusterSpec, Vec<Diag>> {
    let first = inventory.hosts.keys().next().ok_or_else(|| {
        vec![Diag::error("the inventory has no hosts").help("name one with `-i`")]
    })?;
    let hosts = Hosts {
        inventory,
        extra,
        state,
        common: HostWords::of(inventory, first, extra, state)?,
    };
    let kept = state.join("passwords").display().to_string();
    let passwords = PathBuf::from(hosts.word("passwords", &kept)?);
    let group = hosts.word("pg_group", "databases")?;
    let members = inventory.members(&group);
    if members.is_empty() {
        let diag = Diag::error(format!("the inventory has no hosts in a group `{group}`"));
        let help = "put the database hosts in it, one with pg_role: primary, or say the group's name in `pg_group`";
        return Err(vec![diag.help(help)]);
    }
    let nodes = hosts.each(&members, node);
    let topology = topology(&hosts, &members, &passwords);
    let (nodes, topology) = match (nodes, topology) {
        (Ok(nodes), Ok(topology)) => (nodes, topology),
        (nodes, topology) => {
            let errors = [nodes.err(), topology.err()];
            return Err(errors.into_iter().flatten().flatten().collect());
        }
    };
    let entry = entry::declared(&hosts, &topology, &passwords)?;
    let spec = ClusterSpec {
        nodes,
        login: login("monitor", &passwords),
        tls: tls(&state.join("pki")),
        topology,
        entry,
        arguments,
    };
    spec.check().map_err(|diag| vec![diag])?;
    Ok(spec)
}

/// The topology follows from the groups that have hosts; without any of them PostgreSQL stands
/// alone, as behind a pgpool that is not there yet.
fn topology(hosts: &Hosts, databases: &[String], passwords: &Path) -> Result<Topology, Vec<Diag>> {
    let pools = hosts.members("pool_group", "pool")?;
    let etcd = hosts.members("etcd_group", "etcd")?;
    let zookeeper = hosts.members("zookeeper_group", "zookeeper")?;
    let (kind, store) = match (pools.is_empty(), etcd.is_empty(), zookeeper.is_empty()) {
        (_, true, true) => return pgpool::declared(hosts, &pools, passwords).map(Topology::Pgpool),
        (true, false, true) => (StoreKind::Etcd, etcd),
        (true, true, false) => (StoreKind::Zookeeper, zookeeper),
        _ => {
            return Err(vec![
                Diag::error("the inventory has hosts in more than one of the groups of pgpool, etcd and ZooKeeper")
                    .help("each of them alone decides who is the primary: keep one of these groups"),
            ]);
        }
    };
    patroni::declared(hosts, databases, kind, &store, passwords).map(Topology::Patroni)
}

/// The hosts of the inventory, and what is said of them.
struct Hosts<'a> {
    inventory: &'a Inventory,
    extra: &'a Arc<VarMap>,
    state: &'a Path,
    /// What holds for the cluster as a whole.
    common: HostWords,
}

impl Hosts<'_> {
    fn word(&self, name: &str, default: &str) -> Result<String, Vec<Diag>> {
        self.common.or(name, default).map_err(|diag| vec![diag])
    }

    /// The hosts of the group that `variable` names.
    fn members(&self, variable: &str, default: &str) -> Result<Vec<String>, Vec<Diag>> {
        Ok(self.inventory.members(&self.word(variable, default)?))
    }

    /// Reads each of `hosts`, and tells all that is wrong.
    fn each<T>(
        &self,
        hosts: &[String],
        read: impl Fn(&str, &HostWords) -> Result<T, Diag>,
    ) -> Result<Vec<T>, Vec<Diag>> {
        let mut found = Vec::new();
        let mut errors = Vec::new();
        for host in hosts {
            let words = HostWords::of(self.inventory, host, self.extra, self.state);
            match words.and_then(|words| read(host, &words).map_err(|diag| vec![diag])) {
                Ok(one) => found.push(one),
                Err(diags) => errors.extend(diags),
            }
        }
        if errors.is_empty() {
            Ok(found)
        } else {
            Err(errors)
        }
    }
}

fn node(name: &str, words: &HostWords) -> Result<NodeSpec, Diag> {
    let role = words.text("pg_role")?;
    let role = role.as_deref().and_then(Role::named).ok_or_else(|| {
        let said = role
            .as_deref()
            .map_or("does not say its pg_role".to_owned(), |role| {
                format!("says pg_role: {role}")
            });
        Diag::error(format!("the database host {name} {said}")).help(
            "say pg_role: primary, synchronous or asynchronous, or replica where Patroni chooses",
        )
    })?;
    Ok(NodeSpec {
        name: name.to_owned(),
        role,
        address: words.address(name)?,
        port: words.port("pg_port", 5432)?,
    })
}

/// The cluster's own CA, and our certificate, as `apply` keeps them. Each lies in a file with its key.
fn tls(pki: &Path) -> Option<Tls> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let certificates = |text: &str| text.find(BEGIN).map(|at| text[at..].to_owned());
    let ca = std::fs::read_to_string(pki.join("ca.pem")).ok()?;
    let own = std::fs::read_to_string(pki.join("trueup.pem")).ok();
    Some(Tls {
        ca: certificates(&ca)?,
        client: own.and_then(|own| {
            Some(Client {
                certificate: certificates(&own)?,
                key: Secret::new(own),
            })
        }),
        unverified: false,
    })
}

/// The password that `apply` made and kept; without one the server says what it thinks of that.
fn login(user: &str, passwords: &Path) -> Login {
    Login {
        user: user.to_owned(),
        password: password(user, passwords),
        database: "postgres".to_owned(),
    }
}

fn password(user: &str, passwords: &Path) -> Option<Secret> {
    let kept = std::fs::read_to_string(passwords.join(user)).ok()?;
    kept.split_whitespace().next().map(Secret::new)
}
