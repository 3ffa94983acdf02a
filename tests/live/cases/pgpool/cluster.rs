//! How the cases look at the cluster.

use crate::cluster::{through_entry, try_sql};
use crate::command::Ended;
use crate::lab::Lab;
use crate::wait::wait_until;

/// The nodes, in pgpool's order.
pub const NODES: [&str; 3] = ["pg-a", "pg-b", "pg-c"];

/// The playbook that the cases apply.
pub const PLAYBOOK: &str = "pgpool.yml";

/// Applies the playbook.
#[track_caller]
pub fn apply(lab: &Lab) -> Ended {
    crate::cluster::apply(lab, PLAYBOOK, &[])
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
    let told = through_entry(lab, 20, "show pool_nodes").stdout;
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

/// Waits until pgpool gave a node up: from then on new sessions don't stop at it.
#[track_caller]
pub fn wait_until_given_up(lab: &Lab, node: &str) {
    wait_until("pgpool's giving up", 90, || {
        let told = through_entry(lab, 20, "show pool_nodes").stdout;
        told.contains(&format!("|{node}|5432|down|"))
    });
}
