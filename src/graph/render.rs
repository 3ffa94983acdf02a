//! The graph as Graphviz or Mermaid text.

use super::{Graph, Work, build};
use crate::model::{Moment, Play, Playbook, Task};
use petgraph::visit::{EdgeRef, IntoEdgeReferences};
use std::fmt::Write;
use std::sync::Arc;

/// The text format of a drawn graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
}

/// The whole graph as far as it is known without running: includes stay single nodes, and every
/// play has all its hosts in one batch. `hosts` gives the hosts of each play.
pub fn outline(playbook: &Playbook, hosts: &[Vec<Arc<str>>]) -> Graph {
    let mut graph = Graph::new();
    build::plays(&mut graph, playbook);
    let starts: Vec<_> = graph
        .inner
        .node_indices()
        .filter_map(|id| match graph.work(id) {
            Some(Work::Start { play }) => Some((id, *play)),
            _ => None,
        })
        .collect();
    for (start, play) in starts {
        let hosts = hosts.get(play).map_or(&[][..], Vec::as_slice);
        if hosts.is_empty() {
            continue;
        }
        let stages = stages(&playbook.plays[play]);
        let literal = |task: &Task| {
            task.keywords
                .run_once
                .as_ref()
                .is_some_and(|n| n.value == crate::yaml::Value::Bool(true))
        };
        let mut last = start;
        let mut first = Vec::new();
        for (moment, tasks) in stages {
            let at = last;
            let begin;
            (begin, last) = match moment {
                Some(moment) => {
                    build::gate(&mut graph, (play, 0, moment), tasks, hosts, literal, at)
                }
                None => build::chain(&mut graph, play, tasks, hosts, literal, at),
            };
            if at == start {
                first = begin;
            }
            if moment.is_none() {
                last = build::handlers(&mut graph, play, last);
            }
        }
        graph.splice(start, last, &first);
    }
    graph
}

/// What a play goes through: its sections, and its gate around them.
fn stages(play: &Play) -> Vec<(Option<Moment>, &[Arc<Task>])> {
    let sections = play
        .sections
        .iter()
        .map(|section| (None, section.tasks.as_slice()));
    let sections: Vec<_> = sections.filter(|(_, tasks)| !tasks.is_empty()).collect();
    if sections.is_empty() || play.gate.before.is_empty() {
        return sections;
    }
    let mut stages = vec![(Some(Moment::Before), play.gate.before.as_slice())];
    stages.extend(sections);
    stages.push((Some(Moment::After), &play.gate.after));
    stages
}

/// Draws the graph.
pub fn render(graph: &Graph, playbook: &Playbook, format: Format) -> String {
    let mut text = String::new();
    let title = |play: usize| playbook.plays.get(play).map_or("play", |p| p.name.as_str());
    let (open, close) = match format {
        Format::Dot => (
            "digraph trueup {\n  rankdir=LR;\n  node [shape=box];\n",
            "}\n",
        ),
        Format::Mermaid => ("flowchart LR\n", ""),
    };
    text.push_str(open);
    // Writing to a String can't fail.
    for id in graph.inner.node_indices() {
        let Some(work) = graph.work(id) else { continue };
        let label = match work {
            Work::Start { play } => format!("play: {}", title(*play)),
            Work::End { play } => format!("end: {}", title(*play)),
            Work::Batch { batch, .. } => format!("batch {}", batch + 1),
            Work::Task { task, host, .. } => format!("{} @ {host}", titled(task)),
            Work::Once { task, hosts, .. } => {
                format!("{} @ one of {}", titled(task), hosts.join(", "))
            }
            Work::Gate { moment, .. } => format!("gate {}", moment.word()),
            Work::Barrier { .. } => String::new(),
            Work::Flush { .. } => "handlers".to_owned(),
        };
        let label = label
            .replace('\\', "\\\\")
            .replace('"', "'")
            .replace('\n', " ");
        let number = id.index();
        let _ = match (format, label.is_empty()) {
            (Format::Dot, true) => writeln!(text, "  n{number} [shape=point label=\"\"];"),
            (Format::Dot, false) => writeln!(text, "  n{number} [label=\"{label}\"];"),
            (Format::Mermaid, true) => writeln!(text, "  n{number}(( ))"),
            (Format::Mermaid, false) => writeln!(text, "  n{number}[\"{label}\"]"),
        };
    }
    for edge in graph.inner.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = match format {
            Format::Dot => writeln!(text, "  n{from} -> n{to};"),
            Format::Mermaid => writeln!(text, "  n{from} --> n{to}"),
        };
    }
    text.push_str(close);
    text
}

fn titled(task: &Task) -> String {
    match task.keywords.gate {
        Some(moment) => format!("gate {}: {}", moment.word(), task.title()),
        None => task.title(),
    }
}
