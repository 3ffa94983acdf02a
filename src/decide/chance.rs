//! States by chance, for what must hold of every decision.

use super::{History, Lsn, Node, SegmentSize, Server, SystemIdentifier, Timeline};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Names of nodes.
pub const NAMES: [&str; 5] = ["pg-a", "pg-b", "pg-c", "pg-d", "pg-e"];

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
            receives: "no".to_owned(),
            standbys: BTreeMap::new(),
            slots: BTreeMap::new(),
        });
    prop::option::weighted(0.6, server)
}

/// A node, or one that can't be reached.
pub fn node() -> impl Strategy<Value = Option<Node>> {
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
                running: runs,
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

/// Nodes by name, and what those said that can be reached.
pub fn nodes() -> impl Strategy<Value = (Vec<String>, BTreeMap<String, Node>)> {
    prop::collection::vec(node(), 2..=5).prop_map(|nodes| {
        let names = NAMES[..nodes.len()].iter().map(ToString::to_string);
        let names: Vec<String> = names.collect();
        let says = names.iter().cloned().zip(nodes);
        let says = says.filter_map(|(name, node)| Some((name, node?)));
        (names.clone(), says.collect())
    })
}
