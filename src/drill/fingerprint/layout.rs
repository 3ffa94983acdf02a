//! Who is what, and what the proxies know of it. Pure.

use crate::cluster::spec::{ClusterSpec, Role, Topology};
use crate::cluster::status::{ClusterStatus, Node, Postgres, Proxy, Seen};
use crate::decide::is_waited_for;
use std::collections::BTreeMap;

/// Where Patroni chooses the synchronous standby, who it is may differ; how many there are may not.
pub(super) fn facts(spec: &ClusterSpec, status: &ClusterStatus) -> BTreeMap<String, String> {
    let chosen = matches!(spec.topology, Topology::Patroni(_));
    let mut facts = BTreeMap::new();
    let mut add = |name: String, value: String| {
        facts.insert(name, value);
    };
    let primaries: Vec<(&Node, &Postgres)> = status.primaries().collect();
    for node in &status.nodes {
        add(format!("role of {}", node.name), role(node, &primaries));
        let Some(says) = node.seen.answer() else {
            continue;
        };
        // Patroni keeps slots on standbys too, and takes its time about it.
        if !says.in_recovery || !chosen {
            let slots = says.slots.iter().map(|slot| {
                let active = if slot.active { "active" } else { "inactive" };
                format!("{} {active}", slot.name)
            });
            add(format!("slots of {}", node.name), listed(slots));
        }
        add(
            format!("system identifier of {}", node.name),
            says.system_identifier.clone(),
        );
    }
    for (node, says) in &primaries {
        let synchronous = says.standbys.iter();
        let synchronous = synchronous.filter(|standby| is_waited_for(&standby.sync_state));
        add(
            format!("synchronous standbys of {}", node.name),
            synchronous.count().to_string(),
        );
    }
    for pool in status.pools() {
        for backend in pool.seen.answer().iter().flat_map(|pool| &pool.backends) {
            let attached = if backend.attached() {
                "attached"
            } else {
                "detached"
            };
            add(
                format!("pool node {} of {}", backend.hostname, pool.name),
                format!("{attached}, {}", backend.role),
            );
        }
        if let Some(why) = silence(&pool.seen) {
            add(format!("pool {}", pool.name), why);
        }
    }
    for proxy in status.patroni().iter().flat_map(|around| &around.proxies) {
        let (writes, reads) = match proxy.seen.answer() {
            Some(says) => (
                listed(Proxy::up(&says.writes)),
                listed(Proxy::up(&says.reads)),
            ),
            None => (silence(&proxy.seen).unwrap_or_default(), String::new()),
        };
        add(format!("writes through {} go to", proxy.name), writes);
        add(format!("reads through {} go to", proxy.name), reads);
    }
    facts
}

fn role(node: &Node, primaries: &[(&Node, &Postgres)]) -> String {
    let Some(says) = node.seen.answer() else {
        return silence(&node.seen).unwrap_or_default();
    };
    if !says.in_recovery {
        return "primary".to_owned();
    }
    let known = primaries.iter().find_map(|(primary, says)| {
        let mut standbys = says.standbys.iter();
        let found = standbys.find(|standby| standby.application_name == node.name)?;
        Some((primary, found))
    });
    match known {
        None => "standby of nobody".to_owned(),
        Some((primary, standby)) => {
            let kind = match node.declared {
                Role::Replica => "replica",
                _ if is_waited_for(&standby.sync_state) => "synchronous standby",
                _ => "standby",
            };
            format!("{kind} of {}, {}", primary.name, standby.state)
        }
    }
}

fn silence<T>(seen: &Seen<T>) -> Option<String> {
    match seen {
        Seen::Up { .. } => None,
        Seen::Down { why } | Seen::Refused { why } | Seen::Unreachable { why } => {
            Some(format!("silent: {why}"))
        }
    }
}

fn listed<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let mut words: Vec<String> = words
        .into_iter()
        .map(|word| word.as_ref().to_owned())
        .collect();
    words.sort_unstable();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::{EntrySpec, Login, PgpoolSpec, Policy};
    use crate::cluster::status::{Asked, Backend, Pgpool, Slot, Standby, TopologyStatus, VERSION};

    fn up<T>(answer: T) -> Seen<T> {
        Seen::Up {
            answer: Box::new(answer),
        }
    }

    #[test]
    fn roles_slots_and_pool_nodes_are_told_in_words() {
        let standby = |name: &str, sync: &str| Standby {
            application_name: name.into(),
            state: "streaming".into(),
            sync_state: sync.into(),
            ..Standby::default()
        };
        let node = |name: &str, declared, seen| Node {
            name: name.into(),
            declared,
            listens: Some(true),
            seen,
        };
        let a = Postgres {
            system_identifier: "73".into(),
            standbys: vec![standby("b", "sync"), standby("c", "async")],
            slots: vec![Slot {
                name: "b".into(),
                active: true,
                ..Slot::default()
            }],
            ..Postgres::default()
        };
        let b = Postgres {
            in_recovery: true,
            system_identifier: "73".into(),
            ..Postgres::default()
        };
        let gone = Seen::Unreachable {
            why: "no answer".into(),
        };
        let backend = |name: &str, status: &str, role: &str| Backend {
            id: 0,
            hostname: name.into(),
            port: 5432,
            status: status.into(),
            role: role.into(),
        };
        let status = ClusterStatus {
            version: VERSION,
            nodes: vec![
                node("a", Role::Primary, up(a)),
                node("b", Role::Synchronous, up(b)),
                node("c", Role::Asynchronous, gone),
            ],
            topology: TopologyStatus::Pgpool {
                pools: vec![Asked {
                    name: "p".into(),
                    seen: up(Pgpool {
                        backends: vec![
                            backend("a", "up", "primary"),
                            backend("b", "waiting", "standby"),
                            backend("c", "down", "standby"),
                        ],
                    }),
                }],
            },
        };
        let login = Login {
            user: "app".into(),
            password: None,
            database: "app".into(),
        };
        let spec = ClusterSpec {
            nodes: vec![],
            login: login.clone(),
            tls: None,
            topology: Topology::Pgpool(PgpoolSpec {
                pools: vec![],
                login: login.clone(),
                policy: Policy::Degrade,
            }),
            entry: EntrySpec {
                writes: vec![],
                reads: vec![],
                login,
            },
            arguments: String::new(),
        };
        let facts: Vec<String> = facts(&spec, &status)
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        insta::assert_snapshot!(facts.join("\n"), @r"
        pool node a of p: attached, primary
        pool node b of p: attached, standby
        pool node c of p: detached, standby
        role of a: primary
        role of b: synchronous standby of a, streaming
        role of c: silent: no answer
        slots of a: b active
        slots of b: none
        synchronous standbys of a: 1
        system identifier of a: 73
        system identifier of b: 73
        ");
    }
}
