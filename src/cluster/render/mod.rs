//! A status and its verdict as people read them.

mod node;
mod patroni;
mod pgpool;

use super::judge::{Finding, Level, Verdict};
use super::status::{ClusterStatus, Seen, TopologyStatus};

/// The table, what is wrong, and what mends it.
pub fn render(status: &ClusterStatus, verdict: &Verdict) -> String {
    let mut text = match &status.topology {
        TopologyStatus::Pgpool { pools } => pgpool::render(status, pools),
        TopologyStatus::Patroni(around) => patroni::render(status, around),
    };
    if let Some((node, says)) = status.primaries().next() {
        let names = match says.synchronous_standby_names.as_str() {
            "" => "nobody",
            names => names,
        };
        text.push_str(&format!("commits on {} wait for: {names}\n", node.name));
    }
    if let Some(policy) = &verdict.policy {
        text.push_str(&format!("policy: {policy}\n"));
    }
    text.push_str(&format!("\n{}\n", verdict.summary));
    text.push_str(&findings(&verdict.findings));
    text
}

/// What is to be said, each with the commands that mend it.
pub fn findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
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

fn word<T>(seen: &Seen<T>) -> &'static str {
    match seen {
        Seen::Up { .. } => "up",
        Seen::Down { .. } => "stopped",
        Seen::Refused { .. } => "no answer",
        Seen::Unreachable { .. } => "unreachable",
    }
}

/// Rows whose columns stand below one another.
pub fn table(rows: &[Vec<String>]) -> String {
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
