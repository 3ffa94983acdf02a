//! What is said of the ways home.

use super::course::{Course, Why};
use super::{Asked, Coming};
use crate::decide::home::words::{foreign, mb, orphan};
use crate::decide::home::{Goal, Request};
use crate::decide::{Fork, Memory};

/// Of a cluster in maintenance mode.
pub(super) fn paused(memory: &Memory) -> Vec<String> {
    let line =
        "the cluster is paused (maintenance mode): that is ended first, as by `patronictl resume`";
    memory.paused.then(|| line.to_owned()).into_iter().collect()
}

/// Of a node that can't be reached.
pub(super) fn away(node: &str) -> String {
    format!("{node} cannot be reached: it stays away")
}

/// Of the node's part of Patroni's memory, where that does not run.
pub(super) fn store(asked: &Asked, node: &str) -> Option<String> {
    let services = asked.services.get(node)?;
    let fine = ["active", "none"].contains(&&*services.store);
    if fine || node != asked.request.node {
        return None;
    }
    let (dcs, state) = (&asked.store, &services.store);
    let mended = match asked.request.goal {
        Goal::Primary => format!("it is mended as playbooks/patroni-{dcs}.yml does it"),
        Goal::Replica => format!("that is mended by: {}", asked.whole()),
    };
    Some(format!("its {dcs} does not run ({state}): {mended}"))
}

/// What comes after the nodes' way home.
pub(super) fn afterwards(request: &Request, leader: &str, dcs: &str) -> Vec<String> {
    let node = &request.node;
    let calm = "gap in writes: none expected".to_owned();
    if request.goal == Goal::Replica {
        return vec![calm];
    }
    let mut lines = vec![format!(
        "then all that playbooks/patroni-{dcs}.yml declares is made so"
    )];
    if leader == node {
        lines.extend([format!("{node} leads already"), calm]);
    } else {
        lines.extend([
            format!(
                "then {node} becomes the leader in the place of {leader}, by a switchover once commits wait \
                 for it: nothing that was acknowledged can be lost"
            ),
            "gap in writes: about 3 s, in which clients lose their connections once".to_owned(),
        ]);
    }
    lines
}

impl Asked {
    /// The command that builds what is declared.
    pub(super) fn whole(&self) -> String {
        let (dcs, inventory) = (&self.store, &self.request.inventory);
        format!("trueup apply playbooks/patroni-{dcs}.yml -i {inventory}")
    }
}

impl Coming<'_> {
    /// What will be done, but for what may be lost.
    pub(super) fn lines(&self, course: &Course) -> Vec<String> {
        let (node, leader, dcs) = (self.node, self.leader, &self.asked.store);
        let (timeline, data) = (self.theirs.timeline, &self.mine.data);
        let size = || mb(self.size());
        let lines = match course {
            Course::Streams => {
                return vec![format!(
                    "{node} streams from {leader} already (timeline {timeline}): its data needs nothing"
                )];
            }
            Course::Unattended => {
                return vec![format!(
                    "{node} streams, but its Patroni does not run: it is started"
                )];
            }
            Course::Build => vec![
                format!(
                    "way: it is a bare host, and is built as playbooks/patroni-{dcs}.yml does it"
                ),
                format!("bytes: about {} come from {leader}", size()),
            ],
            Course::Works => vec![format!(
                "way: Patroni is at work on its data by itself ({}), and is waited for; what only it has, it \
                 keeps aside as log in {data}.before-restore-TIME",
                self.services.works
            )],
            Course::Copies => vec![
                format!(
                    "way: Patroni copies {leader} there by itself (pg_basebackup), and is waited for"
                ),
                format!("bytes: about {}", size()),
            ],
            Course::Rewinds(fork) => vec![
                format!(
                    "way: Patroni rewinds it by itself (pg_rewind), and is waited for; {}",
                    self.left(fork)
                ),
                format!("kept aside: what only it has, as log, in {data}.before-restore-TIME"),
            ],
            Course::Starts => vec![self.starts()],
            Course::Replace(why) => {
                let policy = self.asked.request.policy;
                self.exchange(course).lines(&self.since(why), policy)
            }
        };
        let head =
            format!("{node} becomes a replica of {leader} (which leads, timeline {timeline})");
        [head].into_iter().chain(lines).collect()
    }

    fn left(&self, fork: &Fork) -> String {
        let (leader, lsn, timeline) = (self.leader, fork.lsn, fork.timeline);
        format!("its log left the line of {leader} at {lsn} of timeline {timeline}")
    }

    fn starts(&self) -> String {
        let how = match self.mine.end() {
            Some(end) => format!(
                "good as it is (log up to {end}, which {} continues)",
                self.leader
            ),
            None => "recovered by its server, which does not answer yet".to_owned(),
        };
        let then = if self.services.runs() {
            "Patroni is waited for"
        } else {
            "Patroni starts it"
        };
        format!("way: its data is {how}: {then}; nothing is copied")
    }

    /// Why the node's own data is not used as it is.
    fn since(&self, why: &Why) -> String {
        let (node, leader, mine) = (self.node, self.leader, self.mine);
        let gone = || format!("{leader} no longer has the log that it needs");
        match why {
            Why::Empty => {
                let remains = if mine.present {
                    ", only remains of one"
                } else {
                    ""
                };
                let data = &mine.data;
                format!(
                    "{node} holds no database in {data}{remains}{}",
                    orphan(mine)
                )
            }
            Why::Foreign => foreign(mine, self.theirs),
            Why::Half => format!(
                "a rewind of {} was broken off, so it is neither the old data nor the new",
                mine.data
            ),
            Why::Gone(None) => gone(),
            Why::Gone(Some(fork)) => format!("{} (from the fork at {} on)", gone(), fork.lsn),
            Why::Forked(fork) => format!("{} and goes on to {}", self.left(fork), fork.end),
            Why::Unmarked(fork) => format!(
                "{}, and pg_rewind needs data checksums or wal_log_hints, which it has not",
                self.left(fork)
            ),
            Why::Ahead { end, leads_to } => format!(
                "its log goes on to {end}, beyond that of {leader} ({leads_to}) on the same timeline"
            ),
            Why::Behind(end) => format!("{} (from {end} on)", gone()),
        }
    }
}
