//! Questions to nodes and through the entry.

use crate::command::Ended;
use crate::lab::Lab;

/// SQL as the superuser of a node, whatever becomes of it.
#[track_caller]
pub fn try_sql(lab: &Lab, node: &str, sql: &str) -> Ended {
    lab.ssh(
        node,
        &format!("sudo -u postgres timeout 20 psql -XAtq -d postgres -c \"{sql}\""),
    )
}

/// SQL as the superuser of a node.
#[track_caller]
pub fn sql(lab: &Lab, node: &str, sql: &str) -> String {
    try_sql(lab, node, sql)
        .with_code(0)
        .stdout
        .trim()
        .to_owned()
}

/// SQL as the application, from the client through pgpool or HAProxy, in at most so many seconds.
#[track_caller]
pub fn through_entry(lab: &Lab, seconds: u32, sql: &str) -> Ended {
    lab.ssh(
        "client",
        &format!("timeout {seconds} psql -XAtq service=app -c \"{sql}\""),
    )
}

/// Whether a node says that it is a primary.
pub fn is_primary(lab: &Lab, node: &str) -> bool {
    try_sql(lab, node, "select pg_is_in_recovery()")
        .stdout
        .trim()
        == "f"
}
