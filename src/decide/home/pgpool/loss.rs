//! What is lost, or may be, when a node's own log is given up.

use super::{Coming, Policy};
use crate::decide::home::words::{lost, only};
use crate::decide::{Beyond, Pool};
use serde::{Deserialize, Serialize};

/// The log that only a node has, beyond where it left the line of the primary.
pub(super) struct Loss<'a> {
    beyond: &'a Beyond,
    /// Who was promoted where the node's log left the line.
    promoted: Option<&'a str>,
    /// Whether every commit that was acknowledged is known to whom was promoted.
    waited: bool,
}

/// What a refusal tells of it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Told {
    /// What only the node has.
    pub beyond: Beyond,
    /// Why it may have been acknowledged.
    pub may: String,
}

impl<'a> Loss<'a> {
    /// What would be given up by this way; `None` where the node's log goes on.
    pub fn of(coming: &'a Coming, pool: &'a Pool) -> Option<Self> {
        let fork = coming.asked.fork.as_ref()?;
        if !coming.way().replaces() || coming.mine.id != coming.theirs.id {
            return None;
        }
        let source = (coming.theirs.timeline == fork.next).then_some(coming.source);
        let promoted = pool.line.get(&fork.next).map(String::as_str).or(source);
        let (names, commit) = coming.mine.commits();
        let named = |led: &str| names.contains(&format!("\"{led}\""));
        // What a standby has came from a primary whose commits waited for whom pg-failover promoted.
        let waited = promoted.is_some_and(|led| {
            !pool.forced(fork.next)
                && (coming.mine.standby
                    || named(led) && ["on", "remote_apply", "remote_write"].contains(&commit))
        });
        Some(Self {
            beyond: &coming.asked.beyond,
            promoted,
            waited,
        })
    }

    /// Whether something of it may have been acknowledged to a client.
    fn may_be_acknowledged(&self) -> bool {
        !self.waited && (self.beyond.committed > 0 || !self.beyond.complete)
    }

    pub fn refuses(&self, policy: Policy) -> bool {
        self.may_be_acknowledged() && !policy.accept_loss
    }

    pub fn summary(&self, coming: &Coming) -> Told {
        Told {
            beyond: self.beyond.clone(),
            may: self.may(coming),
        }
    }

    fn may(&self, coming: &Coming) -> String {
        let (names, _) = coming.mine.commits();
        let names = if names.is_empty() { "nobody" } else { names };
        let promoted = self.promoted.unwrap_or("somebody else");
        format!(
            "they may have been acknowledged: its commits waited for {names}, and {promoted} was promoted"
        )
    }

    pub fn lines(&self, coming: &Coming) -> Vec<String> {
        let mut lines = only(&coming.asked.request.node, self.beyond, "WAL");
        if self.beyond.is_nothing() {
            return lines;
        }
        if self.waited {
            lines.push(self.never(coming));
        } else if self.may_be_acknowledged() {
            lines.push(self.may(coming));
            lines.push(lost(&coming.exchange(), coming.policy()));
        }
        lines
    }

    /// Why nothing of it was acknowledged.
    fn never(&self, coming: &Coming) -> String {
        let promoted = self.promoted.unwrap_or_default();
        let (names, _) = coming.mine.commits();
        let whose = if coming.mine.standby {
            "it had them as a standby, and the commits of its primary".to_owned()
        } else {
            "its commits".to_owned()
        };
        let setting = if coming.mine.standby {
            String::new()
        } else {
            format!(" (synchronous_standby_names {names})")
        };
        format!(
            "they were never acknowledged: {whose} waited for {promoted}{setting}, which was promoted without them"
        )
    }
}
