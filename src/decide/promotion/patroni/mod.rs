//! Who is promoted by hand in a Patroni cluster.

#[cfg(test)]
mod chance;
mod refusal;
mod words;

pub use refusal::{Lacks, More, Refusal, Unfit};

use crate::decide::{Lsn, Memory, Node, Refused, Services, leader};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a promotion follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// All nodes of the cluster, in the order of the inventory.
    pub nodes: Vec<String>,
    /// What each said; who could not be reached is not in it.
    pub says: BTreeMap<String, Node>,
    /// What the services of each do that said something.
    pub services: BTreeMap<String, Services>,
    /// What Patroni remembers; `None` where it can't be asked.
    pub memory: Option<Memory>,
    /// Whom the user wants; `None` for the best.
    pub to: Option<String>,
    /// Transactions that may have been acknowledged are given up.
    pub accept_loss: bool,
    /// Within how many seconds Patroni promotes another.
    pub ttl: u64,
    /// Where Patroni's memory is: `etcd` or `zookeeper`.
    pub store: String,
    /// The inventory, as commands name it.
    pub inventory: String,
}

/// Who is promoted.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Promotion {
    /// The node.
    pub to: String,
    /// Each node and how far it got, and what will be done, for people.
    pub lines: Vec<String>,
}

/// Who is promoted, or why nobody is.
///
/// # Errors
///
/// A refusal, which says what to do: nothing was touched.
pub fn promotion(asked: &Asked) -> Result<Promotion, Refused<Refusal>> {
    decide(asked).map_err(|refusal| refusal.refused(asked))
}

fn decide(asked: &Asked) -> Result<Promotion, Refusal> {
    let found = leader(&asked.nodes, &asked.says, asked.memory.as_ref());
    if let Some(leader) = found {
        return Err(Refusal::Leads(leader.clone()));
    }
    let memory = asked.memory.as_ref().ok_or(Refusal::NoMemory)?;
    if !memory.leader.is_empty() {
        return Err(Refusal::Locked(memory.leader.clone()));
    }
    if memory.paused {
        return Err(Refusal::Paused);
    }
    let best = asked.best(memory);
    let Some(to) = asked.to.as_ref().or(best) else {
        return Err(Refusal::Nobody(asked.away(memory)));
    };
    let mine = asked.fit(to).map_err(|why| Refusal::Unfit {
        node: to.clone(),
        why,
        best: best.cloned(),
    })?;
    let mut lines = words::nodes(asked, memory);
    match asked.lacks(memory, to, mine) {
        Some(lacks) if !asked.accept_loss => return Err(Refusal::MayLack(lacks)),
        Some(lacks) => lines.push(words::lost(&lacks, mine, memory)),
        None => lines.extend(words::whole(to, mine)),
    }
    Ok(Promotion {
        to: to.clone(),
        lines,
    })
}

/// How far a node got: the timeline first.
fn place(node: &Node) -> (crate::decide::Timeline, Lsn) {
    (node.timeline, node.end().unwrap_or_default())
}

impl Asked {
    /// The best that can be promoted: one for whom commits waited before one that got farther.
    fn best(&self, memory: &Memory) -> Option<&String> {
        let safe = memory.safe();
        let rank = |name: &&String| {
            let place = self.says.get(*name).map(place);
            (safe.contains(&name.as_str()), place)
        };
        let ready = self.nodes.iter().filter(|name| self.is_ready(name));
        // Of equals the first.
        ready.rev().max_by_key(rank)
    }

    fn is_ready(&self, node: &str) -> bool {
        let runs = self.services.get(node).is_some_and(Services::runs);
        let says = self.says.get(node);
        runs && says.is_some_and(|says| says.holds && says.running)
    }

    /// What this node said, where it can be promoted at all.
    fn fit(&self, node: &String) -> Result<&Node, Unfit> {
        if !self.nodes.contains(node) {
            return Err(Unfit::NoNode);
        }
        let says = self.says.get(node).ok_or(Unfit::Silent)?;
        if says.running {
            Ok(says)
        } else {
            Err(Unfit::Stopped)
        }
    }

    /// Who would lose nothing, and can't lead as it is.
    fn away(&self, memory: &Memory) -> Vec<String> {
        let safe = memory.safe();
        let away = |name: &&String| {
            let gone = self.says.get(*name).is_none_or(|says| says.holds);
            safe.contains(&name.as_str()) && gone && !self.is_ready(name)
        };
        self.nodes.iter().filter(away).cloned().collect()
    }

    fn silent(&self) -> Vec<String> {
        let silent = |name: &&String| !self.says.contains_key(*name);
        self.nodes.iter().filter(silent).cloned().collect()
    }

    /// What `to` may lack; `None` where it has every acknowledged commit.
    fn lacks(&self, memory: &Memory, to: &str, mine: &Node) -> Option<Lacks> {
        let safe = memory.safe();
        if safe.contains(&to) {
            return None;
        }
        let more = self.more(to, mine);
        // Where commits waited for nobody, any node may be the only one that has some.
        let unseen = if memory.synchronous_mode {
            Vec::new()
        } else {
            self.unseen(mine)
        };
        if !memory.synchronous_mode && more.is_none() && unseen.is_empty() {
            return None;
        }
        let named = safe.iter().map(|name| (*name).to_owned()).collect();
        let farther = more.iter().map(|more| more.node.clone()).collect();
        let bring = [self.away(memory), named, farther, unseen.clone()];
        let bring = bring.into_iter().find(|names| !names.is_empty());
        Some(Lacks {
            node: to.to_owned(),
            waited: memory.sync.clone(),
            under: memory.sync_leader.clone(),
            bring: bring.unwrap_or_default(),
            more,
            unseen,
        })
    }

    /// Whose log can't be compared with this one.
    fn unseen(&self, mine: &Node) -> Vec<String> {
        let seen = |says: &Node| says.holds && says.id == mine.id;
        let unseen = |name: &&String| !self.says.get(*name).is_some_and(seen);
        self.nodes.iter().filter(unseen).cloned().collect()
    }

    /// Who got farther than this node.
    fn more(&self, to: &str, mine: &Node) -> Option<More> {
        let others = self.nodes.iter().filter(|name| *name != to);
        let others = others.filter_map(|name| Some((name, self.says.get(name)?)));
        let farther = others
            .filter(|(_, other)| other.holds && other.id == mine.id && place(other) > place(mine));
        let (node, other) = farther.max_by_key(|(_, other)| place(other))?;
        let ((timeline, at), (_, end)) = (place(other), place(mine));
        Some(More {
            node: node.clone(),
            bytes: at.0.saturating_sub(end.0),
            timeline,
            at,
        })
    }
}
