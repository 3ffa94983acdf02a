//! Whether the other nodes follow the primary.

use super::case::{Case, Primary};
use super::{Finding, Level};
use crate::cluster::status::{Node, Postgres, Seen, Slot};

pub(super) fn judge(case: &Case, primary: Primary, findings: &mut Vec<Finding>) {
    let others = case
        .status
        .nodes
        .iter()
        .filter(|node| node.name != primary.name);
    for node in others {
        // What keeps the declared primary from its place is told there.
        let told = case.moved(primary)
            && case
                .declared_primary()
                .is_some_and(|declared| declared.name == node.name);
        if !told {
            findings.extend(follows(case, primary, node));
        }
    }
    slots(case, primary, findings);
}

fn follows(case: &Case, primary: Primary, node: &Node) -> Option<Finding> {
    let name = &node.name;
    let (says, mend) = match &node.seen {
        Seen::Up { answer } => return streams(case, primary, node, answer),
        Seen::Unreachable { why } => (
            format!(
                "{name} can't be reached ({why}){}; when it is back, it follows by itself",
                nothing_waits(primary, name)
            ),
            vec![],
        ),
        Seen::Down { why } => (
            format!(
                "PostgreSQL does not run on {name} ({why}){}",
                nothing_waits(primary, name)
            ),
            case.anew(name),
        ),
        Seen::Refused { why } => (
            format!("PostgreSQL on {name} gives no answer ({why})"),
            vec![],
        ),
    };
    Some(Finding {
        level: Level::Warning,
        says,
        mend,
    })
}

/// Commits that do wait are told where the synchronous names are judged.
fn nothing_waits(primary: Primary, node: &str) -> &'static str {
    if primary.waits_for(node) {
        ""
    } else {
        "; nothing waits for it"
    }
}

fn streams(case: &Case, primary: Primary, node: &Node, answer: &Postgres) -> Option<Finding> {
    let name = &node.name;
    let seen = primary
        .says
        .standbys
        .iter()
        .find(|standby| standby.application_name == *name);
    match seen.map(|standby| standby.state.as_str()) {
        Some("streaming") => None,
        Some(state) => Some(Finding {
            level: Level::Warning,
            says: format!(
                "{name} is not up to date with {} yet (state {state})",
                primary.name
            ),
            mend: vec![],
        }),
        None => Some(Finding {
            level: Level::Warning,
            says: format!(
                "{name} does not stream from {}: {}",
                primary.name,
                why_not(case, primary, answer).words
            ),
            mend: case.anew(name),
        }),
    }
}

/// Why a standby does not stream.
pub(super) struct Why {
    /// In words.
    pub words: String,
    /// Whether it holds what its primary does not hold.
    pub diverged: bool,
}

/// Why a standby does not stream from the primary.
pub(super) fn why_not(case: &Case, primary: Primary, answer: &Postgres) -> Why {
    let received = answer.receive_lsn.max(answer.replay_lsn);
    let later = answer.timeline > primary.says.timeline;
    let ahead = received > primary.says.write_lsn;
    let words = if later {
        format!(
            "it is on timeline {}, and {} on {}",
            answer.timeline, primary.name, primary.says.timeline
        )
    } else if ahead {
        format!(
            "it is ahead: it holds the log up to {}, and {} only up to {}",
            received.unwrap_or_default(),
            primary.name,
            primary.says.write_lsn.unwrap_or_default()
        )
    } else {
        match &answer.upstream {
            Some(upstream)
                if *upstream != primary.name && case.address(primary.name) != Some(upstream) =>
            {
                format!("it is told to follow {upstream}")
            }
            _ => "it has no connection".to_owned(),
        }
    };
    Why {
        words,
        diverged: later || ahead,
    }
}

/// What is wrong with the slots of the standbys.
pub(super) fn slots(case: &Case, primary: Primary, findings: &mut Vec<Finding>) {
    for slot in &primary.says.slots {
        let node = case
            .status
            .nodes
            .iter()
            .find(|node| node.slot_name() == slot.name);
        match (slot.wal_status.as_deref(), node) {
            (Some("lost"), Some(node)) => {
                findings.push(Finding {
                    level: Level::Warning,
                    says: format!(
                        "{} no longer keeps the log that {} needs (slot {} is lost): it must be built anew",
                        primary.name, node.name, slot.name
                    ),
                    mend: case.anew(&node.name),
                });
            }
            (Some("lost"), None) => findings.push(Finding {
                level: Level::Note,
                says: format!(
                    "slot {} on {} is lost and belongs to no node",
                    slot.name, primary.name
                ),
                mend: vec![],
            }),
            (Some("extended" | "unreserved"), _) if !slot.active => findings.push(Finding {
                level: Level::Warning,
                says: format!(
                    "slot {} on {} is idle and holds {} of the log back",
                    slot.name,
                    primary.name,
                    bytes(slot)
                ),
                mend: vec![],
            }),
            _ => {}
        }
    }
}

fn bytes(slot: &Slot) -> String {
    crate::cluster::amount::bytes(slot.retained_bytes.unwrap_or_default())
}
