//! What is said of every way home.

use super::{Exchange, Policy, Request};
use crate::decide::{Beyond, Node};

/// Megabytes, rounded up.
pub(super) fn mb(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// The folder that a path is in.
pub(super) fn above(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((above, _)) => above,
    }
}

/// Of a server without its data.
pub(super) fn orphan(node: &Node) -> &'static str {
    if node.orphan.is_empty() {
        ""
    } else {
        " (a server without its data still runs there, and is stopped)"
    }
}

/// Of another cluster's data.
pub(super) fn foreign(mine: &Node, theirs: &Node) -> String {
    let id = |node: &Node| node.id.map(|id| id.to_string()).unwrap_or_default();
    format!(
        "what lies in {} is another cluster (system identifier {}, this one is {}): it is moved aside \
         and not used",
        mine.data,
        id(mine),
        id(theirs)
    )
}

/// The transactions that only this node has; `log` is how its cluster calls what can't be listed.
pub(super) fn only(node: &str, beyond: &Beyond, log: &str) -> Vec<String> {
    if beyond.is_nothing() {
        return vec![format!("no transaction is only on {node}")];
    }
    let what = if beyond.complete {
        let s = if beyond.count == 1 { "" } else { "s" };
        let (count, committed) = (beyond.count, beyond.committed);
        format!("{count} transaction{s} ({committed} committed there)")
    } else {
        format!("{log} that can't be listed whole ({})", beyond.why)
    };
    let head = format!("only {node} has {what}:");
    [head].into_iter().chain(beyond.lines.clone()).collect()
}

/// What is lost by the user's word.
pub(super) fn lost(exchange: &Exchange, policy: Policy) -> String {
    let kept = if policy.keep_diverged_data && exchange.way.replaces() {
        format!("; it stays in {}", exchange.aside())
    } else {
        String::new()
    };
    format!("LOST with accept_loss=true: what is listed above{kept}")
}

/// Why what only this node has is not given up unasked. `may`: why it may have been acknowledged.
pub(super) fn kept(request: &Request, node: &str, beyond: &Beyond, log: &str, may: &str) -> String {
    let what = if beyond.complete {
        let s = if beyond.committed == 1 { "" } else { "s" };
        format!("{} committed transaction{s}", beyond.committed)
    } else {
        log.to_owned()
    };
    format!(
        "{node} has {what} that no other node has{may}. Nothing was touched. Look at them, and copy by hand \
         what you need; to give them up (they stay beside the new data): {} -e accept_loss=true\n  {}",
        request.again(),
        beyond.lines.join("\n  ")
    )
}
