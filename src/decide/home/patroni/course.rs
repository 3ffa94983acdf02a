//! What becomes of a node, and why.

use super::{Coming, Way};
use crate::decide::{Fork, Lsn};

/// What becomes of a node.
pub(super) enum Course<'a> {
    /// It streams: nothing is to be done.
    Streams,
    /// It streams, and its Patroni does not run.
    Unattended,
    /// It is a bare host, and is built.
    Build,
    /// Patroni is at work on its data.
    Works,
    /// Patroni copies the leader there by itself.
    Copies,
    /// Patroni rewinds it by itself.
    Rewinds(&'a Fork),
    /// Patroni starts its data as it is.
    Starts,
    /// Other data comes into the place of its own.
    Replace(Why<'a>),
}

/// Why the data that lies on a node is not used as it is.
pub(super) enum Why<'a> {
    /// There is none.
    Empty,
    /// It is another cluster's.
    Foreign,
    /// A rewind of it was broken off.
    Half,
    /// The leader no longer has the log that it needs, from the fork on where there is one.
    Gone(Option<&'a Fork>),
    /// Its log left the line of the leader, and can be taken back.
    Forked(&'a Fork),
    /// Its log left the line of the leader, and nothing tells which pages changed.
    Unmarked(&'a Fork),
    /// Its log goes on beyond that of the leader.
    Ahead {
        /// To there.
        end: Lsn,
        /// Where the leader's ends.
        leads_to: Lsn,
    },
    /// The leader no longer has the log from there on.
    Behind(Lsn),
}

impl Course<'_> {
    pub fn way(&self) -> Way {
        match self {
            Self::Streams => Way::Nothing,
            Self::Build => Way::Build,
            Self::Replace(Why::Forked(_)) => Way::Rewind,
            Self::Replace(_) => Way::Copy,
            _ => Way::Follow,
        }
    }
}

impl Coming<'_> {
    pub fn course(&self) -> Course<'_> {
        let services = self.services;
        // Where the folder was deleted below it, Patroni may try for ever to start what is not there.
        let busy = services.runs() && !services.works.is_empty() && services.waits.is_empty();
        if self.streams() {
            return if services.runs() {
                Course::Streams
            } else {
                Course::Unattended
            };
        }
        if !services.unit {
            Course::Build
        } else if busy && services.works != "pg_basebackup" {
            Course::Works
        } else if services.runs() && !self.mine.holds && (busy || self.memory.creates(self.node)) {
            Course::Copies
        } else if !self.mine.holds {
            Course::Replace(Why::Empty)
        } else if self.mine.id != self.theirs.id {
            Course::Replace(Why::Foreign)
        } else if self.half() {
            Course::Replace(Why::Half)
        } else {
            self.goes_on()
        }
    }

    /// What becomes of data that is the cluster's own.
    fn goes_on(&self) -> Course<'_> {
        let gone = self.fork.filter(|fork| self.lacks_from(fork.lsn));
        let end = self.mine.end();
        if gone.is_some() || self.lacks() {
            return Course::Replace(Why::Gone(gone));
        }
        if let Some(fork) = self.fork {
            let by_itself =
                self.services.runs() && !self.mine.running && self.services.waits.is_empty();
            return if by_itself && self.judged().is_safe() {
                Course::Rewinds(fork)
            } else if self.mine.checksums {
                Course::Replace(Why::Forked(fork))
            } else {
                Course::Replace(Why::Unmarked(fork))
            };
        }
        // Not known while a server recovers from its crash: then neither is what it lacks.
        if let Some((end, leads_to)) = self.ahead() {
            return Course::Replace(Why::Ahead { end, leads_to });
        }
        match end {
            Some(end) if self.lacks_from(end) => Course::Replace(Why::Behind(end)),
            _ => Course::Starts,
        }
    }

    fn streams(&self) -> bool {
        let says = self.theirs.says.as_ref();
        let seen = says.and_then(|says| says.standbys.get(self.node));
        self.mine.recovers() && seen.is_some_and(|standby| standby.state == "streaming")
    }

    /// While Patroni's own rewind is at work it looks half done, too.
    fn half(&self) -> bool {
        let Self { services, .. } = self;
        self.judged().half && (!services.waits.is_empty() || services.works != "pg_rewind")
    }

    /// Whether nobody has the log any more from there on. A rewound node asks for it from the fork on.
    fn lacks_from(&self, at: Lsn) -> bool {
        let begin = self.theirs.begin();
        !self.asked.archive && begin.is_some_and(|begin| begin > self.theirs.segment.floor(at))
    }

    /// Whether its server asked for such log already: one that does not answer has.
    fn lacks(&self) -> bool {
        self.mine.running && self.services.lacks && !self.asked.archive
    }

    /// Where its log ends and where the leader's does, on the leader's own timeline and before that. Who
    /// receives was only asked later than the leader.
    pub fn ahead(&self) -> Option<(Lsn, Lsn)> {
        let receives = self
            .mine
            .says
            .as_ref()
            .is_some_and(|says| says.receives == "streaming");
        let alike = self.mine.id == self.theirs.id && self.mine.timeline == self.theirs.timeline;
        let leads_to = self.theirs.says.as_ref().and_then(|says| says.at);
        let (end, leads_to) = self.mine.end().zip(leads_to)?;
        (self.fork.is_none() && alike && !receives && end > leads_to).then_some((end, leads_to))
    }
}
