//! What each node was over time, and where two were writable at once.

use super::axis::{Axis, Stretch};
use crate::drill::report::{Report, Span};
use serde::Serialize;

/// A node's lane.
#[derive(Serialize)]
pub struct Node<'a> {
    name: &'a str,
    bands: Vec<Spell<'a>>,
    writable: Vec<Stretch>,
}

/// What a node was for a while.
#[derive(Serialize)]
struct Spell<'a> {
    class: &'static str,
    role: &'a str,
    #[serde(flatten)]
    stretch: Stretch,
}

/// All nodes' lanes.
pub fn lanes<'a>(axis: Axis, report: &'a Report) -> Vec<Node<'a>> {
    let lane = |name: &'a String| {
        let bands = report.roles.iter().filter(|band| band.node == *name);
        let writable = report.writable.iter().filter(|span| span.node == *name);
        Node {
            name,
            bands: bands
                .map(|band| Spell {
                    class: class(&band.role),
                    role: &band.role,
                    stretch: axis.stretch(band.from, band.to),
                })
                .collect(),
            writable: writable
                .map(|span| axis.stretch(span.from, span.to))
                .collect(),
        }
    };
    report.nodes.iter().map(lane).collect()
}

/// Which colour is which role.
pub const KEYS: [(&str, &str); 6] = [
    ("primary", "primary"),
    ("synchronous", "synchronous standby"),
    ("standby", "standby"),
    ("down", "down, its host answers"),
    ("silent", "silent"),
    ("writable-key", "took synchronous commits"),
];

/// The class of a role's band.
fn class(role: &str) -> &'static str {
    match role {
        "primary" => "primary",
        "synchronous" => "synchronous",
        "standby" => "standby",
        "down" => "down",
        _ => "silent",
    }
}

/// When at least two nodes were writable.
pub fn at_once(writable: &[Span]) -> Vec<(f64, f64)> {
    let mut both: Vec<(f64, f64)> = Vec::new();
    for (index, one) in writable.iter().enumerate() {
        for other in writable[index + 1..]
            .iter()
            .filter(|other| other.node != one.node)
        {
            let (from, to) = (one.from.max(other.from), one.to.min(other.to));
            if from < to {
                both.push((from, to));
            }
        }
    }
    both.sort_by(|a, b| a.0.total_cmp(&b.0));
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_that_were_writable_at_once_are_seen() {
        let span = |node: &str, from, to| Span {
            node: node.to_owned(),
            from,
            to,
        };
        let in_turn = [
            span("a", 0.0, 5.0),
            span("b", 5.0, 9.0),
            span("a", 8.0, 8.0),
        ];
        assert_eq!(at_once(&in_turn), []);
        let twice = [
            span("a", 0.0, 5.0),
            span("b", 4.0, 9.0),
            span("a", 2.0, 3.0),
            span("c", 1.0, 2.0),
        ];
        assert_eq!(at_once(&twice), [(1.0, 2.0), (4.0, 5.0)]);
    }
}
