//! Changes as they may be told where `no_log` or `diff: false` stands.

use super::event::TaskInfo;
use crate::modules::{Change, Detail};

/// What stands for what `no_log` hides.
pub const HIDDEN: &str = "(hidden by no_log)";

fn without_text(change: Change) -> Change {
    let detail = match change.detail {
        Detail::Text { .. } => Detail::Text {
            before: None,
            after: None,
        },
        other => other,
    };
    Change { detail, ..change }
}

/// Changes without what `no_log` hides, and without texts that differ where `diff` is false.
pub fn censored(changes: Vec<Change>, info: &TaskInfo) -> Vec<Change> {
    if !info.no_log {
        if info.diff == Some(false) {
            return changes.into_iter().map(without_text).collect();
        }
        return changes;
    }
    let hidden = format!("{} (hidden by no_log)", info.module);
    changes
        .into_iter()
        // What stands beside a change says nothing without it.
        .filter(|change| !change.detail.stands_beside())
        .map(|change| Change::new(change.sign, &hidden))
        .collect()
}
