//! What must hold of every way home under Patroni, tried over states by chance of two to five nodes.

use super::{Asked, Home, Judged, ways_home};
use crate::decide::chance::{NAMES, nodes};
use crate::decide::home::{Goal, Policy, Request, Way};
use crate::decide::{
    Beyond, Member, Memory, Node, Server, Services, Standby, SystemIdentifier, fork, leader,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn services() -> impl Strategy<Value = Services> {
    let works = vec!["", "", "pg_rewind", "pg_basebackup", "postgres --single"];
    (
        prop::bool::weighted(0.9),
        any::<bool>(),
        prop::sample::select(works),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(unit, runs, works, lacks, waits)| Services {
            unit,
            patroni: if runs { "active" } else { "inactive" }.to_owned(),
            store: "active".to_owned(),
            works: works.to_owned(),
            lacks,
            waits: if waits { "it waits" } else { "" }.to_owned(),
        })
}

fn memory() -> impl Strategy<Value = Memory> {
    let leader = prop::sample::select(vec!["", "pg-a", "pg-b", "pg-b", "pg-c"]);
    let creates = prop::sample::subsequence(NAMES.to_vec(), 0..2);
    (leader, any::<bool>(), creates).prop_map(|(leader, paused, creates)| {
        let creating = Member {
            state: Some("creating replica".to_owned()),
            ..Member::default()
        };
        let creates = creates
            .into_iter()
            .map(|name| (name.to_owned(), creating.clone()));
        Memory {
            leader: leader.to_owned(),
            paused,
            nodes: creates.collect(),
            ..Memory::default()
        }
    })
}

/// What is said of one node besides what it says itself.
fn beside() -> impl Strategy<Value = (Services, Option<Judged>, Option<Beyond>, [bool; 2])> {
    let judged = (prop::bool::weighted(0.2), any::<bool>()).prop_map(|(half, safe)| Judged {
        half,
        safe: if safe { "yes" } else { "no" }.to_owned(),
        reason: "because".to_owned(),
    });
    let beyond = (0..3_u64, any::<bool>()).prop_map(|(count, complete)| Beyond {
        count,
        committed: count / 2,
        complete,
        ..Beyond::default()
    });
    (
        services(),
        prop::option::weighted(0.8, judged),
        prop::option::weighted(0.9, beyond),
        [prop::bool::weighted(0.2), prop::bool::weighted(0.2)],
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    let memory = prop::option::weighted(0.95, memory());
    let policy = (any::<bool>(), any::<bool>(), any::<bool>());
    let goal = prop::sample::select(vec![Goal::Replica, Goal::Primary]);
    let all = (
        nodes(),
        memory,
        prop::collection::vec(beside(), 5),
        policy,
        goal,
    );
    all.prop_map(|((nodes, mut says), memory, beside, policy, goal)| {
        let (mut services, mut judged, mut beyond) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut seen = BTreeMap::new();
        for (name, (does, judges, lists, [streams, recovers])) in nodes.iter().zip(beside) {
            let Some(node) = says.get_mut(name) else {
                continue;
            };
            // A server that recovers from its crash runs, and does not answer.
            node.running = node.says.is_some() || node.holds && recovers;
            if node.running && node.says.is_none() {
                node.end = None;
            }
            if streams {
                seen.insert(name.clone(), streaming());
            }
            services.insert(name.clone(), does);
            judged.extend(judges.map(|judges| (name.clone(), judges)));
            beyond.extend(lists.map(|lists| (name.clone(), lists)));
        }
        for node in says.values_mut() {
            if let Some(server) = &mut node.says {
                server.standbys.clone_from(&seen);
            }
        }
        let mut asked = Asked {
            request: Request {
                node: NAMES[0].to_owned(),
                goal,
                nodes: nodes.clone(),
                first: NAMES[0].to_owned(),
                says,
                made: Some(SystemIdentifier(7)),
                declared: None,
                policy: Policy {
                    keep_diverged_data: policy.0,
                    accept_loss: policy.1,
                },
                inventory: "hosts.yml".to_owned(),
            },
            coming: match goal {
                Goal::Primary => nodes,
                Goal::Replica => vec![NAMES[0].to_owned()],
            },
            services,
            memory,
            forks: BTreeMap::new(),
            beyond,
            judged,
            archive: policy.2,
            ttl: 30,
            store: "etcd".to_owned(),
        };
        find_forks(&mut asked);
        asked
    })
}

fn streaming() -> Standby {
    Standby {
        state: "streaming".to_owned(),
        ..Standby::default()
    }
}

fn find_forks(asked: &mut Asked) {
    let Request { nodes, says, .. } = &asked.request;
    asked.forks.clear();
    let Some(leads) = leader(nodes, says, asked.memory.as_ref()) else {
        return;
    };
    for (name, node) in says {
        let forked = fork(node, &says[leads]);
        asked.forks.extend(forked.map(|fork| (name.clone(), fork)));
    }
}

/// The hosts once the node came home by this way; `cut`: the run ended when the old data was moved aside.
fn carried_out(asked: &Asked, name: &str, leads: &str, home: &Home, cut: bool) -> Asked {
    let mut after = asked.clone();
    let theirs = after.request.says[leads].clone();
    let node = after.request.says.get_mut(name).unwrap();
    let does = after.services.get_mut(name).unwrap();
    does.lacks = false;
    does.works.clear();
    does.waits.clear();
    if cut && home.way.replaces() {
        // Patroni was stopped before.
        does.patroni = "inactive".to_owned();
        node.holds = false;
        node.present = false;
        node.running = false;
        node.id = None;
        node.says = None;
        node.end = None;
    } else {
        does.patroni = "active".to_owned();
        *node = Node {
            standby: true,
            says: theirs.says.clone().map(|says| Server {
                recovery: "yes".to_owned(),
                ..says
            }),
            ..theirs
        };
        let primary = after.request.says.get_mut(leads).unwrap();
        let standbys = &mut primary.says.as_mut().unwrap().standbys;
        standbys.insert(name.to_owned(), streaming());
    }
    after.judged.remove(name);
    find_forks(&mut after);
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_that_may_have_been_acknowledged_is_dropped_unasked(asked in asked()) {
        let Ok(homes) = ways_home(&asked) else { return Ok(()) };
        for (name, home) in &homes.nodes {
            if !home.way.replaces() || asked.request.policy.accept_loss {
                continue;
            }
            if !asked.forks.contains_key(name) {
                let (mine, theirs) = (&asked.request.says[name], &asked.request.says[&homes.leader]);
                let alike = mine.holds && mine.id == theirs.id && mine.timeline == theirs.timeline;
                prop_assert!(!alike || mine.end() <= theirs.end(), "{name} {home:?}");
                continue;
            }
            let nothing = asked.beyond.get(name).is_some_and(|it| it.complete && it.committed == 0);
            let safe = asked.judged.get(name).is_some_and(|it| it.safe == "yes");
            prop_assert!(nothing || safe, "{name} {home:?}");
        }
    }

    #[test]
    fn a_log_that_goes_on_is_never_taken_as_it_is(asked in asked()) {
        let Ok(homes) = ways_home(&asked) else { return Ok(()) };
        for (name, home) in &homes.nodes {
            if asked.forks.contains_key(name) && home.way == Way::Follow {
                let leads = asked.request.says[&homes.leader].says.as_ref();
                let streams = leads.is_some_and(|says| says.standbys.contains_key(name));
                // Patroni rewinds it; its pg_rewind keeps what is beyond, or waits for a person.
                let does = &asked.services[name];
                let safe = asked.judged.get(name).is_some_and(|it| it.safe == "yes");
                let rewinds = does.runs() && (!does.works.is_empty() || safe);
                prop_assert!(streams || rewinds, "{name} {does:?}");
            }
        }
    }

    #[test]
    fn what_lies_there_is_moved_aside_before_anything_replaces_it(asked in asked()) {
        let Ok(homes) = ways_home(&asked) else { return Ok(()) };
        for (name, home) in &homes.nodes {
            prop_assert_eq!(home.way.replaces(), !home.aside.is_empty());
            if home.way.replaces() && asked.request.says[name].present {
                let said = homes.lines.iter().any(|line| {
                    line.starts_with("moved aside: ") && line.contains(&home.aside)
                });
                prop_assert!(said, "{homes:?}");
            }
        }
    }

    #[test]
    fn one_leads(asked in asked()) {
        let Ok(homes) = ways_home(&asked) else { return Ok(()) };
        prop_assert!(asked.request.says[&homes.leader].leads());
        let named = asked.memory.as_ref().map_or("", |memory| &memory.leader);
        prop_assert!(named.is_empty() || named == homes.leader);
        for (name, home) in &homes.nodes {
            prop_assert_eq!(home.way == Way::Lead, *name == homes.leader);
        }
        if asked.request.goal == Goal::Replica {
            prop_assert!(homes.leader != asked.request.node);
        }
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let mut turned = asked.clone();
        turned.request.nodes.reverse();
        turned.coming.reverse();
        let ways = |asked: &Asked| ways_home(asked).map(|homes| (homes.leader, homes.nodes));
        match (ways(&asked), ways(&turned)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            // Of several reasons the first is told.
            (Err(_), Err(_)) => {}
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }

    #[test]
    fn a_run_that_was_cut_off_is_gone_on_with_and_ends_at_the_same_place(asked in asked()) {
        let name = &asked.request.node;
        let Ok(homes) = ways_home(&asked) else { return Ok(()) };
        let home = &homes.nodes[name];
        // A host is built by another playbook.
        if matches!(home.way, Way::Lead | Way::Build) {
            return Ok(());
        }
        let mut half = carried_out(&asked, name, &homes.leader, home, true);
        half.coming = vec![name.clone()];
        let again = ways_home(&half).map_err(|refused| refused.words);
        let next = again.map(|next| next.nodes[name].clone());
        let expected = if home.way.replaces() { Way::Copy } else { Way::Nothing };
        prop_assert_eq!(next.as_ref().map(|next| next.way), Ok(expected), "{:?} {:?}", home, next);
        let whole = carried_out(&half, name, &homes.leader, &next.unwrap(), false);
        let done = ways_home(&whole).map(|homes| homes.nodes[name].way);
        prop_assert_eq!(done.map_err(|refused| refused.words), Ok(Way::Nothing));
    }
}
