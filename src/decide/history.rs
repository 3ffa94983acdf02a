//! The line of timelines that a node's log went along.

use super::Lsn;
use serde::{Deserialize, Serialize};

/// One run of the log between two promotions, counted from 1.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash,
)]
#[serde(transparent)]
pub struct Timeline(pub u32);

impl std::fmt::Display for Timeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The timelines before the present one in their order, each with where it was left.
///
/// As nodes tell it: `1 0/3000060,2 0/5000148`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(try_from = "String", into = "String")]
pub struct History(Vec<(Timeline, Lsn)>);

impl TryFrom<String> for History {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let legs = text.split(',').filter(|leg| !leg.is_empty()).map(|leg| {
            let (timeline, end) = leg.split_once(' ')?;
            Some((Timeline(timeline.parse().ok()?), end.parse().ok()?))
        });
        let legs: Option<Vec<_>> = legs.collect();
        legs.map(Self)
            .ok_or_else(|| format!("`{text}` is no history of timelines"))
    }
}

impl From<History> for String {
    fn from(history: History) -> Self {
        let legs = history.0.iter();
        let legs: Vec<Self> = legs.map(|(line, end)| format!("{line} {end}")).collect();
        legs.join(",")
    }
}

impl History {
    /// All legs with the present timeline, which has no end yet.
    pub fn legs(&self, present: Timeline) -> impl Iterator<Item = (Timeline, Option<Lsn>)> {
        let left = self.0.iter().map(|&(timeline, end)| (timeline, Some(end)));
        left.chain([(present, None)])
    }
}
