//! What is said of a promotion by hand.

use super::{Seen, reached};
use crate::decide::Node;

/// The last primary goes on.
pub(super) fn starts_again(candidate: &str) -> String {
    format!(
        "{candidate} starts again as the primary that it was (nobody was promoted since); nothing is lost"
    )
}

impl Seen<'_> {
    /// What each node is and how far it got.
    pub(super) fn nodes(&self) -> Vec<String> {
        let line = |name: &String| {
            let is = match self.asked.says.get(name) {
                None => "cannot be reached".to_owned(),
                Some(says) => self.is(says),
            };
            let old = if self.old == Some(name) {
                " (the last primary)"
            } else {
                ""
            };
            let sure = if self.sure == Some(name) {
                " (it has every acknowledged commit)"
            } else {
                ""
            };
            format!("{name}: {is}{old}{sure}")
        };
        self.asked.nodes.iter().map(line).collect()
    }

    fn is(&self, says: &Node) -> String {
        let timeline = says.timeline;
        match &says.says {
            _ if !says.holds => "holds no database".to_owned(),
            None => {
                let what = if says.standby {
                    "a standby"
                } else {
                    "an earlier primary"
                };
                let end = says.end.map(|end| end.to_string()).unwrap_or_default();
                format!("{what}, stopped, timeline {timeline}, WAL up to {end}")
            }
            Some(server) if !server.recovers() => format!("PRIMARY, timeline {timeline}"),
            Some(server) => {
                let at = server.at.unwrap_or_default();
                format!(
                    "standby, timeline {timeline}, received {at}, {}",
                    self.behind(says)
                )
            }
        }
    }

    fn behind(&self, says: &Node) -> String {
        let best = self
            .best
            .and_then(|name| Some((name, reached(self.asked.says.get(name)?)?)));
        match (best, reached(says)) {
            (Some((name, (timeline, at))), Some((own, got))) if own == timeline && got < at => {
                format!("{} bytes behind {name}", at.0 - got.0)
            }
            (Some((name, (timeline, _))), Some((own, _))) if own < timeline => {
                format!("behind {name}, which is on timeline {timeline}")
            }
            _ => "nobody who answers has more".to_owned(),
        }
    }

    /// What will be done.
    pub(super) fn promoted(&self, candidate: &str, mine: &Node, loses: bool) -> [String; 2] {
        let what = if loses {
            let old = self.old.unwrap_or("the last primary");
            let (timeline, at) = reached(mine).unwrap_or_default();
            let still = match self.old {
                Some(old) if !self.asked.says.contains_key(old) => {
                    ", and what it still acknowledges: be sure that it is off"
                }
                _ => "",
            };
            format!(
                ". LOST with accept_loss=true: what {old} acknowledged after {at} of timeline {timeline}{still}"
            )
        } else {
            ", and has every acknowledged commit".to_owned()
        };
        let waits = if self.asked.strict {
            " and when a standby streams from it"
        } else {
            ""
        };
        [
            format!("{candidate} is promoted{what}"),
            format!("writes go on when pgpool has seen it, after a few seconds{waits}"),
        ]
    }
}
