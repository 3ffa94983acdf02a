//! Why nobody is promoted by hand, and what to do about it.

use super::Seen;
use crate::decide::{Refused, SystemIdentifier};
use serde::{Deserialize, Serialize};

/// Why nothing is done.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The pgpool host can't be reached.
    NoPool,
    /// This node is a primary.
    Leads(String),
    /// Nobody is named, and no standby answers.
    NobodyAnswers,
    /// This is no node of the cluster.
    NoNode(String),
    /// Who would be promoted can't be reached.
    Silent {
        /// Who.
        candidate: String,
        /// Whether it has every acknowledged commit.
        sure: bool,
        /// The standby that got furthest, of those that answer.
        best: Option<String>,
    },
    /// What it holds is not of the cluster that this controller made.
    AnotherCluster {
        /// Who.
        candidate: String,
        /// Whose data it has.
        id: SystemIdentifier,
        /// Which one the controller made.
        made: SystemIdentifier,
    },
    /// The last primary can't go on: it holds no database.
    Empty {
        /// The last primary.
        candidate: String,
        /// The standby that got furthest.
        best: Option<String>,
    },
    /// Its server does not run.
    Stopped(String),
    /// The last primary could go on without loss.
    OldIsThere {
        /// The last primary.
        old: String,
        /// Who would be promoted in its place.
        candidate: String,
    },
    /// It may lack acknowledged commits.
    MayLack {
        /// Who.
        candidate: String,
        /// Who has them all.
        sure: Option<String>,
        /// The last primary.
        old: Option<String>,
    },
}

impl Seen<'_> {
    pub(super) fn refused(&self, refusal: Refusal) -> Refused<Refusal> {
        let words = self.words(&refusal);
        Refused {
            why: refusal,
            words,
        }
    }

    fn words(&self, refusal: &Refusal) -> String {
        let again = self.again_to(None);
        let nodes = || self.asked.nodes.join(", ");
        match refusal {
            Refusal::NoPool => format!(
                "{}, the pgpool host, cannot be reached, and it alone knows who has every acknowledged \
                 commit. Nothing was touched. Bring it back; then: {again}",
                self.asked.pool_host
            ),
            Refusal::Leads(primary) => {
                let other = self.asked.nodes.iter().find(|node| *node != primary);
                format!(
                    "{primary} is a primary, so nobody needs to be promoted. Nothing was touched. For a \
                     planned change: trueup apply playbooks/switchover.yml -i {} -e to={}",
                    self.asked.inventory,
                    other.map_or("NODE", String::as_str)
                )
            }
            Refusal::NobodyAnswers => format!(
                "No node could be promoted: no standby answers. Nothing was touched. Bring one of {} back; \
                 then: {again}",
                nodes()
            ),
            Refusal::NoNode(candidate) => format!(
                "{candidate} is no node of this inventory. Nothing was touched. Its nodes are {}: {again} -e \
                 to={}",
                nodes(),
                self.asked.nodes.first().map_or("NODE", String::as_str)
            ),
            Refusal::Silent {
                candidate,
                sure,
                best,
            } => self.silent(candidate, *sure, best.as_deref()),
            Refusal::AnotherCluster {
                candidate,
                id,
                made,
            } => format!(
                "{candidate} holds system identifier {id}, and this controller made {made}: that is another \
                 cluster. Nothing was touched. To adopt it, declare pg_system_identifier: '{id}'; then: {}",
                self.again_to(Some(candidate))
            ),
            Refusal::Empty { candidate, best } => format!(
                "{candidate} holds no database. Nothing was touched. Promote another: {}",
                self.again_to(Some(best.as_deref().unwrap_or("NODE")))
            ),
            Refusal::Stopped(candidate) => format!(
                "PostgreSQL does not run on {candidate}. Nothing was touched. Start it there (systemctl start \
                 pg-guard; journalctl -u pg-guard says why it does not); then: {}",
                self.again_to(Some(candidate))
            ),
            Refusal::OldIsThere { old, candidate } => format!(
                "The last primary, {old}, can be reached, and its data is there. Nothing was touched. To let \
                 it go on, without loss: {} . To promote {candidate} all the same: {} -e accept_loss=true",
                self.again_to(Some(old)),
                self.again_to(Some(candidate))
            ),
            Refusal::MayLack {
                candidate,
                sure,
                old,
            } => self.may_lack(candidate, sure.as_deref(), old.as_deref()),
        }
    }

    fn silent(&self, candidate: &str, sure: bool, best: Option<&str>) -> String {
        let only = if sure {
            " is the only node that has every acknowledged commit, and it"
        } else {
            ""
        };
        let another = match best {
            Some(best) if best != candidate => format!(
                " . To promote another, which may lack acknowledged commits: {} -e accept_loss=true",
                self.again_to(Some(best))
            ),
            _ => String::new(),
        };
        format!(
            "{candidate}{only} cannot be reached. Nothing was touched. Bring it back, and then: {}{another}",
            self.again_to(Some(candidate))
        )
    }

    fn may_lack(&self, candidate: &str, sure: Option<&str>, old: Option<&str>) -> String {
        let why = match sure {
            Some(sure) => format!("commits waited for {sure}, not for it"),
            None => "no standby was synchronous when the primary went".to_owned(),
        };
        format!(
            "{candidate} may lack acknowledged commits: {why}. Nothing was touched. Bring {} back; or give up \
             what {candidate} lacks: {} -e accept_loss=true\n  {}",
            sure.or(old).unwrap_or("the last primary"),
            self.again_to(Some(candidate)),
            self.nodes().join("\n  ")
        )
    }

    fn again_to(&self, to: Option<&str>) -> String {
        let to = to.map(|to| format!(" -e to={to}")).unwrap_or_default();
        let inventory = &self.asked.inventory;
        format!("trueup apply playbooks/failover.yml -i {inventory}{to}")
    }
}
