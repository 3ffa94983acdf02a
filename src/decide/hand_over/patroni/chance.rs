//! What must hold of every hand-over under Patroni, tried over states by chance of two to five nodes.

use super::{Asked, hand_over};
use crate::decide::chance::NAMES;
use crate::decide::{Member, Memory, Tags};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

fn memory() -> impl Strategy<Value = Memory> {
    let states = vec![
        "running",
        "streaming",
        "streaming",
        "stopped",
        "creating replica",
    ];
    let tag = prop::bool::weighted(0.2);
    let member =
        (prop::sample::select(states), tag, tag).prop_map(|(state, nofailover, nosync)| Member {
            state: Some(state.to_owned()),
            timeline: None,
            tags: Tags { nofailover, nosync },
        });
    (
        prop::option::weighted(0.9, name()),
        prop::bool::weighted(0.1),
        any::<bool>(),
        prop::collection::vec(name(), 0..3),
        prop::collection::btree_map(name(), member, 0..6),
    )
        .prop_map(|(leader, paused, synchronous_mode, sync, nodes)| Memory {
            leader: leader.unwrap_or_default(),
            paused,
            synchronous_mode,
            sync_leader: None,
            sync,
            nodes,
            ..Memory::default()
        })
}

fn asked() -> impl Strategy<Value = Asked> {
    let silent = prop::sample::subsequence(NAMES.to_vec(), 0..3);
    let to = prop::option::weighted(0.9, name());
    (
        2..=5_usize,
        silent,
        prop::option::weighted(0.95, memory()),
        to,
    )
        .prop_map(|(count, silent, memory, to)| Asked {
            nodes: NAMES[..count].iter().map(ToString::to_string).collect(),
            silent: silent.into_iter().map(str::to_owned).collect(),
            memory,
            to,
            inventory: "hosts.yml".to_owned(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_lead_goes_from_one_that_leads_to_one_that_follows_it(asked in asked()) {
        let Ok(handed) = hand_over(&asked) else { return Ok(()) };
        let (memory, to) = (asked.memory.as_ref().unwrap(), asked.to.as_ref().unwrap());
        prop_assert!(!handed.leader.is_empty() && handed.leader == memory.leader);
        prop_assert!(asked.nodes.contains(to));
        if *to != handed.leader {
            let member = &memory.nodes[to];
            let state = member.state.as_deref().unwrap();
            prop_assert!(["running", "streaming"].contains(&state) && !asked.silent.contains(to));
            prop_assert!(!memory.paused && !member.tags.nofailover);
            // Patroni hands over to none for whom commits do not wait.
            prop_assert!(!memory.synchronous_mode || memory.sync.contains(to) || !member.tags.nosync);
        }
    }

    #[test]
    fn who_is_named_in_place_of_another_can_take_the_lead(asked in asked()) {
        let Err(refused) = hand_over(&asked) else { return Ok(()) };
        let Some((_, named)) = refused.words.split_once("-e to=") else { return Ok(()) };
        if named != "NODE" && asked.nodes.iter().any(|node| node == named) {
            let memory = asked.memory.as_ref().unwrap();
            let Tags { nofailover, nosync } = memory.nodes.get(named).map_or_else(Tags::default, |it| it.tags);
            let waited = memory.sync.iter().any(|name| name == named);
            prop_assert!(named != memory.leader && !nofailover, "{}", refused.words);
            prop_assert!(waited || !nosync || !memory.synchronous_mode, "{}", refused.words);
        }
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let mut turned = asked.clone();
        turned.nodes.reverse();
        let one = hand_over(&asked).map_err(|refused| refused.why);
        prop_assert_eq!(one, hand_over(&turned).map_err(|refused| refused.why));
    }
}
