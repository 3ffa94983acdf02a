//! What must hold of every promotion under Patroni, tried over states by chance of two to five nodes.

use super::{Asked, Refusal, place, promotion};
use crate::decide::chance::nodes;
use crate::decide::{Memory, Node, Services};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["pg-a", "pg-b", "pg-c"]).prop_map(str::to_owned)
}

fn memory() -> impl Strategy<Value = Memory> {
    (
        prop::option::weighted(0.1, name()),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.8),
        prop::option::weighted(0.8, name()),
        prop::collection::vec(name(), 0..3),
    )
        .prop_map(
            |(leader, paused, synchronous_mode, sync_leader, sync)| Memory {
                leader: leader.unwrap_or_default(),
                paused,
                synchronous_mode,
                sync_leader,
                sync,
                ..Memory::default()
            },
        )
}

fn asked() -> impl Strategy<Value = Asked> {
    let memory = prop::option::weighted(0.95, memory());
    let runs = prop::collection::vec(prop::bool::weighted(0.8), 5);
    let to = prop::option::weighted(0.4, name());
    (nodes(), memory, runs, to, any::<bool>()).prop_map(
        |((nodes, mut says), memory, runs, to, accept_loss)| {
            for node in says.values_mut() {
                // Mostly nobody leads, else there is nothing to decide.
                node.running = node.says.is_some();
                if let Some(server) = &mut node.says
                    && server.names.is_empty()
                {
                    server.recovery = "yes".to_owned();
                }
            }
            let services = says
                .keys()
                .cloned()
                .zip(runs.into_iter().map(|runs| Services {
                    unit: true,
                    patroni: if runs { "active" } else { "inactive" }.to_owned(),
                    store: "active".to_owned(),
                    works: String::new(),
                    lacks: false,
                    waits: String::new(),
                }));
            Asked {
                services: services.collect(),
                nodes,
                says,
                memory,
                to,
                accept_loss,
                ttl: 30,
                store: "etcd".to_owned(),
                inventory: "hosts.yml".to_owned(),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_that_may_have_been_acknowledged_is_dropped_unasked(asked in asked()) {
        let Ok(promoted) = promotion(&asked) else { return Ok(()) };
        let memory = asked.memory.as_ref().unwrap();
        if asked.accept_loss || memory.safe().contains(&promoted.to.as_str()) {
            return Ok(());
        }
        prop_assert!(!memory.synchronous_mode);
        let mine = &asked.says[&promoted.to];
        for name in &asked.nodes {
            // Whose log nobody sees may have been the leader's.
            let other = asked.says.get(name);
            prop_assert!(other.is_some_and(|other| other.holds && other.id == mine.id && place(other) <= place(mine)));
        }
    }

    #[test]
    fn nobody_is_promoted_beside_a_leader(asked in asked()) {
        let Ok(promoted) = promotion(&asked) else { return Ok(()) };
        prop_assert!(asked.memory.as_ref().is_some_and(|memory| memory.leader.is_empty()));
        // Two that take writes, and none that Patroni names, are none that leads.
        let leading = asked.says.values().filter(|node| node.leads()).count();
        prop_assert!(leading != 1);
        prop_assert!(asked.nodes.contains(&promoted.to) && asked.says[&promoted.to].running);
    }

    #[test]
    fn who_lost_nothing_is_promoted_before_all_others(asked in asked()) {
        if asked.to.is_some() {
            return Ok(());
        }
        let Ok(promoted) = promotion(&asked) else { return Ok(()) };
        let safe = asked.memory.as_ref().unwrap().safe();
        let ready = safe.iter().any(|name| asked.nodes.iter().any(|node| node == name) && asked.is_ready(name));
        prop_assert_eq!(ready, safe.contains(&promoted.to.as_str()));
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let places = asked.says.values().map(place);
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        places.dedup();
        // Which of two equals is promoted is not to be decided.
        prop_assume!(places.len() == asked.says.len());
        let mut turned = asked.clone();
        turned.nodes.reverse();
        let one = promotion(&asked).map(|promoted| promoted.to).map_err(|refused| refused.why);
        let other = promotion(&turned).map(|promoted| promoted.to).map_err(|refused| refused.why);
        match (one, other) {
            (Err(Refusal::Nobody(_)), Err(Refusal::Nobody(_)))
            | (Err(Refusal::MayLack(_)), Err(Refusal::MayLack(_))) => {}
            (one, other) => prop_assert_eq!(one, other),
        }
    }
}

#[test]
fn a_place_is_counted_by_its_timeline_first() {
    let node = |timeline, at: &str| {
        Node {
        timeline: crate::decide::Timeline(timeline),
        end: at.parse().ok(),
        ..serde_json::from_str(
            r#"{"data": "", "holds": true, "checksums": true, "standby": true, "orphan": "", "present": true,
                "bytes": 1, "free": 1, "mounted": false, "tablespaces": 0, "timeline": 1, "history": "",
                "oldest": "", "names": "", "commit": "", "asides": "", "now": "", "says": null}"#,
        )
        .unwrap()
    }
    };
    assert!(place(&node(2, "0/1")) > place(&node(1, "0/2")));
    assert!(place(&node(2, "1/0")) > place(&node(2, "0/FFFFFFFF")));
}
