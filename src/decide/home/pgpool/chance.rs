//! What must hold of every way home, tried over states by chance of two to five nodes.

use super::{Asked, Goal, Home, Policy, Request, Way, source, way_home};
use crate::decide::{
    Beyond, Fork, History, Lsn, Node, Pool, SegmentSize, Server, Standby, SystemIdentifier,
    Timeline, fork,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

pub(in crate::decide) const NAMES: [&str; 5] = ["pg-a", "pg-b", "pg-c", "pg-d", "pg-e"];

fn lsn() -> impl Strategy<Value = Lsn> {
    (0..40_u64).prop_map(|part| Lsn(part << 21))
}

/// A line of timelines: each is left somewhere behind the one before.
fn line() -> impl Strategy<Value = (Timeline, History, Lsn)> {
    prop::collection::vec(lsn(), 1..4).prop_map(|mut ends| {
        ends.sort_unstable();
        let end = ends.pop().unwrap_or_default();
        let told = |(at, end): (usize, &Lsn)| format!("{} {end}", at + 1);
        let legs: Vec<String> = ends.iter().enumerate().map(told).collect();
        let timeline = Timeline(u32::try_from(legs.len()).unwrap() + 1);
        (timeline, legs.join(",").try_into().unwrap(), end)
    })
}

fn server() -> impl Strategy<Value = Option<Server>> {
    let server = (
        any::<bool>(),
        prop::sample::select(vec!["", "\"pg-a\"", "\"pg-b\""]),
    )
        .prop_map(|(recovers, names)| Server {
            recovery: if recovers { "yes" } else { "no" }.to_owned(),
            at: None,
            names: names.to_owned(),
            commit: "on".to_owned(),
            size: 50_000_000,
            standbys: BTreeMap::new(),
            slots: BTreeMap::new(),
        });
    prop::option::weighted(0.6, server)
}

pub(in crate::decide) fn node() -> impl Strategy<Value = Option<Node>> {
    let names = prop::sample::select(vec!["", "\"pg-a\"", "\"pg-b\""]);
    let commit = prop::sample::select(vec!["on", "off", "local", "remote_apply"]);
    let data = (
        prop::bool::weighted(0.85),
        prop::bool::weighted(0.9),
        any::<bool>(),
        any::<bool>(),
    );
    let node = (line(), server(), names, commit, data, 0..20_u64).prop_map(
        |(
            (timeline, history, end),
            says,
            names,
            commit,
            (holds, ours, checksums, standby),
            oldest,
        )| {
            let says = says.filter(|_| holds);
            let runs = says.is_some();
            Node {
                data: "/srv/main".to_owned(),
                holds,
                id: holds.then_some(SystemIdentifier(if ours { 7 } else { 8 })),
                checksums,
                standby: says.as_ref().map_or(standby, Server::recovers),
                orphan: String::new(),
                present: holds,
                bytes: 40_000_000,
                free: 1_000_000_000,
                mounted: false,
                tablespaces: 0,
                timeline,
                history,
                segment: SegmentSize::from(1 << 20),
                oldest: format!("{oldest:016X}"),
                end: (!runs).then_some(end),
                names: names.to_owned(),
                commit: commit.to_owned(),
                asides: String::new(),
                restoring: String::new(),
                now: "NOW".to_owned(),
                says: says.map(|says| Server {
                    at: Some(end),
                    ..says
                }),
            }
        },
    );
    prop::option::weighted(0.9, node)
}

fn asked() -> impl Strategy<Value = Asked> {
    let nodes = prop::collection::vec(node(), 2..=5);
    let line = prop::collection::btree_map(2..4_u32, prop::sample::select(&NAMES[..3]), 0..3);
    let forced = prop::sample::select(vec!["", "2", "2 3"]);
    let beyond = (0..3_u64, any::<bool>());
    let policy = (any::<bool>(), any::<bool>(), any::<bool>());
    let goal = prop::sample::select(vec![Goal::Replica, Goal::Primary]);
    (nodes, line, forced, beyond, policy, goal).prop_map(
        |(nodes, line, forced, beyond, policy, goal)| {
            let names: Vec<String> = NAMES[..nodes.len()]
                .iter()
                .map(ToString::to_string)
                .collect();
            let says = names.iter().cloned().zip(nodes);
            let says = says
                .filter_map(|(name, node)| Some((name, node?)))
                .collect();
            let mut asked = Asked {
                request: Request {
                    node: NAMES[0].to_owned(),
                    goal,
                    nodes: names,
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
                pool_host: "pool".to_owned(),
                pool: Some(Pool {
                    record: "pg-b pg-c 2".to_owned(),
                    planned: String::new(),
                    line: line
                        .into_iter()
                        .map(|(at, name)| (Timeline(at), name.to_owned()))
                        .collect(),
                    forced: forced.to_owned(),
                }),
                fork: None,
                beyond: Beyond::nothing(),
                rewind_possible: policy.2,
            };
            asked.fork = forked(&asked);
            if asked.fork.is_some() {
                asked.beyond = Beyond {
                    count: beyond.0,
                    committed: beyond.0 / 2,
                    complete: beyond.1,
                    ..Beyond::default()
                };
            }
            asked
        },
    )
}

fn forked(asked: &Asked) -> Option<Fork> {
    let primary = source(
        &asked.request.node,
        &asked.request.nodes,
        &asked.request.says,
    )?;
    fork(
        asked.request.says.get(&asked.request.node)?,
        asked.request.says.get(primary)?,
    )
}

/// The hosts once the node came home by this way; `cut`: the run ended when the old data was moved aside.
fn carried_out(asked: &Asked, home: &Home, cut: bool) -> Asked {
    let mut after = asked.clone();
    let theirs = after.request.says[&home.source].clone();
    let node = after.request.says.get_mut(&asked.request.node).unwrap();
    if cut && home.way.replaces() {
        node.holds = false;
        node.present = false;
        node.id = None;
        node.says = None;
        node.end = None;
    } else {
        node.holds = true;
        node.present = true;
        node.id = theirs.id;
        node.standby = true;
        node.timeline = theirs.timeline;
        node.history = theirs.history;
        node.end = None;
        node.says = theirs.says.map(|says| Server {
            recovery: "yes".to_owned(),
            ..says
        });
        let primary = after.request.says.get_mut(&home.source).unwrap();
        if let Some(says) = &mut primary.says {
            let streaming = Standby {
                state: "streaming".to_owned(),
                ..Standby::default()
            };
            says.standbys.insert(asked.request.node.clone(), streaming);
        }
    }
    after.fork = forked(&after);
    if after.fork.is_none() {
        after.beyond = Beyond::nothing();
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn nothing_that_may_have_been_acknowledged_is_dropped_unasked(asked in asked()) {
        let Ok(home) = way_home(&asked) else { return Ok(()) };
        let Some(fork) = &asked.fork else { return Ok(()) };
        let some = asked.beyond.committed > 0 || !asked.beyond.complete;
        let mine = &asked.request.says[&asked.request.node];
        if home.way.replaces() && some && !asked.request.policy.accept_loss {
            let pool = asked.pool.as_ref().unwrap();
            prop_assert!(!pool.forced.split(' ').any(|at| at == fork.next.to_string()));
            let (names, commit) = mine.commits();
            let promoted = pool.line.get(&fork.next).or_else(|| {
                (asked.request.says[&home.source].timeline == fork.next).then_some(&home.source)
            });
            let promoted = promoted.unwrap();
            let waited = names == format!("\"{promoted}\"") && commit != "off" && commit != "local";
            prop_assert!(mine.standby || waited, "{home:?}");
        }
    }

    #[test]
    fn a_log_that_goes_on_is_never_taken_as_it_is(asked in asked()) {
        let Ok(home) = way_home(&asked) else { return Ok(()) };
        if asked.fork.is_some() {
            prop_assert!(home.way.replaces() || home.way == Way::Lead, "{home:?}");
        }
    }

    #[test]
    fn what_lies_there_is_moved_aside_before_anything_replaces_it(asked in asked()) {
        let Ok(home) = way_home(&asked) else { return Ok(()) };
        prop_assert_eq!(home.way.replaces(), !home.aside.is_empty());
        if home.way.replaces() && asked.request.says[&asked.request.node].present {
            prop_assert!(home.lines.iter().any(|line| line.starts_with("moved aside: ")), "{home:?}");
        }
    }

    #[test]
    fn one_leads(asked in asked()) {
        let Ok(home) = way_home(&asked) else { return Ok(()) };
        let leads = |name: &String| asked.request.says.get(name).is_some_and(Node::leads);
        if home.way == Way::Lead {
            let own = asked.request.says[&asked.request.node].timeline;
            let rivals = asked.request.nodes.iter().filter(|name| **name != asked.request.node && leads(name));
            for rival in rivals {
                prop_assert!(asked.request.says[rival].timeline < own);
            }
        } else {
            prop_assert!(home.source != asked.request.node && leads(&home.source), "{home:?}");
        }
    }

    #[test]
    fn the_order_of_the_nodes_decides_nothing(asked in asked()) {
        let mut turned = asked.clone();
        turned.request.nodes.reverse();
        // Which of two primaries of one timeline counts is not to be decided.
        prop_assume!(source(&asked.request.node, &asked.request.nodes, &asked.request.says)
            == source(&asked.request.node, &turned.request.nodes, &asked.request.says));
        let way = |asked: &Asked| way_home(asked).map(|home| (home.way, home.source)).map_err(|refused| refused.why);
        match (way(&asked), way(&turned)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert_eq!(one, other),
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }

    #[test]
    fn a_run_that_was_cut_off_is_gone_on_with_and_ends_at_the_same_place(asked in asked()) {
        let Ok(home) = way_home(&asked) else { return Ok(()) };
        if home.way == Way::Lead {
            return Ok(());
        }
        let half = carried_out(&asked, &home, true);
        let again = way_home(&half);
        let goes_on = match &again {
            Ok(next) if home.way.replaces() => next.way == Way::Copy && next.source == home.source,
            Ok(next) => next.way == Way::Nothing && next.source == home.source,
            Err(_) => false,
        };
        prop_assert!(goes_on, "{home:?} {again:?}");
        let whole = carried_out(&half, &again.unwrap(), false);
        let done = way_home(&whole).map(|home| home.way).map_err(|refused| refused.words);
        prop_assert_eq!(done, Ok(Way::Nothing));
    }
}
