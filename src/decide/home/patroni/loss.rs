//! What is lost, or may be, when a node's own log is given up.

use super::{Coming, Course, Refusal, Way};
use crate::decide::home::words::{lost, only};
use crate::decide::{Beyond, Lsn};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is judged where the data lies, by whom commits waited for
/// (`templates/patroni/pg_rewind.j2`: the same program judges a rewind of Patroni's own).
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Judged {
    /// Whether a rewind of it was broken off.
    pub half: bool,
    /// Whether nothing of it was acknowledged: `yes`, `no`, or something else where nobody knows.
    pub safe: String,
    /// Why.
    pub reason: String,
}

impl Default for Judged {
    fn default() -> Self {
        Self {
            half: false,
            safe: "unknown".to_owned(),
            reason: "nothing on this node tells for whom its commits waited".to_owned(),
        }
    }
}

impl Judged {
    /// Whether nothing of it was acknowledged.
    pub fn is_safe(&self) -> bool {
        self.safe == "yes"
    }
}

/// The log that only a node has, beyond where it left the line of the leader.
pub(super) struct Loss<'a> {
    beyond: Cow<'a, Beyond>,
    judged: Cow<'a, Judged>,
}

/// What a refusal tells of it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Told {
    /// The node.
    pub node: String,
    /// What only it has.
    pub beyond: Beyond,
    /// Why it may have been acknowledged.
    pub may: String,
}

impl Coming<'_> {
    pub fn judged(&self) -> Cow<'_, Judged> {
        let judged = self.asked.judged.get(self.node);
        judged.map_or_else(|| Cow::Owned(Judged::default()), Cow::Borrowed)
    }
}

impl<'a> Loss<'a> {
    /// What would be given up on this course; `None` where the node's log goes on.
    pub fn of(coming: &'a Coming, course: &Course) -> Option<Self> {
        let stays = matches!(course.way(), Way::Nothing | Way::Build);
        if stays || coming.mine.id != coming.theirs.id {
            return None;
        }
        if coming.fork.is_none() {
            let (_, leads_to) = coming.ahead().filter(|_| course.way().replaces())?;
            return Some(Self::beyond_leader(coming.leader, leads_to));
        }
        let beyond = coming.asked.beyond.get(coming.node);
        Some(Self {
            // A log that left the line has something, whether anybody read it or not.
            beyond: beyond.map_or_else(|| Cow::Owned(Beyond::unread()), Cow::Borrowed),
            judged: coming.judged(),
        })
    }

    /// What goes beyond the leader's own end. It left no line, so that nobody judged it.
    fn beyond_leader(leader: &str, end: Lsn) -> Self {
        let why = format!("it is on the timeline of {leader} itself");
        let reason = format!(
            "{leader}, whose log of the same timeline ends at {end}, may have lost it: clients may have been \
             told that it is committed"
        );
        Self {
            beyond: Cow::Owned(Beyond::unlisted(why)),
            judged: Cow::Owned(Judged {
                reason,
                ..Judged::default()
            }),
        }
    }

    /// Whether something of it may have been acknowledged to a client.
    fn may_be_acknowledged(&self) -> bool {
        !self.judged.is_safe() && (self.beyond.committed > 0 || !self.beyond.complete)
    }

    /// What is said of it; refused where it would be given up unasked.
    pub fn lines(&self, coming: &Coming, course: &Course) -> Result<Vec<String>, Refusal> {
        let policy = coming.asked.request.policy;
        let mut lines = only(coming.node, &self.beyond, "log");
        if self.beyond.is_nothing() {
            return Ok(lines);
        }
        lines.push(self.judged.reason.clone());
        if self.may_be_acknowledged() {
            if !policy.accept_loss {
                return Err(Refusal::MayBeLost(Told {
                    node: coming.node.to_owned(),
                    beyond: self.beyond.clone().into_owned(),
                    may: self.judged.reason.clone(),
                }));
            }
            lines.push(lost(&coming.exchange(course), policy));
        }
        Ok(lines)
    }
}
