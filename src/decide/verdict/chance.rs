//! What must hold of every verdict, tried over states by chance of two to five hosts.

use super::{Asked, Topology, dcs, etcd, verdict, zookeeper};
use crate::decide::{Found, Made, Memory, Recovery, SystemIdentifier};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 5] = ["pg-a", "pg-b", "pg-c", "pg-d", "pg-e"];

/// The first two to five of the names, in their order.
fn names() -> impl Strategy<Value = Vec<String>> {
    (2..=5_usize).prop_map(|count| NAMES[..count].iter().map(ToString::to_string).collect())
}

/// What is said by all of them, but for who is silent.
fn by_name<T: Clone>(names: &[String], says: Vec<Option<T>>) -> BTreeMap<String, T> {
    let said = names.iter().cloned().zip(says);
    said.filter_map(|(name, says)| Some((name, says?)))
        .collect()
}

fn identifier() -> impl Strategy<Value = Option<SystemIdentifier>> {
    let ids = vec![None, Some(7), Some(7), Some(7), Some(8)];
    prop::sample::select(ids).prop_map(|id| id.map(SystemIdentifier))
}

fn found() -> impl Strategy<Value = Option<Found>> {
    let recovery = prop::sample::select(vec![Recovery::Yes, Recovery::No, Recovery::Unknown]);
    let place = prop::sample::select(vec!["", "", "", "", "", "", "/srv/other"]);
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.1),
    );
    let found = (identifier(), place, flags, recovery).prop_map(
        |(id, elsewhere, (holds, standby, running, debian), recovery)| {
            let running = holds && running;
            Found {
                holds,
                elsewhere: elsewhere.to_owned(),
                debian,
                id: id.filter(|_| holds),
                standby: holds && standby,
                running,
                recovery: if running { recovery } else { Recovery::Unknown },
            }
        },
    );
    prop::option::weighted(0.9, found)
}

fn asked() -> impl Strategy<Value = Asked> {
    let says = prop::collection::vec(found(), 5);
    let topology = prop::sample::select(vec![Topology::Pgpool, Topology::Patroni]);
    let primary = prop::sample::select(&NAMES[..2]);
    (names(), says, topology, primary, identifier(), identifier()).prop_map(
        |(nodes, says, topology, primary, made, declared)| Asked {
            says: by_name(&nodes, says),
            topology,
            nodes,
            primary: primary.to_owned(),
            addresses: BTreeMap::new(),
            made,
            declared,
            inventory: "hosts.yml".to_owned(),
        },
    )
}

fn dcs_asked() -> impl Strategy<Value = dcs::Asked> {
    let knows = (
        prop::sample::select(vec![None, None, Some(""), Some("7"), Some("8")]),
        prop::sample::select(vec!["", "", "pg-a", "pg-e"]),
        prop::sample::subsequence(&NAMES[..], 0..=5),
    )
        .prop_map(|(initialize, leader, members)| Memory {
            initialize: initialize.map(|id| id.to_owned().try_into().unwrap()),
            leader: leader.to_owned(),
            members: members.iter().map(ToString::to_string).collect(),
            ..Memory::default()
        });
    let first = prop::option::of(prop::sample::select(&NAMES[..2]));
    let says = prop::collection::vec(found(), 5);
    (names(), says, knows, any::<bool>(), first).prop_map(|(nodes, says, knows, heal, first)| {
        dcs::Asked {
            store: dcs::Store::Etcd,
            place: "/service/main".to_owned(),
            knows,
            says: by_name(&nodes, says),
            nodes,
            retired: vec!["pg-e".to_owned()],
            primary: "pg-a".to_owned(),
            heal,
            first: first.map(str::to_owned),
        }
    })
}

fn etcd_asked() -> impl Strategy<Value = etcd::Asked> {
    let members = prop::sample::select(vec!["", "pg-a pg-b pg-c", "pg-a pg-b pg-c pg-d pg-e"]);
    let member = (any::<bool>(), any::<bool>(), any::<bool>());
    let says = prop::collection::vec(prop::option::weighted(0.8, member), 5);
    (names(), says, members).prop_map(|(hosts, says, members)| {
        let member = |(holds, formed, tells): (bool, bool, bool)| etcd::Member {
            holds,
            formed,
            members: if tells { members } else { "" }.to_owned(),
        };
        let says = says.into_iter().map(|says| says.map(member)).collect();
        etcd::Asked {
            says: by_name(&hosts, says),
            hosts,
            addresses: BTreeMap::new(),
            data: "/var/lib/etcd/main".to_owned(),
        }
    })
}

fn zookeeper_asked() -> impl Strategy<Value = zookeeper::Asked> {
    let configured = prop::sample::subsequence(vec!["1", "2", "3", "4", "5"], 2..=5);
    let leader = prop::sample::select(vec!["", "1 10.0.0.1", "5 10.0.0.5"]);
    let member = (any::<bool>(), configured, leader);
    let says = prop::collection::vec(prop::option::weighted(0.8, member), 5);
    (names(), says).prop_map(|(hosts, says)| {
        let line = |id: &str| format!("{id}=10.0.0.{id}:2888:3888");
        let hosts: Vec<(String, String)> = hosts
            .into_iter()
            .zip(1..)
            .map(|(host, id)| (host, id.to_string()))
            .collect();
        let says = hosts.iter().zip(says).filter_map(|((host, id), says)| {
            let (holds, configured, leader) = says?;
            let members: Vec<String> = configured.into_iter().map(line).collect();
            let member = zookeeper::Member {
                id: id.clone(),
                leader: leader.to_owned(),
                holds,
                members: members.join(" "),
            };
            Some((host.clone(), member))
        });
        zookeeper::Asked {
            says: says.collect(),
            members: hosts.iter().map(|(_, id)| line(id)).collect(),
            addresses: (1..=4)
                .map(|id| (format!("host-{id}"), format!("10.0.0.{id}")))
                .collect(),
            hosts,
            data: "/var/lib/zookeeper/data".to_owned(),
        }
    })
}

