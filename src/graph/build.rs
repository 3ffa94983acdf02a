//! The passes that put work into the graph, each a few lines: plays with their needs, the tasks
//! of a batch with a barrier after each, the handlers of a flush.

use super::{Graph, Id, Work};
use crate::model::{Action, Meta, Moment, Play, Playbook, Task};
use crate::yaml::Node;
use std::sync::Arc;

/// A start and an end for each play, and the edges of `needs`: without it a play needs the one
/// before it, as in Ansible.
pub fn plays(graph: &mut Graph, playbook: &Playbook) {
    let ends: Vec<(Id, Id)> = (0..playbook.plays.len())
        .map(|play| {
            let start = graph.add(Work::Start { play }, &[]);
            (start, graph.add(Work::End { play }, &[start]))
        })
        .collect();
    for (index, play) in playbook.plays.iter().enumerate() {
        for need in needs(playbook, index, play) {
            graph.order(ends[need].1, ends[index].0);
        }
    }
}

/// The indices of the plays that a play needs.
pub fn needs(playbook: &Playbook, index: usize, play: &Play) -> Vec<usize> {
    match &play.needs {
        None => index.checked_sub(1).into_iter().collect(),
        Some(names) => names
            .iter()
            .filter_map(Node::as_str)
            .flat_map(|name| {
                playbook
                    .plays
                    .iter()
                    .enumerate()
                    .filter(move |(_, p)| p.name == name)
            })
            .map(|(needed, _)| needed)
            .filter(|&needed| needed != index)
            .collect(),
    }
}

/// Tasks one after the other on all `hosts`, after `at`, with one barrier behind each (not an
/// edge for each pair of hosts). Returns the nodes that follow `at` directly and the last barrier.
pub fn chain(
    graph: &mut Graph,
    play: usize,
    tasks: &[Arc<Task>],
    hosts: &[Arc<str>],
    once: impl Fn(&Task) -> bool,
    at: Id,
) -> (Vec<Id>, Id) {
    let mut last = at;
    let mut first = Vec::new();
    for task in tasks {
        let work: Vec<Id> = if matches!(task.action, Action::Meta(Meta::FlushHandlers, _)) {
            vec![graph.add(Work::Flush { play }, &[last])]
        } else if once(task) {
            let once = Work::Once {
                play,
                task: task.clone(),
                hosts: hosts.to_vec(),
            };
            vec![graph.add(once, &[last])]
        } else {
            let node = |host: &Arc<str>| Work::Task {
                play,
                task: task.clone(),
                host: host.clone(),
            };
            hosts
                .iter()
                .map(|host| graph.add(node(host), &[last]))
                .collect()
        };
        if last == at {
            first.clone_from(&work);
        }
        last = graph.add(
            Work::Barrier {
                play,
                task: task.clone(),
            },
            &work,
        );
    }
    (first, last)
}

/// A play's gate for a batch behind `at`: its tasks, and then what comes of them.
pub fn gate(
    graph: &mut Graph,
    (play, batch, moment): (usize, usize, Moment),
    tasks: &[Arc<Task>],
    hosts: &[Arc<str>],
    once: impl Fn(&Task) -> bool,
    at: Id,
) -> (Vec<Id>, Id) {
    let (first, last) = chain(graph, play, tasks, hosts, once, at);
    let gate = Work::Gate {
        play,
        batch,
        moment,
    };
    (first, graph.add(gate, &[last]))
}

/// A flush of notified handlers behind `at`.
pub fn handlers(graph: &mut Graph, play: usize, at: Id) -> Id {
    graph.add(Work::Flush { play }, &[at])
}
