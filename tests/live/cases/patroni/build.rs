//! From bare hosts to a cluster that stays as it is.

use super::Patroni;
use crate::cluster::{apply, second_run, sql, through_entry};
use crate::wait::wait_until;

impl Patroni<'_> {
    /// Applies the playbook, with further words.
    #[track_caller]
    pub fn apply(&self, words: &[&str]) -> crate::command::Ended {
        apply(self.lab, self.topology.playbook, words)
    }

    /// Builds the cluster where no earlier case did, and puts in again the plugs that a failed one
    /// pulled.
    #[track_caller]
    pub fn built(&self) {
        let runs = |node: &&str| self.rest(node, &[], "health").0 == 200;
        if !self.topology.nodes.iter().all(runs) {
            self.lab.up();
            if self.leader().is_none() {
                self.apply(&[]).with_code(0);
            }
        }
        self.wait_until_whole();
    }
}

pub fn from_bare_hosts(at: &Patroni) {
    at.topology.truth.bare(at.lab);
    // At once, without waiting for anything: apply ends when the cluster is whole.
    let create =
        "create table orders (id int primary key); insert into orders select generate_series(1, 5)";
    through_entry(at.lab, 10, create).with_code(0);
    assert_eq!(at.leader(), Some(at.topology.nodes[0]));
    for node in at.topology.nodes {
        wait_until("the rows on the node", 5, || {
            at.lab
                .ssh(
                    node,
                    "sudo -u postgres psql -XAtq -d app -c 'select count(*) from orders'",
                )
                .stdout
                .trim()
                == "5"
        });
    }
    at.wait_until_whole();
    at.lab
        .trueup(&["status", "--detailed-exitcode"])
        .with_code(0)
        .saying("as declared");
}

pub fn stays(at: &Patroni) {
    at.built();
    let started = |node: &str| sql(at.lab, node, "select pg_postmaster_start_time()");
    let before: Vec<String> = at.topology.nodes.iter().map(|node| started(node)).collect();
    second_run(at.lab, at.topology.playbook);
    let after: Vec<String> = at.topology.nodes.iter().map(|node| started(node)).collect();
    assert_eq!(before, after, "a run without changes restarted PostgreSQL");
}

/// The proxy's port for reads answers from a replica, its port for writes from the leader.
pub fn proxied(at: &Patroni) {
    at.built();
    for _ in 0..6 {
        let read = at.read(10, "select pg_is_in_recovery()").with_code(0);
        assert_eq!(read.stdout.trim(), "t", "a read went to the leader");
    }
    let written = through_entry(at.lab, 10, "select pg_is_in_recovery()").with_code(0);
    assert_eq!(written.stdout.trim(), "f", "a write went to a replica");
}