/// What a verdict is, whatever the order of the names in it.
fn words_in_it<T: serde::Serialize>(told: &T) -> BTreeSet<String> {
    let text = serde_json::to_string(told).unwrap();
    let words = text.split(['"', '[', ']', ',']);
    words.map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_is_built_over_what_is_not_this_cluster_s(asked in asked()) {
        let Ok(fits) = verdict(&asked) else { return Ok(()) };
        for found in asked.says.values() {
            prop_assert!(found.elsewhere.is_empty());
            prop_assert!(!found.holds || found.id.is_some() && found.id == fits.identifier);
        }
        let known = [asked.made, asked.declared];
        prop_assert!(fits.identifier.is_none() || known.contains(&fits.identifier));
        prop_assert_eq!(fits.identifier.is_none(), fits.holders.is_empty());
        let all_said = asked.nodes.iter().all(|node| asked.says.contains_key(node));
        prop_assert!(all_said || !fits.holders.is_empty());
    }

    #[test]
    fn under_pgpool_nobody_leads_but_the_declared_primary(asked in asked()) {
        if asked.topology == Topology::Patroni || verdict(&asked).is_err() {
            return Ok(());
        }
        let own = &asked.says[&asked.primary];
        prop_assert!(!own.standby || own.leads());
        for (name, found) in &asked.says {
            prop_assert!(!found.leads() || *name == asked.primary);
            // A second one that is only stopped would be another primary.
            prop_assert!(*name == asked.primary || !found.holds || found.standby || found.running);
            prop_assert!(!found.holds || own.holds);
        }
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let mut turned = asked.clone();
        turned.nodes.reverse();
        match (verdict(&asked), verdict(&turned)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(words_in_it(&one), words_in_it(&other)),
            (Err(one), Err(other)) => prop_assert_eq!(words_in_it(&one.why), words_in_it(&other.why)),
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }

    #[test]
    fn only_what_is_nobody_s_is_forgotten(asked in dcs_asked()) {
        let Ok(start) = dcs::verdict(&asked) else { return Ok(()) };
        if start.todo == dcs::Todo::Forget {
            prop_assert!(asked.heal);
            let Some(Made::Cluster(known)) = asked.knows.initialize else { return Ok(()) };
            prop_assert!(asked.nodes.iter().all(|node| asked.says.contains_key(node)));
            prop_assert!(asked.says.values().all(|found| found.id != Some(known)));
            prop_assert!(asked.knows.leader.is_empty());
        }
    }

    #[test]
    fn where_nothing_is_known_nobody_leads_without_a_word(asked in dcs_asked()) {
        let Ok(start) = dcs::verdict(&asked) else { return Ok(()) };
        let known = start.todo == dcs::Todo::GoOn && asked.knows.initialize.is_some();
        let held = asked.says.values().any(|found| found.holds);
        let leads = asked.says.values().any(Found::leads);
        if known {
            prop_assert_eq!(start.first, "");
        } else if !held {
            prop_assert_eq!(start.first, asked.primary);
        } else if !leads {
            prop_assert!(asked.nodes.iter().all(|node| asked.says.contains_key(node)));
            prop_assert!(asked.says[&start.first].holds);
            prop_assert_eq!(Some(start.first), asked.first);
        }
    }

    #[test]
    fn the_order_of_the_nodes_starts_nobody_else(asked in dcs_asked()) {
        let mut turned = asked.clone();
        turned.nodes.reverse();
        match (dcs::verdict(&asked), dcs::verdict(&turned)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            // Whose data is told first of those that differ is no decision.
            (Err(one), Err(other)) => prop_assert_eq!(
                std::mem::discriminant(&one.why),
                std::mem::discriminant(&other.why)
            ),
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }

    #[test]
    fn etcd_is_founded_by_all_or_kept_by_a_majority(asked in etcd_asked()) {
        let Ok(quorum) = etcd::verdict(&asked) else { return Ok(()) };
        if quorum.formed {
            let listed = asked.says.values().find(|says| !says.members.is_empty());
            let members = listed.map_or(asked.hosts.len(), |says| says.members.split(' ').count());
            prop_assert!(quorum.keepers.len() * 2 > members);
        } else {
            prop_assert!(asked.hosts.iter().all(|host| asked.says.contains_key(host)));
            prop_assert!(asked.hosts.len() != 2);
        }
        prop_assert!(quorum.keepers.iter().all(|host| asked.says[host].holds));
    }

    #[test]
    fn an_ensemble_begins_anew_only_where_nobody_holds_anything(asked in zookeeper_asked()) {
        let Ok(ensemble) = zookeeper::verdict(&asked) else { return Ok(()) };
        let holders = asked.says.values().filter(|says| says.holds).count();
        if ensemble.begins == zookeeper::Begins::New {
            prop_assert_eq!(holders, 0);
            prop_assert_eq!(asked.says.len(), asked.hosts.len());
        } else {
            prop_assert!(holders > 0);
        }
    }

    #[test]
    fn the_order_of_the_members_decides_nothing(asked in zookeeper_asked()) {
        let mut turned = asked.clone();
        turned.hosts.reverse();
        match (zookeeper::verdict(&asked), zookeeper::verdict(&turned)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert_eq!(words_in_it(&one.why), words_in_it(&other.why)),
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }
}
