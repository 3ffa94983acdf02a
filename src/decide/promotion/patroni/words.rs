//! What is said of a promotion.

use super::{Asked, Lacks, place};
use crate::decide::{Memory, Node, Services};

/// Each node, and how far it got.
pub(super) fn nodes(asked: &Asked, memory: &Memory) -> Vec<String> {
    let line = |name: &String| match asked.says.get(name) {
        None => silent(memory, name),
        Some(says) => reached(memory, name, says, asked.services.get(name)),
    };
    asked.nodes.iter().map(line).collect()
}

fn is_last_leader(memory: &Memory, node: &str) -> bool {
    memory.sync_leader.as_deref() == Some(node)
}

fn silent(memory: &Memory, node: &str) -> String {
    let role = if is_last_leader(memory, node) {
        "; it was the last leader"
    } else if memory.safe().contains(&node) {
        ", and commits waited for it"
    } else {
        ""
    };
    format!("{node}: cannot be reached{role}")
}

fn reached(memory: &Memory, node: &str, says: &Node, services: Option<&Services>) -> String {
    let server = if says.running {
        "PostgreSQL runs"
    } else if says.holds {
        "PostgreSQL is stopped"
    } else {
        "no database"
    };
    let patroni = if services.is_some_and(Services::runs) {
        "runs"
    } else {
        "is stopped"
    };
    let (timeline, end) = place(says);
    let log = if says.holds {
        format!(", timeline {timeline}, log up to {end}")
    } else {
        String::new()
    };
    let role = if is_last_leader(memory, node) {
        "; it was the last leader"
    } else if memory.safe().contains(&node) {
        "; commits waited for it"
    } else if memory.synchronous_mode && !memory.sync.is_empty() {
        "; commits did not wait for it"
    } else {
        ""
    };
    format!("{node}: {server}, Patroni {patroni}{log}{role}")
}

/// Of a node that has every acknowledged commit.
pub(super) fn whole(node: &str, says: &Node) -> [String; 2] {
    let (timeline, end) = place(says);
    [
        format!(
            "{node} is promoted: it has every acknowledged commit (log up to {end} of timeline {timeline})"
        ),
        "gap in writes: it ends with the promotion, about 3 s from now".to_owned(),
    ]
}

/// Of what is lost by the user's word.
pub(super) fn lost(lacks: &Lacks, says: &Node, memory: &Memory) -> String {
    let (timeline, end) = place(says);
    let safe = match &memory.safe()[..] {
        [] => lacks.bring.join(" or "),
        names => names.join(" or "),
    };
    format!(
        "{} is promoted with accept_loss=true: {}. LOST is what was acknowledged beyond {end} of timeline \
         {timeline}; which transactions that are is listed when {safe} comes back (restore-replica.yml)",
        lacks.node,
        lacks.why()
    )
}
