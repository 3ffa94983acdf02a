//! What is said of a way home.

use super::{Coming, Way, Why};

/// Megabytes, rounded up.
pub(super) fn mb(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// Who is missing all the same.
pub(super) fn missing(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("still missing afterwards: {}", names.join(", ")))
}

impl Coming<'_> {
    /// What will be done, but for what may be lost.
    pub(super) fn lines(&self) -> Vec<String> {
        let (node, source) = (&self.asked.node, self.source);
        let timeline = self.theirs.timeline;
        let mut lines = vec![format!(
            "{node} becomes a standby of {source} (the primary, timeline {timeline})"
        )];
        let program = match self.way() {
            Way::Rewind => "pg_rewind",
            Way::Copy => "pg_basebackup",
            _ => {
                lines.push(self.follows());
                return lines;
            }
        };
        lines.push(format!("way: {program}, since {}", self.since()));
        let (bytes, free) = (mb(self.bytes()), mb(self.mine.free));
        let come = if self.way() == Way::Rewind {
            format!("are copied on {node}, and pg_rewind fetches what differs from {source}")
        } else {
            format!("come from {source}")
        };
        lines.push(format!(
            "bytes: about {bytes} {come}; {free} are free there"
        ));
        if self.mine.present {
            let (data, aside) = (&self.mine.data, self.aside());
            let removed = if self.asked.policy.keep_diverged_data {
                String::new()
            } else {
                format!(", and is removed when {node} streams (keep_diverged_data=false)")
            };
            let bytes = mb(self.mine.bytes);
            lines.push(format!(
                "moved aside: {data} ({bytes}) becomes {aside}{removed}"
            ));
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
        let node = &asked.node;
        let left = || match &asked.fork {
            Some(fork) => format!(
                "its WAL left the line of {source} at {} of timeline {}",
                fork.lsn, fork.timeline
            ),
            None => String::new(),
        };
        let id = |node: &super::Node| node.id.map(|id| id.to_string()).unwrap_or_default();
        match self.why {
            None => String::new(),
            Some(Why::Empty) => {
                let orphan = if mine.orphan.is_empty() {
                    ""
                } else {
                    " (a server without its data still runs there, and is stopped)"
                };
                format!("{node} holds no database in {}{orphan}", mine.data)
            }
            Some(Why::Foreign) => format!(
                "what lies in {} is another cluster (system identifier {}, this one is {}): it is moved \
                 aside and not used",
                mine.data,
                id(mine),
                id(theirs)
            ),
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
