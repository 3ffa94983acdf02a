//! Who may be promoted by hand in a cluster under pgpool: by its record, not by who got furthest.

#[cfg(test)]
mod chance;
mod refusal;
mod words;

pub use refusal::Refusal;

use crate::decide::home::pgpool::source;
use crate::decide::{Lsn, Node, Pool, Refused, SystemIdentifier, Timeline};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a promotion follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who is to be promoted; `None`: whoever has every acknowledged commit.
    pub to: Option<String>,
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// What each said; who could not be reached is not in it.
    pub says: BTreeMap<String, Node>,
    /// The pgpool host.
    pub pool_host: String,
    /// What it said; `None` where it could not be reached.
    pub pool: Option<Pool>,
    /// Which cluster this controller made.
    pub made: Option<SystemIdentifier>,
    /// Which cluster the inventory declares.
    pub declared: Option<SystemIdentifier>,
    /// Acknowledged transactions that the promoted node lacks are given up.
    pub accept_loss: bool,
    /// Writes wait until a standby streams from the new primary.
    pub strict: bool,
    /// The inventory, as commands name it.
    pub inventory: String,
}

/// Who is promoted, and what that means.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Promotion {
    /// Who.
    pub candidate: String,
    /// Whether acknowledged transactions may be given up by it.
    pub loses: bool,
    /// What is so and what will be done, for people.
    pub lines: Vec<String>,
}

/// What the record and the nodes come to.
struct Seen<'a> {
    asked: &'a Asked,
    /// The last primary.
    old: Option<&'a str>,
    /// Who has every acknowledged commit.
    sure: Option<&'a str>,
    /// The standby that got furthest, of those that answer.
    best: Option<&'a str>,
}

/// Who is promoted, or why nobody is.
///
/// # Errors
///
/// A refusal, which says what to do: nothing was touched.
pub fn promotion(asked: &Asked) -> Result<Promotion, Refused<Refusal>> {
    let seen = Seen::of(asked);
    seen.decide().map_err(|refusal| seen.refused(refusal))
}

impl<'a> Seen<'a> {
    fn of(asked: &'a Asked) -> Self {
        let (old, sure) = asked.pool.as_ref().map_or(("", None), Pool::last);
        let ours = |name: &&str| asked.nodes.iter().any(|node| node == name);
        Self {
            asked,
            old: Some(old).filter(ours),
            sure: sure.filter(ours),
            best: asked.best(),
        }
    }

    fn decide(&self) -> Result<Promotion, Refusal> {
        let asked = self.asked;
        if asked.pool.is_none() {
            return Err(Refusal::NoPool);
        }
        if let Some(primary) = source("", &asked.nodes, &asked.says) {
            return Err(Refusal::Leads(primary.clone()));
        }
        let candidate = asked.to.as_deref().or(self.sure).or(self.best);
        let candidate = candidate.ok_or(Refusal::NobodyAnswers)?;
        if !asked.nodes.iter().any(|node| node == candidate) {
            return Err(Refusal::NoNode(candidate.to_owned()));
        }
        let Some(mine) = asked.says.get(candidate) else {
            return Err(Refusal::Silent {
                candidate: candidate.to_owned(),
                sure: self.sure == Some(candidate),
                best: self.best.map(str::to_owned),
            });
        };
        if let (Some(made), Some(id)) = (asked.made, mine.id)
            && id != made
            && asked.declared != Some(id)
        {
            return Err(Refusal::AnotherCluster {
                candidate: candidate.to_owned(),
                id,
                made,
            });
        }
        if self.old == Some(candidate) {
            self.again(candidate, mine)
        } else {
            self.instead(candidate, mine)
        }
    }

    /// The last primary goes on: nobody was promoted after it, or the record would say so.
    fn again(&self, candidate: &str, mine: &Node) -> Result<Promotion, Refusal> {
        if !mine.holds {
            return Err(Refusal::Empty {
                candidate: candidate.to_owned(),
                best: self.best.map(str::to_owned),
            });
        }
        let mut lines = self.nodes();
        lines.push(words::starts_again(candidate));
        Ok(Promotion {
            candidate: candidate.to_owned(),
            loses: false,
            lines,
        })
    }

    /// A standby takes the place of the last primary.
    fn instead(&self, candidate: &str, mine: &Node) -> Result<Promotion, Refusal> {
        if mine.says.is_none() {
            return Err(Refusal::Stopped(candidate.to_owned()));
        }
        let loses = self.sure != Some(candidate);
        if !self.asked.accept_loss {
            if let Some(old) = self.old.filter(|old| self.goes_on(old)) {
                return Err(Refusal::OldIsThere {
                    old: old.to_owned(),
                    candidate: candidate.to_owned(),
                });
            }
            if loses {
                return Err(Refusal::MayLack {
                    candidate: candidate.to_owned(),
                    sure: self.sure.map(str::to_owned),
                    old: self.old.map(str::to_owned),
                });
            }
        }
        let mut lines = self.nodes();
        lines.extend(self.promoted(candidate, mine, loses));
        Ok(Promotion {
            candidate: candidate.to_owned(),
            loses,
            lines,
        })
    }

    /// Whether this node could go on as the primary that it was.
    fn goes_on(&self, old: &str) -> bool {
        let says = self.asked.says.get(old);
        says.is_some_and(|says| says.holds && !says.standby)
    }
}

impl Asked {
    /// The standby that got furthest; of two that got as far the first.
    fn best(&self) -> Option<&str> {
        let reached = |name: &str| reached(self.says.get(name)?);
        let standbys = self.nodes.iter().map(String::as_str);
        let standbys = standbys.filter(|name| reached(name).is_some());
        standbys.rev().max_by_key(|name| reached(name))
    }
}

/// How far a standby got that answers.
fn reached(says: &Node) -> Option<(Timeline, Lsn)> {
    let server = says.says.as_ref().filter(|server| server.recovers())?;
    Some((says.timeline, server.at.unwrap_or_default()))
}
