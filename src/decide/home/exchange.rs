//! A node whose data gives way to other data.

use super::words::mb;
use super::{Obstacle, Policy, Way};
use crate::decide::Node;

/// Such a node, the one whose data it gets, and the way.
pub(super) struct Exchange<'a> {
    pub node: &'a str,
    pub mine: &'a Node,
    pub source: &'a str,
    pub theirs: &'a Node,
    pub way: Way,
}

impl Exchange<'_> {
    /// How many bytes are copied.
    pub fn bytes(&self) -> u64 {
        match self.way {
            Way::Rewind => self.mine.bytes,
            Way::Copy => self.theirs.says.as_ref().map_or(0, |says| says.size),
            _ => 0,
        }
    }

    /// What is needed beside the old data: what is copied, a tenth more, and log.
    fn needs(&self) -> u64 {
        self.bytes().saturating_mul(11) / 10 + (64 << 20)
    }

    /// What the data folder is renamed to; empty where it stays.
    pub fn aside(&self) -> String {
        if self.way.replaces() {
            format!("{}.before-restore-{}", self.mine.data, self.mine.now)
        } else {
            String::new()
        }
    }

    /// What would stand in the way of it.
    pub fn room(&self) -> Result<(), Obstacle> {
        let (node, needs) = (self.node.to_owned(), self.needs());
        if self.mine.tablespaces > 0 {
            Err(Obstacle::Tablespaces(node))
        } else if self.theirs.tablespaces > 0 {
            Err(Obstacle::Tablespaces(self.source.to_owned()))
        } else if self.mine.mounted {
            Err(Obstacle::Mounted(node))
        } else if self.mine.free < needs {
            Err(Obstacle::Full { node, needs })
        } else {
            Ok(())
        }
    }

    /// What is said of it, but for what may be lost.
    pub fn lines(&self, since: &str, policy: Policy) -> Vec<String> {
        let (node, source, mine) = (self.node, self.source, self.mine);
        let (program, come) = if self.way == Way::Rewind {
            (
                "pg_rewind",
                format!("are copied on {node}, and pg_rewind fetches what differs from {source}"),
            )
        } else {
            ("pg_basebackup", format!("come from {source}"))
        };
        let (bytes, free) = (mb(self.bytes()), mb(mine.free));
        let mut lines = vec![
            format!("way: {program}, since {since}"),
            format!("bytes: about {bytes} {come}; {free} are free there"),
        ];
        if mine.present {
            let removed = if policy.keep_diverged_data {
                String::new()
            } else {
                format!(", and is removed when {node} streams (keep_diverged_data=false)")
            };
            let (data, bytes, aside) = (&mine.data, mb(mine.bytes), self.aside());
            lines.push(format!(
                "moved aside: {data} ({bytes}) becomes {aside}{removed}"
            ));
        }
        lines
    }
}
