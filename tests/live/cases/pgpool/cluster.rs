//! How the cases look at the cluster.

use crate::command::Ended;
use crate::lab::Lab;
use crate::wait::wait_until;
use std::path::Path;

/// The nodes, in pgpool's order.
pub const NODES: [&str; 3] = ["pg-a", "pg-b", "pg-c"];

/// The playbook that the cases apply.
pub fn playbook() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("playbooks/pgpool.yml")
        .to_str()
        .unwrap()
        .to_owned()
}

/// Applies the playbook.
#[track_caller]
pub fn apply(lab: &Lab) -> Ended {
    lab.trueup(&["apply", &playbook()])
}

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

/// SQL as the application through pgpool, in at most so many seconds.
#[track_caller]
pub fn through_pool(lab: &Lab, seconds: u32, sql: &str) -> Ended {
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

/// What the keeper recorded: primary, synchronous standby.
pub fn record(lab: &Lab) -> (String, String) {
    let line = lab
        .ssh("pgpool", "sudo cat /var/lib/pg-cluster/record")
        .stdout;
    let mut words = line.split_whitespace().map(str::to_owned);
    (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    )
}

/// Whether pgpool uses all these nodes.
pub fn pool_uses(lab: &Lab, nodes: &[&str]) -> bool {
    let told = through_pool(lab, 20, "show pool_nodes").stdout;
    nodes.iter().all(|node| {
        told.lines()
            .any(|line| line.contains(&format!("|{node}|5432|up|up|")))
    })
}

/// Waits until the primary streams to both standbys, waits for one, and pgpool uses all three.
#[track_caller]
pub fn wait_until_whole(lab: &Lab, primary: &str, synchronous: &str) {
    wait_until("the declared layout", 120, || {
        record(lab) == (primary.to_owned(), synchronous.to_owned())
            && try_sql(
                lab,
                primary,
                "select count(*) from pg_stat_replication where state = 'streaming'",
            )
            .stdout
            .trim()
                == "2"
            && pool_uses(lab, &NODES)
    });
}
