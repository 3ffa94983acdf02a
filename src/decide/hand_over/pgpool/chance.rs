//! What must hold of every planned change of the primary, tried over states by chance of two to five
//! nodes.

use super::{Asked, HandOver, Restore, Role, hand_over};
use crate::decide::chance::{NAMES, node};
use crate::decide::home::pgpool::source;
use crate::decide::{Lsn, Pool, Standby};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn standby() -> impl Strategy<Value = Standby> {
    let state = prop::sample::select(vec!["streaming", "streaming", "catchup"]);
    (state, prop::option::of(0..80_u64)).prop_map(|(state, at)| Standby {
        state: state.to_owned(),
        sync: "async".to_owned(),
        at: at.map(|part| Lsn(part << 20)),
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let standbys =
        prop::collection::btree_map(prop::sample::select(NAMES.to_vec()), standby(), 0..5);
    let node = (node(), standbys).prop_map(|(node, standbys)| {
        let mut node = node?;
        if let Some(server) = &mut node.says {
            let named = standbys
                .into_iter()
                .map(|(name, one)| (name.to_owned(), one));
            server.standbys = named.collect();
        }
        Some(node)
    });
    let nodes = prop::collection::vec(node, 2..=5);
    let to = prop::option::weighted(0.95, prop::sample::select(NAMES.to_vec()));
    let after = prop::sample::select(vec![None, Some(Restore::Planned), Some(Restore::Done)]);
    let delay = prop::option::of(Just("1h".to_owned()));
    (nodes, to, after, delay, prop::bool::weighted(0.95)).prop_map(
        |(nodes, to, after, delay, pool)| {
            let names: Vec<String> = NAMES[..nodes.len()]
                .iter()
                .map(ToString::to_string)
                .collect();
            let role = |(at, name): (usize, &String)| {
                let role = match at {
                    0 => Role::Primary,
                    1 => Role::Synchronous,
                    _ => Role::Asynchronous,
                };
                (name.clone(), role)
            };
            let roles: BTreeMap<String, Role> = names.iter().enumerate().map(role).collect();
            let says = names.iter().cloned().zip(nodes);
            Asked {
                to: to.map(str::to_owned),
                roles,
                delay,
                says: says
                    .filter_map(|(name, node)| Some((name, node?)))
                    .collect(),
                nodes: names,
                pool_host: "pool".to_owned(),
                pool: pool.then(Pool::default),
                after,
                inventory: "hosts.yml".to_owned(),
            }
        },
    )
}

fn leads(asked: &Asked) -> Option<&str> {
    source("", &asked.nodes, &asked.says).map(String::as_str)
}

/// The hosts once this was carried out.
fn carried_out(asked: &Asked, turn: &HandOver) -> Asked {
    let mut after = asked.clone();
    let to = asked.to.clone().unwrap();
    for (name, recovers) in [(&turn.from, "yes"), (&to, "no")] {
        let server = after.says.get_mut(name).unwrap().says.as_mut();
        recovers.clone_into(&mut server.unwrap().recovery);
    }
    let timeline = after.says[&turn.from].timeline.0 + 1;
    after.says.get_mut(&to).unwrap().timeline.0 = timeline;
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn only_who_streams_from_the_newest_primary_takes_its_place(asked in asked()) {
        let Ok(turn) = hand_over(&asked) else { return Ok(()) };
        let to = asked.to.as_deref().unwrap();
        prop_assert_eq!(Some(turn.from.as_str()), leads(&asked));
        prop_assert_eq!(turn.done, turn.from == to);
        if !turn.done && asked.after != Some(Restore::Planned) {
            let server = asked.says[&turn.from].says.as_ref().unwrap();
            prop_assert_eq!(server.standbys[to].state.as_str(), "streaming");
            let late = asked.delay.is_some() && asked.roles[to] == Role::Asynchronous;
            prop_assert!(!late, "{turn:?}");
        }
    }

    #[test]
    fn clients_are_never_held_without_the_pgpool_host(asked in asked()) {
        if hand_over(&asked).is_ok() {
            prop_assert!(asked.pool.is_some());
        }
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let mut turned = asked.clone();
        turned.nodes.reverse();
        // Which of two primaries of one timeline counts is not to be decided.
        prop_assume!(leads(&asked) == leads(&turned));
        let told = |asked: &Asked| match hand_over(asked) {
            Ok(turn) => Ok((turn.from, turn.done)),
            // The kinds: the silent are named in the inventory's order.
            Err(refused) => Err(std::mem::discriminant(&refused.why)),
        };
        prop_assert_eq!(told(&asked), told(&turned));
    }

    #[test]
    fn once_done_it_is_done(asked in asked()) {
        let Ok(turn) = hand_over(&asked) else { return Ok(()) };
        let to = asked.to.as_ref().unwrap();
        if turn.done || asked.says[to].says.is_none() {
            return Ok(());
        }
        let again = hand_over(&carried_out(&asked, &turn));
        prop_assert!(again.is_ok_and(|again| again.done), "{turn:?}");
    }
}
