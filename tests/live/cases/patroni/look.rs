//! How the cases look at a cluster that Patroni runs.

use super::Patroni;
use crate::cluster::{kept, sql, try_sql};
use crate::command::{Ended, run};
use crate::wait::wait_until;
use serde_json::Value;
use std::process::Command;

impl Patroni<'_> {
    /// A request to a node's REST API with the controller's certificate: status and body.
    pub fn rest(&self, node: &str, words: &[&str], path: &str) -> (u32, String) {
        let pki = kept(self.lab).join("pki");
        let mut curl = Command::new("curl");
        curl.args(["-s", "--max-time", "3", "-w", "\n%{http_code}"])
            .arg("--cacert")
            .arg(pki.join("ca.pem"))
            .arg("--cert")
            .arg(pki.join("trueup.pem"))
            .args(words)
            .arg(format!("https://{}:8008/{path}", self.address(node)));
        let told = run(curl, 10).stdout;
        let (body, code) = told.rsplit_once('\n').unwrap_or((&told, "0"));
        (code.trim().parse().unwrap_or(0), body.to_owned())
    }

    /// The cluster as one node sees it, if it answers.
    fn seen_by(&self, node: &str) -> Option<Value> {
        let (code, body) = self.rest(node, &[], "cluster");
        (code == 200)
            .then(|| serde_json::from_str(&body).ok())
            .flatten()
    }

    /// How many members run their PostgreSQL, as the first node that answers sees them. Patroni 3.0
    /// has no word of its own for what streams.
    fn running(&self) -> usize {
        let seen = self
            .topology
            .nodes
            .iter()
            .find_map(|node| self.seen_by(node));
        let members = seen.as_ref().and_then(|seen| seen["members"].as_array());
        let runs = |member: &&Value| {
            ["running", "streaming"].contains(&member["state"].as_str().unwrap_or_default())
        };
        members.into_iter().flatten().filter(runs).count()
    }

    /// Who leads, as the node itself says it: it holds the lock and is no standby.
    pub fn leader(&self) -> Option<&'static str> {
        let nodes = self.topology.nodes.iter().copied();
        nodes
            .into_iter()
            .find(|node| self.rest(node, &["--head"], "primary").0 == 200)
    }

    /// Waits until somebody leads, and says who.
    #[track_caller]
    pub fn wait_for_leader(&self, seconds: u64, fits: impl Fn(&str) -> bool) -> &'static str {
        let mut leader = None;
        wait_until("a leader", seconds, || {
            leader = self.leader().filter(|leader| fits(leader));
            leader.is_some()
        });
        leader.unwrap()
    }

    /// Waits until every node streams from one leader, and as many as declared synchronously.
    #[track_caller]
    pub fn wait_until_whole(&self) -> &'static str {
        self.wait_until_streaming(self.topology.nodes.len() - 1)
    }

    /// Waits until so many replicas stream from the leader, one of them synchronously.
    #[track_caller]
    pub fn wait_until_streaming(&self, replicas: usize) -> &'static str {
        let mut leader = None;
        wait_until("the replicas' streaming", 120, || {
            leader = self.leader();
            leader.is_some_and(|leader| {
                let told = try_sql(
                    self.lab,
                    leader,
                    "select count(*) filter (where state = 'streaming') || ' ' || \
                     (count(*) filter (where sync_state in ('sync', 'quorum')) > 0)::text from pg_stat_replication",
                );
                told.stdout.trim() == format!("{replicas} true")
                    && self.running() == replicas + 1
            })
        });
        leader.unwrap()
    }

    /// The replica that every commit waits for.
    #[track_caller]
    pub fn synchronous(&self, leader: &str) -> String {
        sql(
            self.lab,
            leader,
            "select application_name from pg_stat_replication where sync_state in ('sync', 'quorum') limit 1",
        )
    }

    /// SQL as the application through HAProxy's port for reads.
    #[track_caller]
    pub fn read(&self, seconds: u32, sql: &str) -> Ended {
        self.lab.ssh(
            "client",
            &format!("timeout {seconds} psql -XAtq service=app-reads -c \"{sql}\""),
        )
    }
}
