//! The table of a cluster under pgpool.

use super::{node, table, word};
use crate::cluster::status::{Asked, ClusterStatus, Node, Pgpool, Seen};

/// The table, and a line for each pgpool.
pub(super) fn render(status: &ClusterStatus, pools: &[Asked<Pgpool>]) -> String {
    let mut rows = vec![node::header(&["PGPOOL"])];
    let nodes = status.nodes.iter().enumerate();
    rows.extend(nodes.map(|(id, node)| row(status, pools, id, node)));
    let mut text = table(&rows);
    text.push('\n');
    for pool in pools {
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
    text
}

fn row(status: &ClusterStatus, pools: &[Asked<Pgpool>], id: usize, node: &Node) -> Vec<String> {
    let mut row = node::row(status, node);
    let pool = pools
        .iter()
        .filter_map(|pool| pool.seen.answer())
        .flat_map(|pgpool| &pgpool.backends)
        .find(|backend| usize::try_from(backend.id) == Ok(id))
        .map_or_else(
            || "-".to_owned(),
            |backend| format!("{} {}", backend.status, backend.role),
        );
    row.push(pool);
    row
}
