//! What must hold of every way home, tried over states by chance of two to five nodes.

use super::{Asked, Goal, Home, Policy, Request, Way, source, way_home};
use crate::decide::chance::{NAMES, nodes};
use crate::decide::{Beyond, Fork, Node, Pool, Server, Standby, SystemIdentifier, Timeline, fork};
use proptest::prelude::*;

fn asked() -> impl Strategy<Value = Asked> {
    let line = prop::collection::btree_map(2..4_u32, prop::sample::select(&NAMES[..3]), 0..3);
    let forced = prop::sample::select(vec!["", "2", "2 3"]);
    let beyond = (0..3_u64, any::<bool>());
    let policy = (any::<bool>(), any::<bool>(), any::<bool>());
    let goal = prop::sample::select(vec![Goal::Replica, Goal::Primary]);
    (nodes(), line, forced, beyond, policy, goal).prop_map(
        |((names, says), line, forced, beyond, policy, goal)| {
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
