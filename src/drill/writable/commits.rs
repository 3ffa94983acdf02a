//! The commits that nodes acknowledged: when a node was writable, and whether two were at once.

use crate::drill::report::Span;
use std::collections::BTreeMap;

/// A node without an acknowledged commit for so long was not writable meanwhile.
const PAUSE: f64 = 1.0;

/// A commit that a node acknowledged, in seconds since the drill began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commit {
    /// The timeline that it was written on.
    pub timeline: u32,
    /// When it was asked for.
    pub begun: f64,
    /// When it was acknowledged.
    pub acknowledged: f64,
}

/// The commits of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The node.
    pub node: String,
    /// How far its clock may be from what we take it for.
    pub doubt: f64,
    /// The commits in their order.
    pub commits: Vec<Commit>,
}

/// Reads what the probe wrote; `told` makes a moment of the host's clock one of the drill's. A
/// pulled plug cuts a line.
pub fn read(text: &str, told: impl Fn(f64) -> f64) -> Vec<Commit> {
    let lines = text.split_inclusive('\n');
    let commit = |line: &str| {
        let mut words = line.strip_suffix('\n')?.split(' ');
        let commit = Commit {
            timeline: u32::from_str_radix(words.next()?, 16).ok()?,
            begun: told(words.next()?.parse().ok()?),
            acknowledged: told(words.next()?.parse().ok()?),
        };
        words.next().is_none().then_some(commit)
    };
    lines.filter_map(commit).collect()
}

/// When each node was writable.
pub fn spans(nodes: &[Written]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for node in nodes {
        let mut open: Option<Span> = None;
        for commit in &node.commits {
            match &mut open {
                Some(span) if commit.acknowledged - span.to <= PAUSE => {
                    span.to = commit.acknowledged;
                }
                _ => spans.extend(open.replace(Span {
                    node: node.node.clone(),
                    from: commit.begun.max(commit.acknowledged - PAUSE),
                    to: commit.acknowledged,
                })),
            }
        }
        spans.extend(open);
    }
    spans
}

/// What a node did on one timeline.
struct Stay<'a> {
    node: &'a Written,
    timeline: u32,
    first: Commit,
    /// The commit that was begun last.
    last: Commit,
}

/// Where two nodes were writable at once, in words: both on one timeline, or one on an old timeline
/// with a commit that it began after the other's first on a newer was acknowledged.
pub fn two(nodes: &[Written]) -> Vec<String> {
    let mut stays: Vec<Stay> = Vec::new();
    for node in nodes {
        let mut of_node: BTreeMap<u32, Stay> = BTreeMap::new();
        for commit in &node.commits {
            let stay = of_node.entry(commit.timeline).or_insert(Stay {
                node,
                timeline: commit.timeline,
                first: *commit,
                last: *commit,
            });
            if commit.acknowledged < stay.first.acknowledged {
                stay.first = *commit;
            }
            if commit.begun > stay.last.begun {
                stay.last = *commit;
            }
        }
        stays.extend(of_node.into_values());
    }
    let mut told = Vec::new();
    for (place, new) in stays.iter().enumerate() {
        for (other, old) in stays.iter().enumerate() {
            let doubt = new.node.doubt + old.node.doubt;
            let both = match old.timeline.cmp(&new.timeline) {
                // Said once of each pair.
                std::cmp::Ordering::Equal => place < other,
                std::cmp::Ordering::Less => old.last.begun > new.first.acknowledged + doubt,
                std::cmp::Ordering::Greater => false,
            };
            if both && old.node.node != new.node.node {
                told.push(format!(
                    "{} acknowledged a commit on timeline {} at {:.3} s, and {} one on timeline {} that was begun at {:.3} s",
                    new.node.node, new.timeline, new.first.acknowledged, old.node.node, old.timeline, old.last.begun
                ));
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, commits: &[(u32, f64, f64)]) -> Written {
        Written {
            node: name.into(),
            doubt: 0.0,
            commits: commits
                .iter()
                .map(|&(timeline, begun, acknowledged)| Commit {
                    timeline,
                    begun,
                    acknowledged,
                })
                .collect(),
        }
    }

    #[test]
    fn lines_are_read_and_a_cut_one_is_left_out() {
        let text = "00000001 1000.5 1000.75\n0000000A 1001.0 1001.5\nnoise\n00000001 1002.0 100";
        let read = read(text, |unix| unix - 1000.0);
        let commit = |timeline, begun, acknowledged| Commit {
            timeline,
            begun,
            acknowledged,
        };
        assert_eq!(read, [commit(1, 0.5, 0.75), commit(10, 1.0, 1.5)]);
    }

    #[test]
    fn a_failover_in_good_order_has_one_writable_node_at_a_time() {
        // A's last commit was begun before B's first was acknowledged: A was frozen, say.
        let nodes = [
            node("a", &[(1, 0.0, 0.1), (1, 0.2, 0.3), (1, 0.4, 9.0)]),
            node("b", &[(2, 5.0, 5.1), (2, 5.2, 5.3)]),
        ];
        assert!(two(&nodes).is_empty(), "{:?}", two(&nodes));
        let told: Vec<_> = spans(&nodes)
            .into_iter()
            .map(|span| (span.node, span.from, span.to))
            .collect();
        let span = |node: &str, from, to| (node.to_owned(), from, to);
        assert_eq!(
            told,
            [
                span("a", 0.0, 0.3),
                span("a", 8.0, 9.0),
                span("b", 5.0, 5.3)
            ]
        );
    }

    #[test]
    fn an_old_primary_that_goes_on_is_seen() {
        let mut nodes = [
            node("a", &[(1, 0.0, 0.1), (1, 6.0, 6.1)]),
            node("b", &[(2, 5.0, 5.1)]),
        ];
        insta::assert_snapshot!(two(&nodes).join("\n"), @"b acknowledged a commit on timeline 2 at 5.100 s, and a one on timeline 1 that was begun at 6.000 s");
        // Unless the clocks are not known well enough to say so.
        nodes[0].doubt = 1.0;
        assert!(two(&nodes).is_empty());
    }

    #[test]
    fn one_timeline_has_one_primary_whenever_that_was() {
        let nodes = [node("a", &[(3, 0.0, 0.1)]), node("b", &[(3, 50.0, 50.1)])];
        assert_eq!(two(&nodes).len(), 1);
    }

    #[test]
    fn going_there_and_back_is_no_fault() {
        let nodes = [
            node("a", &[(1, 0.0, 0.1), (3, 20.0, 20.1)]),
            node("b", &[(2, 10.0, 10.1), (2, 19.0, 19.1)]),
        ];
        assert!(two(&nodes).is_empty());
    }
}
