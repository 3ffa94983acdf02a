//! A batch of a play's hosts begins.

use super::Dispatcher;
use crate::engine::machine::lock;
use crate::engine::plays::{self, Stage};
use crate::engine::standing::Standing;
use crate::engine::together::may_be_once;
use crate::graph::{self, Id, Work};
use std::sync::Arc;

impl Dispatcher {
    /// Expands what a batch goes through, and behind it the next batch.
    pub(super) fn batch(&mut self, id: Id, index: usize, batch: usize) {
        let Some(play) = self.plays.get(&index).cloned() else {
            return self.finish(id);
        };
        let Some(hosts) = play.batches.get(batch) else {
            return self.finish(id);
        };
        let before = lock(&play.batch).clone();
        let failed = |host: &Arc<str>| play.standing(host, |standing| standing.is_lost());
        if self.broken.contains(&index) || (!before.is_empty() && before.iter().all(failed)) {
            return self.finish(id);
        }
        let mut hosts: Vec<Arc<str>> = hosts.clone();
        if play.play.gate.before.is_empty() {
            hosts.retain(|host| !self.lost.contains(host));
        } else {
            // A host that another play lost meanwhile is one that the gate can't hold for.
            for host in hosts.iter().filter(|host| self.lost.contains(*host)) {
                play.standing(host, Standing::lose);
            }
        }
        lock(&play.batch).clone_from(&hosts);
        self.infos.retain(|(play, _), _| *play != index);
        let mut last = id;
        let mut first = Vec::new();
        let stages = if hosts.is_empty() {
            Vec::new()
        } else {
            plays::stages(&self.run, &play)
        };
        for stage in stages {
            let at = last;
            let graph = &mut self.graph;
            let (begin, end) = match stage {
                Stage::Gate(moment, tasks) => {
                    let gate = (index, batch, moment);
                    graph::gate(graph, gate, &tasks, &hosts, may_be_once, at)
                }
                Stage::Tasks(tasks) => {
                    let (begin, end) = graph::chain(graph, index, &tasks, &hosts, may_be_once, at);
                    (begin, graph::handlers(graph, index, end))
                }
            };
            last = end;
            if at == id {
                first = begin;
            }
        }
        if batch + 1 < play.batches.len() {
            let next = Work::Batch {
                play: index,
                batch: batch + 1,
            };
            last = self.graph.add(next, &[last]);
            if first.is_empty() {
                first.push(last);
            }
        }
        if !first.is_empty() {
            self.graph.splice(id, last, &first);
        }
        self.finish(id);
    }
}
