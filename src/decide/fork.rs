//! Where the log of one node left that of another.

use super::{Lsn, Node, Timeline};
use serde::{Deserialize, Serialize};

/// Where a node's log left the line of the present primary.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Fork {
    /// The last timeline that both have.
    pub timeline: Timeline,
    /// Where the first of them left it.
    pub lsn: Lsn,
    /// The primary's next one; 0 where it has none.
    pub next: Timeline,
    /// Where the node's own log ends.
    pub end: Lsn,
}

/// A part of a node's log that its primary lacks.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Leg {
    /// The timeline that it is on.
    pub timeline: Timeline,
    /// Where it begins.
    pub from: Lsn,
    /// Where the node left that timeline; `None`: it is on it.
    pub until: Option<Lsn>,
}

impl Fork {
    /// What there is of `node`'s log from here on, in its order.
    pub fn beyond(&self, node: &Node) -> Vec<Leg> {
        let mut from = self.lsn;
        let mut legs = Vec::new();
        for (timeline, until) in node.history.legs(node.timeline) {
            // One that was left before the fork is the primary's too, though it may be later in number.
            if timeline < self.timeline || until.is_some_and(|until| until <= from) {
                continue;
            }
            legs.push(Leg {
                timeline,
                from,
                until,
            });
            from = until.unwrap_or(from);
        }
        legs
    }
}

/// Where the log of `node` left the line of `primary`; `None` where it is a part of it, or nothing that
/// could be compared.
pub fn fork(node: &Node, primary: &Node) -> Option<Fork> {
    if !node.holds || node.id.is_none() || node.id != primary.id {
        return None;
    }
    let mut ours = node.history.legs(node.timeline);
    let mut theirs = primary.history.legs(primary.timeline);
    let mut common = None;
    // Where both left the timeline before: only then the next of the same number is the same.
    let mut left = (None, None);
    let next = loop {
        match (ours.next(), theirs.next()) {
            (Some((our, our_end)), Some((their, their_end)))
                if our == their && left.0 == left.1 =>
            {
                let shorter = [our_end, their_end].into_iter().flatten().min();
                common = Some((our, shorter));
                left = (our_end, their_end);
            }
            (_, Some((their, _))) => break their,
            (Some(_), None) => break Timeline::default(),
            (None, None) => return None,
        }
    };
    let (timeline, lsn) = common?;
    let (lsn, end) = (lsn?, node.end()?);
    (end > lsn).then_some(Fork {
        timeline,
        lsn,
        next,
        end,
    })
}
