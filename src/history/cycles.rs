//! Circles in the dependency graph: those that the level forbids, and those that it allows.
//!
//! First without anti-dependencies, then with one, then with several. Each is looked for only where the
//! strongly connected components say that there is one, so a history without any costs one walk.

use super::finding::{Class, Findings, Judged};
use super::graph::{Dependency, Edge, Graph};
use super::rules::Rules;
use super::search::{Search, States};
use super::view::{Kind, Txn, View};
use std::collections::{HashMap, HashSet};

/// Circles while they are gathered.
struct Circles<'a> {
    view: &'a View<'a>,
    graph: &'a Graph,
    findings: &'a mut Findings,
    /// Which transactions were told as a circle.
    told: HashSet<Vec<Txn>>,
    /// Which anti-dependencies stand in one that was told.
    explained: HashSet<u32>,
}

impl Circles<'_> {
    fn tell(&mut self, class: Class, judged: Judged, circle: &[u32]) {
        self.explained.extend(circle);
        let edges: Vec<&Edge> = circle
            .iter()
            .map(|number| self.graph.edge(*number))
            .collect();
        let mut who: Vec<Txn> = edges.iter().map(|edge| edge.from).collect();
        who.sort_unstable();
        if !self.told.insert(who) {
            return;
        }
        let view = self.view;
        self.findings.add(class, judged, || {
            let names: Vec<String> = edges.iter().map(|edge| view.called(edge.from)).collect();
            let back = names.first().cloned().unwrap_or_default();
            let about = format!("each is before the next: {}, {back}", names.join(", "));
            (about, view.circle(&edges))
        });
    }

    fn misses(&self, counts: impl Fn(u32, &Edge) -> bool) -> Vec<u32> {
        let edges = self.graph.edges();
        let misses = edges.filter(|(number, edge)| {
            edge.why == Dependency::Misses
                && !self.explained.contains(number)
                && counts(*number, edge)
        });
        misses.map(|(number, _)| number).collect()
    }
}

/// Looks for all circles; gives how many were not looked for any more.
pub fn judge(view: &View, graph: &Graph, rules: Rules, findings: &mut Findings) -> u64 {
    let mut search = Search::of(graph);
    let mut circles = Circles {
        view,
        graph,
        findings,
        told: HashSet::new(),
        explained: HashSet::new(),
    };
    let flow = without_misses(&mut circles, &mut search);
    one_miss(&mut circles, &mut search, &flow);
    pairs(&mut circles);
    let snapshot =
        |edge: &Edge| edge.why != Dependency::Misses || Rules::one_snapshot(view.node(edge.from));
    let standby = |edge: &Edge| view.node(edge.from).standby;
    let primary = |edge: &Edge| edge.why != Dependency::Misses || !standby(edge);
    let standbys = |edge: &Edge| edge.why != Dependency::Misses || standby(edge);
    let all = if rules.strict {
        Judged::Fault
    } else {
        Judged::Allowed
    };
    several(&mut circles, &mut search, Judged::Fault, &|edge| {
        snapshot(edge) && primary(edge)
    });
    several(&mut circles, &mut search, Judged::Fault, &|edge| {
        snapshot(edge) && standbys(edge)
    });
    several(&mut circles, &mut search, all, &snapshot);
    serial(&mut circles, &mut search);
    allowed_skew(&mut circles);
    search.left_out
}

/// G0 and G1c. Gives which edges flow: they have no circle among them.
fn without_misses(circles: &mut Circles, search: &mut Search) -> Vec<bool> {
    let graph = circles.graph;
    let over = graph.circular(|edge| edge.why == Dependency::Overwrites);
    let flow = graph.circular(|edge| edge.why != Dependency::Misses);
    for (class, why, circular) in [
        (Class::WriteCycle, Dependency::Overwrites, &over),
        (Class::CircularFlow, Dependency::Reads, &flow),
    ] {
        for (number, edge) in graph.edges() {
            if edge.why != why || !circular[number as usize] || circles.explained.contains(&number)
            {
                continue;
            }
            let within = |number: u32| circular[number as usize];
            if let Some(circle) = search.close(number, States::Any, &within) {
                circles.tell(class, Judged::Fault, &circle);
            }
        }
    }
    let edges = graph.edges();
    edges
        .map(|(number, edge)| edge.why != Dependency::Misses && !flow[number as usize])
        .collect()
}

