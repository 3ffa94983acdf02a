//! A planned change of the primary in a cluster under pgpool. What is decided here is looked at once
//! more by `pg-switchover` on the pgpool host, which does it.

#[cfg(test)]
mod chance;
mod refusal;

pub use refusal::Refusal;

use crate::decide::home::pgpool::source;
use crate::decide::{Lsn, Node, Pool, Refused, Server, Standby};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a switchover follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who is to lead; `None` where nobody was named.
    pub to: Option<String>,
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// What each is where nothing failed.
    pub roles: BTreeMap<String, Role>,
    /// How far asynchronous standbys stay behind on purpose; `None`: not at all.
    pub delay: Option<String>,
    /// What each said; who could not be reached is not in it.
    pub says: BTreeMap<String, Node>,
    /// The pgpool host.
    pub pool_host: String,
    /// What it said; `None` where it could not be reached.
    pub pool: Option<Pool>,
    /// At the end of a restore.
    pub after: Option<Restore>,
    /// The inventory, as commands name it.
    pub inventory: String,
}

/// What a node is declared to be.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It leads.
    Primary,
    /// Commits wait for it.
    Synchronous,
    /// They don't.
    Asynchronous,
}

/// How far the restore is, at whose end the node leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    /// It is only planned: the node is not home yet.
    Planned,
    /// The node is home.
    Done,
}

/// How the primary changes.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct HandOver {
    /// Who leads now.
    pub from: String,
    /// Whether that is who is to lead.
    pub done: bool,
    /// What will be done, for people.
    pub lines: Vec<String>,
}

/// How the primary changes, or why it does not.
///
/// # Errors
///
/// A refusal, which says what to do: nothing was touched.
pub fn hand_over(asked: &Asked) -> Result<HandOver, Refused<Refusal>> {
    decide(asked).map_err(|refusal| refusal.refused(asked))
}

fn decide(asked: &Asked) -> Result<HandOver, Refusal> {
    let to = asked.to.as_deref().ok_or(Refusal::NobodyNamed)?;
    if !asked.nodes.iter().any(|node| node == to) {
        return Err(Refusal::NoNode);
    }
    if !asked.says.contains_key(to) {
        return Err(Refusal::Silent);
    }
    if asked.pool.is_none() {
        return Err(Refusal::NoPool);
    }
    let (from, leads) = asked.leader().ok_or_else(|| Refusal::NobodyLeads {
        silent: asked.silent(),
    })?;
    let mut lines = if from == to {
        vec![format!(
            "{to} is the primary already (timeline {})",
            leads.timeline
        )]
    } else if asked.after == Some(Restore::Planned) {
        planned(from, to)
    } else {
        asked.turn(from, leads, to)?
    };
    let missing = asked.missing(to);
    if !missing.is_empty() {
        lines.push(format!("missing: {}", missing.join(", ")));
    }
    Ok(HandOver {
        from: from.to_owned(),
        done: from == to,
        lines,
    })
}

/// What follows when the node came home.
fn planned(from: &str, to: &str) -> Vec<String> {
    vec![
        format!(
            "then {from} hands over to {to}, when that streams and is synchronous: clients are held, {from} \
             is stopped cleanly, {to} is promoted when it has replayed the last checkpoint, and {from} \
             becomes a standby of it"
        ),
        "expected gap in writes: under 5 s".to_owned(),
    ]
}

impl Asked {
    /// The primary of the newest timeline.
    fn leader(&self) -> Option<(&str, &Node)> {
        let name = source("", &self.nodes, &self.says)?;
        Some((name, self.says.get(name)?))
    }

    fn turn(&self, from: &str, leads: &Node, to: &str) -> Result<Vec<String>, Refusal> {
        let server = leads.says.as_ref();
        let streams = |name: &str| server.and_then(|server: &Server| server.streaming(name));
        let standby = streams(to).ok_or_else(|| Refusal::DoesNotStream {
            from: from.to_owned(),
        })?;
        if let Some(delay) = &self.delay
            && self.roles.get(to) == Some(&Role::Asynchronous)
        {
            return Err(Refusal::Delayed {
                from: from.to_owned(),
                delay: delay.clone(),
            });
        }
        // As pg-switchover chooses it.
        let declared = self.declared(Role::Synchronous);
        let waits = declared.filter(|name| {
            self.roles.get(to) == Some(&Role::Primary) && *name != from && streams(name).is_some()
        });
        let waits = waits.unwrap_or(from);
        let gap = if self.after.is_some() { 5 } else { 3 };
        Ok(vec![
            format!(
                "{from} (the primary, timeline {}) hands over to {to} ({}, {})",
                leads.timeline,
                standby.sync,
                behind(standby, server.and_then(|server| server.at))
            ),
            format!(
                "clients are held while {from} is stopped cleanly; {to} is promoted when it has replayed the \
                 last checkpoint, else {from} goes on and everything is as it was"
            ),
            format!(
                "commits on {to} wait for {waits}; {from} becomes a standby of it, nothing is copied"
            ),
            format!("expected gap in writes: under {gap} s"),
        ])
    }

    fn declared(&self, role: Role) -> Option<&str> {
        let is = |name: &&String| self.roles.get(*name) == Some(&role);
        self.nodes.iter().find(is).map(String::as_str)
    }

    fn silent(&self) -> Vec<String> {
        let silent = |name: &&String| !self.says.contains_key(*name);
        self.nodes.iter().filter(silent).cloned().collect()
    }

    /// Who can't be reached, and on whom no server runs.
    fn missing(&self, to: &str) -> Vec<String> {
        let idle = |name: &&String| {
            *name != to && self.says.get(*name).is_some_and(|says| says.says.is_none())
        };
        let idle = self.nodes.iter().filter(idle).cloned();
        self.silent().into_iter().chain(idle).collect()
    }
}

fn behind(standby: &Standby, at: Option<Lsn>) -> String {
    match (standby.at, at) {
        (Some(got), Some(at)) => format!("{} bytes behind", at.0.saturating_sub(got.0)),
        _ => "it has not said yet how far it is".to_owned(),
    }
}
