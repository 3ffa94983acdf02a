//! The graph as Graphviz or Mermaid text.

use super::{Graph, Work, build};
use crate::model::{Playbook, Task};
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
        let literal = |task: &Task| {
            task.keywords
                .run_once
                .as_ref()
                .is_some_and(|n| n.value == crate::yaml::Value::Bool(true))
        };
        let mut last = start;
        let mut first = Vec::new();
        for section in &playbook.plays[play].sections {
            if section.tasks.is_empty() {
                continue;
            }
            let (begin, end) = build::chain(&mut graph, play, &section.tasks, hosts, literal, last);
            if last == start {
                first = begin;
            }
            last = build::handlers(&mut graph, play, end);
        }
        graph.splice(start, last, &first);
    }
    graph
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
            Work::Task { task, host, .. } => format!("{} @ {host}", task.title()),
            Work::Once { task, hosts, .. } => {
                format!("{} @ one of {}", task.title(), hosts.join(", "))
            }
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
