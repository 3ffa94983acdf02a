//! What every table says of a node: what its PostgreSQL is.

use super::word;
use crate::cluster::amount::{bytes, seconds};
use crate::cluster::status::{ClusterStatus, Node, Postgres, Standby};

const HEADER: [&str; 9] = [
    "NODE", "DECLARED", "IS", "TIMELINE", "LSN", "LAG", "BEHIND", "SYNC", "SLOT",
];

/// The heads of the columns, with those of the topology.
pub(super) fn header(further: &[&str]) -> Vec<String> {
    HEADER
        .iter()
        .chain(further)
        .map(|cell| (*cell).to_owned())
        .collect()
}

/// The cells of a node.
pub(super) fn row(status: &ClusterStatus, node: &Node) -> Vec<String> {
    let none = || "-".to_owned();
    let Some(says) = node.seen.answer() else {
        let mut row = vec![
            node.name.clone(),
            node.declared.to_string(),
            word(&node.seen).to_owned(),
        ];
        row.resize_with(HEADER.len(), none);
        return row;
    };
    let standby = status
        .primaries()
        .flat_map(|(_, primary)| &primary.standbys)
        .find(|standby| standby.application_name == node.name);
    let slot_name = node.slot_name();
    let slot = status
        .primaries()
        .flat_map(|(_, primary)| &primary.slots)
        .find(|slot| slot.name == slot_name)
        .map_or_else(none, |slot| {
            let how = if slot.active { "active" } else { "idle" };
            slot.wal_status
                .as_ref()
                .map_or_else(|| how.to_owned(), |wal| format!("{how} {wal}"))
        });
    let lsn = if says.in_recovery {
        says.replay_lsn
    } else {
        says.write_lsn
    };
    let is = if says.in_recovery {
        "standby"
    } else {
        "primary"
    };
    vec![
        node.name.clone(),
        node.declared.to_string(),
        is.to_owned(),
        says.timeline.to_string(),
        lsn.map_or_else(none, |lsn| lsn.to_string()),
        standby.map_or_else(none, |standby| bytes(standby.replay_lag_bytes)),
        behind(says, standby),
        standby.map_or_else(none, |standby| standby.sync_state.clone()),
        slot,
    ]
}

/// How far a standby is behind in time, and how far it is meant to be.
fn behind(says: &Postgres, standby: Option<&Standby>) -> String {
    if !says.in_recovery {
        return "-".to_owned();
    }
    let lag = standby
        .and_then(|standby| standby.replay_lag_seconds)
        .or(says.replay_age_seconds);
    let lag = lag.map_or_else(|| "?".to_owned(), seconds);
    if says.apply_delay_ms > 0 {
        #[allow(clippy::cast_precision_loss)] // A delay of 2^53 ms is longer than a log is kept.
        let delay = seconds(says.apply_delay_ms as f64 / 1000.0);
        return format!("{lag} (delay {delay})");
    }
    lag
}