/// G-single: who missed one write saw another that came after it.
fn one_miss(circles: &mut Circles, search: &mut Search, flow: &[bool]) {
    let graph = circles.graph;
    search.refresh();
    let flows = |number: u32| flow[number as usize];
    let rank = graph.rank(circles.view, flows);
    let back = circles.misses(|_, edge| rank[edge.to as usize] < rank[edge.from as usize]);
    let snapshot = |number: &u32| Rules::one_snapshot(circles.view.node(graph.edge(*number).from));
    // What may be wrong first, in case that not all can be looked for.
    let (demanded, others): (Vec<u32>, Vec<u32>) = back.into_iter().partition(snapshot);
    for number in demanded.into_iter().chain(others) {
        let Some(circle) = search.back(number, &flows, &rank) else {
            continue;
        };
        let miss = graph.edge(number);
        let same = circle.iter().all(|number| {
            let edge = graph.edge(*number);
            edge.key == miss.key && edge.why != Dependency::Reads
        });
        let class = if same && circle.len() == 2 {
            Class::LostUpdate
        } else {
            Class::ReadSkew
        };
        let judged = if Rules::one_snapshot(circles.view.node(miss.from)) {
            Judged::Fault
        } else {
            Judged::Allowed
        };
        circles.tell(class, judged, &circle);
    }
}

/// Two that each missed what the other wrote.
fn both_miss(circles: &Circles) -> Vec<(u32, u32)> {
    let misses = circles.misses(|_, _| true);
    let ends = |number: u32| {
        let edge = circles.graph.edge(number);
        (edge.from, edge.to)
    };
    let by_ends: HashMap<(Txn, Txn), u32> = misses
        .iter()
        .map(|number| (ends(*number), *number))
        .collect();
    let pairs = misses.iter().filter_map(|number| {
        let (from, to) = ends(*number);
        let other = by_ends.get(&(to, from))?;
        (from < to).then_some((*number, *other))
    });
    pairs.collect()
}

/// Two that wrote over one version of one thing, in whichever order: a lost update too.
fn pairs(circles: &mut Circles) {
    for (one, other) in both_miss(circles) {
        let (first, second) = (circles.graph.edge(one), circles.graph.edge(other));
        let kind = circles.view.keys[first.key as usize].0;
        if first.key != second.key || first.before != second.before || kind == Kind::Set {
            continue;
        }
        let snapshots = [first.from, second.from];
        let snapshots = snapshots.map(|txn| Rules::one_snapshot(circles.view.node(txn)));
        let judged = match snapshots {
            [true, true] => Judged::Fault,
            _ => Judged::Allowed,
        };
        circles.tell(Class::LostUpdate, judged, &[one, other]);
    }
}

/// Circles that no order of snapshots and commits explains.
fn several(
    circles: &mut Circles,
    search: &mut Search,
    judged: Judged,
    counts: &dyn Fn(&Edge) -> bool,
) {
    let graph = circles.graph;
    search.refresh();
    let circular = graph.circular_between_snapshots(counts);
    let within = |number: u32| circular[number as usize];
    for number in circles.misses(|number, _| within(number)) {
        if circles.explained.contains(&number) {
            continue;
        }
        let Some(circle) = search.close(number, States::Snapshots, &within) else {
            continue;
        };
        let misses = circle
            .iter()
            .filter(|number| graph.edge(**number).why == Dependency::Misses);
        // Each of the readers came behind a write that it had read.
        let misses = misses.count();
        let reads = (0..circle.len()).filter(|at| {
            let before = graph.edge(circle[(at + circle.len() - 1) % circle.len()]);
            let edge = graph.edge(circle[*at]);
            edge.why == Dependency::Misses && before.why == Dependency::Reads
        });
        let class = match (misses, reads.count()) {
            (1, _) => Class::ReadSkew,
            (2, 2) => Class::LongFork,
            _ => Class::NoSnapshot,
        };
        circles.tell(class, judged, &circle);
    }
}

/// Circles among serializable transactions.
fn serial(circles: &mut Circles, search: &mut Search) {
    let (graph, view) = (circles.graph, circles.view);
    search.refresh();
    let serial = |txn: Txn| Rules::serial(view.node(txn));
    let circular = graph.circular(|edge| serial(edge.from) && serial(edge.to));
    let within = |number: u32| circular[number as usize];
    for number in circles.misses(|number, _| within(number)) {
        if circles.explained.contains(&number) {
            continue;
        }
        if let Some(circle) = search.close(number, States::Any, &within) {
            let class = match &circle[..] {
                [one, other]
                    if [one, other].map(|number| graph.edge(*number).why)
                        == [Dependency::Misses; 2] =>
                {
                    Class::WriteSkew
                }
                _ => Class::NotSerial,
            };
            circles.tell(class, Judged::Fault, &circle);
        }
    }
}

/// Write skew where the level allows it. Longer circles of that kind are not counted.
fn allowed_skew(circles: &mut Circles) {
    for (one, other) in both_miss(circles) {
        circles.tell(Class::WriteSkew, Judged::Allowed, &[one, other]);
    }
}
