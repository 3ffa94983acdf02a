//! Adya's dependency graph: which transaction must have come before which, and why.

use super::view::{Key, Txn, View};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Why one comes before the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dependency {
    /// The other wrote over what the one wrote.
    Overwrites,
    /// The other read what the one wrote.
    Reads,
    /// The one did not see what the other wrote.
    Misses,
}

/// One comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The one.
    pub from: Txn,
    /// The other.
    pub to: Txn,
    /// Why.
    pub why: Dependency,
    /// By which list, register or set.
    pub key: Key,
    /// The value that was there before, if one was and it matters.
    pub before: Option<u64>,
    /// The value that makes the difference.
    pub value: u64,
}

/// All edges, to be found by both their ends.
pub struct Graph {
    edges: Vec<Edge>,
    from: Vec<Vec<u32>>,
    to: Vec<Vec<u32>>,
}

impl Graph {
    /// A graph of edges among `count` transactions.
    pub fn of(count: usize, edges: Vec<Edge>) -> Self {
        let mut graph = Self {
            from: vec![Vec::new(); count],
            to: vec![Vec::new(); count],
            edges,
        };
        for (number, edge) in (0..).zip(&graph.edges) {
            graph.from[edge.from as usize].push(number);
            graph.to[edge.to as usize].push(number);
        }
        graph
    }

    /// An edge.
    pub fn edge(&self, number: u32) -> &Edge {
        &self.edges[number as usize]
    }

    /// All edges with their numbers.
    pub fn edges(&self) -> impl Iterator<Item = (u32, &Edge)> {
        (0..).zip(&self.edges)
    }

    /// The edges that begin at a transaction.
    pub fn leaving(&self, txn: Txn) -> &[u32] {
        &self.from[txn as usize]
    }

    /// The edges that end at a transaction.
    pub fn entering(&self, txn: Txn) -> &[u32] {
        &self.to[txn as usize]
    }

    /// Which edges stand in a circle of edges that `counts` lets in.
    pub fn circular(&self, counts: impl Fn(&Edge) -> bool) -> Vec<bool> {
        let ends = |edge: &Edge| (edge.from, edge.to);
        self.within(self.from.len(), &counts, &ends, &[])
    }

    /// The same where each transaction is cut into its snapshot and its commit: a write is there for the
    /// snapshots that come after the commit, and who misses it took its snapshot before the commit.
    pub fn circular_between_snapshots(&self, counts: impl Fn(&Edge) -> bool) -> Vec<bool> {
        let ends = |edge: &Edge| match edge.why {
            Dependency::Overwrites | Dependency::Reads => (2 * edge.from + 1, 2 * edge.to),
            Dependency::Misses => (2 * edge.from, 2 * edge.to + 1),
        };
        let count = Txn::try_from(self.from.len()).unwrap_or_default();
        let inner: Vec<(u32, u32)> = (0..count).map(|txn| (2 * txn, 2 * txn + 1)).collect();
        self.within(2 * self.from.len(), &counts, &ends, &inner)
    }

    fn within(
        &self,
        count: usize,
        counts: &dyn Fn(&Edge) -> bool,
        ends: &dyn Fn(&Edge) -> (u32, u32),
        inner: &[(u32, u32)],
    ) -> Vec<bool> {
        let mut graph = DiGraph::<(), ()>::with_capacity(count, self.edges.len() + inner.len());
        for _ in 0..count {
            graph.add_node(());
        }
        let counted = self.edges.iter().filter(|edge| counts(edge)).map(ends);
        for (from, to) in counted.chain(inner.iter().copied()) {
            graph.add_edge(
                NodeIndex::new(from as usize),
                NodeIndex::new(to as usize),
                (),
            );
        }
        // Tarjan's way calls itself as deep as a path is long.
        let mut component = vec![0_u32; count];
        for (number, members) in (0..).zip(kosaraju_scc(&graph)) {
            for member in members {
                component[member.index()] = number;
            }
        }
        let circular = self.edges.iter().map(|edge| {
            let (from, to) = ends(edge);
            counts(edge) && component[from as usize] == component[to as usize]
        });
        circular.collect()
    }

    /// A number for each transaction, so that all of these edges go from a smaller to a greater one; they
    /// must have no circle. It stays near to the time, so that what is far away in time is far away in it.
    pub fn rank(&self, view: &View, counts: impl Fn(u32) -> bool) -> Vec<u32> {
        let count = self.from.len();
        let mut open: Vec<usize> = self
            .to
            .iter()
            .map(|edges| edges.iter().filter(|edge| counts(**edge)).count())
            .collect();
        // Times are never negative, so their bits are in the order of the times.
        let when = |txn: Txn| {
            let transaction = view.transaction(txn);
            let time = transaction.ended.unwrap_or(transaction.begun);
            Reverse((time.max(0.0).to_bits(), txn))
        };
        let mut ready: BinaryHeap<_> = view
            .all()
            .filter(|txn| open[*txn as usize] == 0)
            .map(when)
            .collect();
        let mut rank = vec![0; count];
        let mut next = 0;
        while let Some(Reverse((_, txn))) = ready.pop() {
            rank[txn as usize] = next;
            next += 1;
            for number in self.leaving(txn).iter().filter(|number| counts(**number)) {
                let to = self.edge(*number).to;
                let waits = &mut open[to as usize];
                *waits -= 1;
                if *waits == 0 {
                    ready.push(when(to));
                }
            }
        }
        rank
    }
}

/// Edges while they are gathered: none from a transaction to itself, nor of one that did not happen.
///
/// What a transaction reads that several servers answered tells no order: a standby may show a commit
/// before its primary does, and later.
pub struct Edges<'a> {
    view: &'a View<'a>,
    all: Vec<Edge>,
}

impl<'a> Edges<'a> {
    /// None yet.
    pub fn of(view: &'a View<'a>) -> Self {
        Self {
            view,
            all: Vec::new(),
        }
    }

    /// Takes one in.
    pub fn add(&mut self, edge: Edge) {
        let reader = match edge.why {
            Dependency::Overwrites => None,
            Dependency::Reads => Some(edge.to),
            Dependency::Misses => Some(edge.from),
        };
        let happened = |txn| self.view.node(txn).happened;
        if edge.from != edge.to
            && happened(edge.from)
            && happened(edge.to)
            && !reader.is_some_and(|txn| self.view.node(txn).several_servers)
        {
            self.all.push(edge);
        }
    }

    /// All that were taken in.
    pub fn graph(self) -> Graph {
        Graph::of(self.view.nodes.len(), self.all)
    }
}
