//! The shortest way back from the end of an edge to where it begins.

use super::graph::{Dependency, Graph};
use super::view::Txn;
use std::collections::{HashMap, VecDeque};

/// How many edges are looked at for each kind of circle.
const EDGES: u64 = 30_000_000;

/// Which ways count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// All.
    Any,
    /// Those on which no anti-dependency stands right behind another.
    Snapshots,
}

/// A search with a bound.
pub struct Search<'a> {
    graph: &'a Graph,
    left: u64,
    /// How many searches were given up.
    pub left_out: u64,
}

impl<'a> Search<'a> {
    /// A search in a graph.
    pub fn of(graph: &'a Graph) -> Self {
        Self {
            graph,
            left: EDGES,
            left_out: 0,
        }
    }

    /// The shortest circle that begins with this edge, of edges that are `within`.
    pub fn close(
        &mut self,
        first: u32,
        states: States,
        within: &dyn Fn(u32) -> bool,
    ) -> Option<Vec<u32>> {
        let edge = self.graph.edge(first);
        let miss = |number: u32| {
            states == States::Snapshots && self.graph.edge(number).why == Dependency::Misses
        };
        let begin = (edge.to, miss(first));
        let mut came: HashMap<(Txn, bool), (u32, (Txn, bool))> = HashMap::new();
        let mut open = VecDeque::from([begin]);
        while let Some(state) = open.pop_front() {
            for number in self.graph.leaving(state.0) {
                if !self.go_on() {
                    return None;
                }
                if !within(*number) || state.1 && miss(*number) {
                    continue;
                }
                let next = (self.graph.edge(*number).to, miss(*number));
                if next.0 == edge.from && !(begin.1 && next.1) {
                    let mut circle = vec![*number];
                    let mut at = state;
                    while let Some((number, before)) = came.get(&at).filter(|_| at != begin) {
                        circle.push(*number);
                        at = *before;
                    }
                    circle.push(first);
                    circle.reverse();
                    return Some(circle);
                }
                if next != begin && !came.contains_key(&next) {
                    came.insert(next, (*number, state));
                    open.push_back(next);
                }
            }
        }
        None
    }

    /// The same for edges that have no circle among themselves, and a first one that leads back against
    /// their rank: it is looked for from the end, where less is in between.
    pub fn back(
        &mut self,
        first: u32,
        within: &dyn Fn(u32) -> bool,
        rank: &[u32],
    ) -> Option<Vec<u32>> {
        let edge = self.graph.edge(first);
        let least = rank[edge.to as usize];
        let mut came: HashMap<Txn, u32> = HashMap::new();
        let mut open = VecDeque::from([edge.from]);
        while let Some(txn) = open.pop_front() {
            for number in self.graph.entering(txn) {
                if !self.go_on() {
                    return None;
                }
                let from = self.graph.edge(*number).from;
                if !within(*number) || rank[from as usize] < least || came.contains_key(&from) {
                    continue;
                }
                came.insert(from, *number);
                if from != edge.to {
                    open.push_back(from);
                    continue;
                }
                let mut circle = vec![first];
                let mut at = from;
                while let Some(number) = came.get(&at).filter(|_| at != edge.from) {
                    circle.push(*number);
                    at = self.graph.edge(*number).to;
                }
                return Some(circle);
            }
        }
        None
    }

    /// Begins to count anew.
    pub fn refresh(&mut self) {
        self.left = EDGES;
    }

    fn go_on(&mut self) -> bool {
        if self.left == 0 {
            self.left_out += 1;
            return false;
        }
        self.left -= 1;
        true
    }
}
