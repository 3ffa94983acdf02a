//! One directed acyclic graph of what must come before what, with one owner.
//!
//! It holds precedence only: a node is work, an edge says "must come before". Whether a host
//! goes on after a failure is no edge; the engine's play state decides it when a node's turn
//! comes. A play expands into its nodes when it starts, and an include when it is reached.

mod batches;
mod build;
mod render;

pub use batches::{Size, batches};
pub use build::{chain, gate, handlers, needs, plays};
pub use render::{Format, outline, render};

use crate::model::{Moment, Task};
use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use std::sync::Arc;

/// A node's identity; stays valid while the graph grows and shrinks.
pub type Id = NodeIndex;

/// A piece of work.
#[derive(Clone, Debug)]
pub enum Work {
    /// A play begins: its hosts are known now, its first batch expands.
    Start {
        /// The play's index.
        play: usize,
    },
    /// A batch of a play's hosts begins: its tasks expand.
    Batch {
        /// The play's index.
        play: usize,
        /// The batch's index.
        batch: usize,
    },
    /// A task on a host.
    Task {
        /// The play's index.
        play: usize,
        /// The task.
        task: Arc<Task>,
        /// The host's name.
        host: Arc<str>,
    },
    /// A `run_once` task: its host is chosen when its turn comes.
    Once {
        /// The play's index.
        play: usize,
        /// The task.
        task: Arc<Task>,
        /// The hosts of which the first that still stands runs it.
        hosts: Vec<Arc<str>>,
    },
    /// All hosts of the batch have done with a task; an include expands here.
    Barrier {
        /// The play's index.
        play: usize,
        /// The task that ended.
        task: Arc<Task>,
    },
    /// Notified handlers run here: they expand.
    Flush {
        /// The play's index.
        play: usize,
    },
    /// All hosts of a batch have done with their play's gate: the play ends where it does not hold.
    Gate {
        /// The play's index.
        play: usize,
        /// The batch's index.
        batch: usize,
        /// On which side of the batch it stands.
        moment: Moment,
    },
    /// A play has ended.
    End {
        /// The play's index.
        play: usize,
    },
}

/// The graph and what of it is ready.
#[derive(Debug, Default)]
pub struct Graph {
    inner: StableDiGraph<Work, ()>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds work that comes after all of `after`.
    pub fn add(&mut self, work: Work, after: &[Id]) -> Id {
        let id = self.inner.add_node(work);
        for &before in after {
            self.inner.add_edge(before, id, ());
        }
        id
    }

    /// Says that `before` must come before `after`. The caller adds no cycles: `needs` are
    /// checked when the playbook is, all other edges point from older to newer nodes.
    pub fn order(&mut self, before: Id, after: Id) {
        self.inner.add_edge(before, after, ());
    }

    /// The work of a node.
    pub fn work(&self, id: Id) -> Option<&Work> {
        self.inner.node_weight(id)
    }

    /// Puts a chain from `first` to `last` between `at` and what came after it.
    pub fn splice(&mut self, at: Id, last: Id, first: &[Id]) {
        let later: Vec<Id> = self
            .inner
            .neighbors_directed(at, Direction::Outgoing)
            .filter(|id| !first.contains(id))
            .collect();
        for next in later {
            while let Some(edge) = self.inner.find_edge(at, next) {
                self.inner.remove_edge(edge);
            }
            self.inner.add_edge(last, next, ());
        }
    }

    /// Puts work side by side between `at` and what came after it.
    pub fn fan(&mut self, at: Id, works: Vec<Work>) {
        let later: Vec<Id> = self
            .inner
            .neighbors_directed(at, Direction::Outgoing)
            .collect();
        for work in works {
            let id = self.add(work, &[at]);
            for &next in &later {
                self.order(id, next);
            }
        }
    }

    /// Takes finished work out and returns what became ready by that.
    pub fn finish(&mut self, id: Id) -> Vec<Id> {
        let after: Vec<Id> = self
            .inner
            .neighbors_directed(id, Direction::Outgoing)
            .collect();
        self.inner.remove_node(id);
        let mut ready: Vec<Id> = after
            .into_iter()
            .filter(|&next| self.is_ready(next))
            .collect();
        ready.sort_unstable();
        ready.dedup();
        ready
    }

    /// Everything that nothing comes before.
    pub fn ready(&self) -> Vec<Id> {
        self.inner
            .node_indices()
            .filter(|&id| self.is_ready(id))
            .collect()
    }

    /// Whether no work is left.
    pub fn is_empty(&self) -> bool {
        self.inner.node_count() == 0
    }

    fn is_ready(&self, id: Id) -> bool {
        self.inner
            .neighbors_directed(id, Direction::Incoming)
            .next()
            .is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spliced_chain_comes_between_a_node_and_what_followed_it() {
        let mut graph = Graph::new();
        let at = graph.add(Work::Flush { play: 0 }, &[]);
        let end = graph.add(Work::End { play: 0 }, &[at]);
        let first = graph.add(Work::Batch { play: 0, batch: 0 }, &[at]);
        let last = graph.add(Work::Batch { play: 0, batch: 1 }, &[first]);
        graph.splice(at, last, &[first]);
        assert_eq!(graph.ready(), [at]);
        assert_eq!(graph.finish(at), [first]);
        assert_eq!(graph.finish(first), [last]);
        assert_eq!(graph.finish(last), [end]);
        assert!(graph.finish(end).is_empty() && graph.is_empty());
    }
}
