//! A status and its verdict as people read them.

use super::judge::{Level, Verdict};
use super::status::{ClusterStatus, Node, Postgres, Seen, Standby};

const HEADER: [&str; 10] = [
    "NODE", "DECLARED", "IS", "TIMELINE", "LSN", "LAG", "BEHIND", "SYNC", "SLOT", "PGPOOL",
];

/// The table, what is wrong, and what mends it.
pub fn render(status: &ClusterStatus, verdict: &Verdict) -> String {
    let mut rows: Vec<Vec<String>> = vec![HEADER.iter().map(|cell| (*cell).to_owned()).collect()];
    rows.extend(
        status
            .nodes
            .iter()
            .enumerate()
            .map(|(id, node)| row(status, id, node)),
    );
    let mut text = table(&rows);
    text.push('\n');
    for pool in &status.pools {
        let how = match &pool.seen {
            Seen::Up { answer } => {
                let attached = answer
                    .backends
                    .iter()
                    .filter(|backend| backend.attached())
                    .count();
                format!("up, {attached} of {} nodes attached", answer.backends.len())
            }
            other => word(other).to_owned(),
        };
        text.push_str(&format!("pgpool on {}: {how}\n", pool.name));
    }
    if let Some((node, says)) = status.primaries().next() {
        let names = match says.synchronous_standby_names.as_str() {
            "" => "nobody",
            names => names,
        };
        text.push_str(&format!("commits on {} wait for: {names}\n", node.name));
    }
    text.push_str(&format!("\n{}\n", verdict.summary));
    for finding in &verdict.findings {
        let level = match finding.level {
            Level::Fault => "fault",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        let end = if finding.mend.is_empty() { '.' } else { ':' };
        text.push_str(&format!("\n{level}: {}{end}\n", finding.says));
        for command in &finding.mend {
            text.push_str(&format!("    {command}\n"));
        }
    }
    text
}

fn row(status: &ClusterStatus, id: usize, node: &Node) -> Vec<String> {
    let none = || "-".to_owned();
    let pool = status
        .pools
        .iter()
        .filter_map(|pool| pool.seen.answer())
        .flat_map(|pgpool| &pgpool.backends)
        .find(|backend| usize::try_from(backend.id) == Ok(id))
        .map_or_else(none, |backend| {
            format!("{} {}", backend.status, backend.role)
        });
    let Some(says) = node.seen.answer() else {
        let mut row = vec![
            node.name.clone(),
            node.declared.to_string(),
            word(&node.seen).to_owned(),
        ];
        row.extend((0..6).map(|_| none()));
        row.push(pool);
        return row;
    };
    let standby = status
        .primaries()
        .flat_map(|(_, primary)| &primary.standbys)
        .find(|standby| standby.application_name == node.name);
    let slot = status
        .primaries()
        .flat_map(|(_, primary)| &primary.slots)
        .find(|slot| slot.name == node.name.to_lowercase().replace(['-', '.'], "_"))
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
    vec![
        node.name.clone(),
        node.declared.to_string(),
        if says.in_recovery {
            "standby".to_owned()
        } else {
            "primary".to_owned()
        },
        says.timeline.to_string(),
        lsn.map_or_else(none, |lsn| lsn.to_string()),
        standby.map_or_else(none, |standby| bytes(standby.replay_lag_bytes)),
        behind(says, standby),
        standby.map_or_else(none, |standby| standby.sync_state.clone()),
        slot,
        pool,
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

fn word<T>(seen: &Seen<T>) -> &'static str {
    match seen {
        Seen::Up { .. } => "up",
        Seen::Down { .. } => "stopped",
        Seen::Refused { .. } => "no answer",
        Seen::Unreachable { .. } => "unreachable",
    }
}

/// A number of bytes for people.
pub(super) fn bytes(count: i64) -> String {
    #[allow(clippy::cast_precision_loss)] // One digit after the point is shown.
    let mut rest = count as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or("B");
    while rest.abs() >= 1024.0 {
        let Some(next) = units.next() else { break };
        rest /= 1024.0;
        unit = next;
    }
    if unit == "B" {
        format!("{count} B")
    } else {
        format!("{rest:.1} {unit}")
    }
}

fn seconds(count: f64) -> String {
    if count < 10.0 {
        format!("{:.1} s", count.max(0.0))
    } else if count < 120.0 {
        format!("{count:.0} s")
    } else {
        format!("{:.0} min", count / 60.0)
    }
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let line: String = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}  "))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!(
            (bytes(12), bytes(2048), bytes(5 << 30)),
            ("12 B".into(), "2.0 kB".into(), "5.0 GB".into())
        );
        assert_eq!(
            (seconds(0.25), seconds(34.0), seconds(600.0)),
            ("0.2 s".into(), "34 s".into(), "10 min".into())
        );
    }
}
