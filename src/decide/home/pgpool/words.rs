//! What is said of a way home.

use super::{Coming, Why};
use crate::decide::home::words::{foreign, orphan};

/// Who is missing all the same.
pub(super) fn missing(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("still missing afterwards: {}", names.join(", ")))
}

impl Coming<'_> {
    /// What will be done, but for what may be lost.
    pub(super) fn lines(&self) -> Vec<String> {
        let (node, source) = (&self.asked.request.node, self.source);
        let timeline = self.theirs.timeline;
        let mut lines = vec![format!(
            "{node} becomes a standby of {source} (the primary, timeline {timeline})"
        )];
        if self.way().replaces() {
            lines.extend(self.exchange().lines(&self.since(), self.policy()));
        } else {
            lines.push(self.follows());
        }
        lines
    }

    fn follows(&self) -> String {
        let end = self.mine.end().unwrap_or_default();
        let source = self.source;
        let how = if self.mine.recovers() {
            format!("is turned to {source}")
        } else {
            "starts as a standby".to_owned()
        };
        format!(
            "way: its data is good as it is (WAL up to {end}, which {source} continues): it {how}; \
             nothing is copied"
        )
    }

    /// Why the node's own data is not used as it is.
    fn since(&self) -> String {
        let Self {
            mine,
            source,
            theirs,
            asked,
            ..
        } = self;
        let node = &asked.request.node;
        let left = || match &asked.fork {
            Some(fork) => format!(
                "its WAL left the line of {source} at {} of timeline {}",
                fork.lsn, fork.timeline
            ),
            None => String::new(),
        };
        match self.why {
            None => String::new(),
            Some(Why::Empty) => {
                format!("{node} holds no database in {}{}", mine.data, orphan(mine))
            }
            Some(Why::Foreign) => foreign(mine, theirs),
            Some(Why::Forked) => {
                let end = mine.end().unwrap_or_default();
                format!("{} and goes on to {end}", left())
            }
            Some(Why::Unmarked) => format!(
                "{}, and pg_rewind needs data checksums or wal_log_hints, which it has not",
                left()
            ),
            Some(Why::Unwanted) => format!("{}, and pg_rewind is not wanted", left()),
            Some(Why::Behind) => format!(
                "{source} no longer has the WAL that it needs (from {} on)",
                mine.end().unwrap_or_default()
            ),
        }
    }
}
