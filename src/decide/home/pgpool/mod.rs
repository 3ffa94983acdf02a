//! How a failed node of a pgpool cluster comes home.

#[cfg(test)]
mod chance;
mod loss;
mod refusal;
mod words;

pub use refusal::Refusal;

use super::{Exchange, Goal, Hindrance, Policy, Request, Way};
use crate::decide::{Beyond, Fork, Node, Pool, Refused, Slot, Timeline};
use loss::Loss;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the way home follows from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is asked for, and what the nodes said.
    pub request: Request,
    /// The pgpool host.
    pub pool_host: String,
    /// What it said; `None` where it could not be reached.
    pub pool: Option<Pool>,
    /// Where the node's log left the line of the primary.
    pub fork: Option<Fork>,
    /// What only the node has.
    pub beyond: Beyond,
    /// `pg_rewind` may be used.
    pub rewind_possible: bool,
}

/// How a node comes home, and what that means.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Home {
    /// The way.
    pub way: Way,
    /// Whom it follows then; empty where it leads itself.
    pub source: String,
    /// What its data folder is renamed to; empty where it stays.
    pub aside: String,
    /// How many bytes are copied.
    pub bytes: u64,
    /// Whether its server runs as a standby now.
    pub standby: bool,
    /// Who is missing all the same.
    pub missing: Vec<String>,
    /// What will be done, for people.
    pub lines: Vec<String>,
}

/// Why the data that lies on a node is not used as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// There is none.
    Empty,
    /// It is another cluster's.
    Foreign,
    /// Its log left the line of the primary, and can be taken back.
    Forked,
    /// Its log left the line of the primary, and nothing tells which pages changed.
    Unmarked,
    /// The same, and `pg_rewind` is not wanted.
    Unwanted,
    /// The primary no longer has the log that it needs.
    Behind,
}

/// The primary that counts: the one of the newest timeline, which `node` itself is not.
pub fn source<'a>(
    node: &str,
    nodes: &'a [String],
    says: &BTreeMap<String, Node>,
) -> Option<&'a String> {
    let leads = |name: &&String| name.as_str() != node && says.get(*name).is_some_and(Node::leads);
    // Of two on one timeline the first: that is no case that a decision could mend.
    let timeline = |name: &&String| says.get(*name).map(|says| says.timeline);
    nodes.iter().filter(leads).rev().max_by_key(timeline)
}

/// How the node comes home, or why nothing is done.
///
/// # Errors
///
/// A refusal, which says what to do: nothing was touched.
pub fn way_home(asked: &Asked) -> Result<Home, Refused<Hindrance<Refusal>>> {
    decide(asked).map_err(|why| why.refused(&asked.request, |own| own.words(asked)))
}

fn decide(asked: &Asked) -> Result<Home, Hindrance<Refusal>> {
    let request = &asked.request;
    let mine = request.mine()?;
    let pool = asked.pool.as_ref().ok_or(Refusal::NoPool)?;
    if !pool.planned.is_empty() {
        return Err(Refusal::CutOff(pool.planned.clone()).into());
    }
    let source = source(&request.node, &request.nodes, &request.says);
    let primary = source.and_then(|name| Some((name, request.says.get(name)?)));
    if let Some(timeline) = leads_all(mine, primary.map(|(_, theirs)| theirs)) {
        return match request.goal {
            Goal::Primary => Ok(asked.leading(timeline)),
            Goal::Replica => Err(Refusal::Leads(timeline).into()),
        };
    }
    let (source, theirs) = primary.ok_or_else(|| {
        let (last, sure) = pool.last();
        Refusal::NobodyLeads {
            last: last.to_owned(),
            sure: sure.map(str::to_owned),
        }
    })?;
    if let Some((id, made)) = request.of_another(theirs) {
        return Err(Refusal::AnotherCluster {
            source: source.clone(),
            id,
            made,
        }
        .into());
    }
    if streams(asked, mine, theirs) {
        return Ok(asked.streaming(source, theirs));
    }
    let coming = Coming {
        asked,
        mine,
        source,
        theirs,
        why: why(asked, mine, theirs),
    };
    coming.home(pool)
}

/// The node's timeline, where it is a primary and no other is ahead of it.
fn leads_all(mine: &Node, theirs: Option<&Node>) -> Option<Timeline> {
    let ahead = theirs.is_some_and(|theirs| theirs.timeline >= mine.timeline);
    (mine.leads() && !ahead).then_some(mine.timeline)
}

/// Whether it is a standby already that needs nothing.
fn streams(asked: &Asked, mine: &Node, theirs: &Node) -> bool {
    let seen = theirs
        .says
        .as_ref()
        .and_then(|says| says.standbys.get(&asked.request.node));
    mine.recovers()
        && seen.is_some_and(|standby| standby.state == "streaming")
        && asked.fork.is_none()
        && mine.timeline == theirs.timeline
}

/// Why its data can't follow the primary as it is; `None` where it can.
fn why(asked: &Asked, mine: &Node, theirs: &Node) -> Option<Why> {
    if !mine.holds {
        Some(Why::Empty)
    } else if mine.id != theirs.id {
        Some(Why::Foreign)
    } else if asked.fork.is_some() {
        Some(match (mine.checksums, asked.rewind_possible) {
            (true, true) => Why::Forked,
            (true, false) => Why::Unwanted,
            (false, _) => Why::Unmarked,
        })
    } else {
        behind(&asked.request.node, mine, theirs).then_some(Why::Behind)
    }
}

/// Whether the primary no longer has the log that the node needs.
fn behind(node: &str, mine: &Node, theirs: &Node) -> bool {
    let slots = theirs.says.as_ref().map(|says| &says.slots);
    let slot = slots.and_then(|slots| slots.get(&slot_name(node)));
    let lost = slot.is_some_and(|slot: &Slot| slot.wal == "lost");
    let needs = mine.end().unwrap_or_default();
    lost || theirs
        .begin()
        .is_some_and(|begin| begin > theirs.segment.floor(needs))
}

/// The slot of a node, as the playbooks name it.
fn slot_name(node: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            c
        } else {
            '_'
        }
    };
    node.to_lowercase().chars().map(plain).collect()
}

/// A node that is to follow a primary.
struct Coming<'a> {
    asked: &'a Asked,
    mine: &'a Node,
    source: &'a str,
    theirs: &'a Node,
    why: Option<Why>,
}

impl Coming<'_> {
    fn way(&self) -> Way {
        match self.why {
            None => Way::Follow,
            Some(Why::Forked) => Way::Rewind,
            Some(_) => Way::Copy,
        }
    }

    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            node: &self.asked.request.node,
            mine: self.mine,
            source: self.source,
            theirs: self.theirs,
            way: self.way(),
        }
    }

    fn policy(&self) -> Policy {
        self.asked.request.policy
    }

    fn home(&self, pool: &Pool) -> Result<Home, Hindrance<Refusal>> {
        let exchange = self.exchange();
        let mut lines = self.lines();
        if self.way().replaces() {
            exchange.room()?;
        }
        if let Some(loss) = Loss::of(self, pool) {
            if loss.refuses(self.policy()) {
                return Err(Refusal::MayBeLost(loss.summary(self)).into());
            }
            lines.extend(loss.lines(self));
        }
        lines.push("gap in writes: none expected".to_owned());
        let missing = self.asked.missing();
        lines.extend(words::missing(&missing));
        Ok(Home {
            way: self.way(),
            source: self.source.to_owned(),
            aside: exchange.aside(),
            bytes: exchange.bytes(),
            standby: self.mine.recovers(),
            missing,
            lines,
        })
    }
}

impl Asked {
    /// On whom no server runs.
    fn idle(&self) -> Vec<String> {
        let Request { nodes, says, .. } = &self.request;
        let idle = |name: &&String| says.get(*name).is_some_and(|says| says.says.is_none());
        nodes.iter().filter(idle).cloned().collect()
    }

    /// Who is missing when the node has come home.
    fn missing(&self) -> Vec<String> {
        let Request { node, .. } = &self.request;
        let idle = self.idle().into_iter().filter(|name| name != node);
        self.request.silent().into_iter().chain(idle).collect()
    }

    fn home(&self, way: Way, source: &str, line: String) -> Home {
        let missing = self.missing();
        let mut lines = vec![line];
        lines.extend(words::missing(&missing));
        Home {
            way,
            source: source.to_owned(),
            aside: String::new(),
            bytes: 0,
            standby: way == Way::Nothing,
            missing,
            lines,
        }
    }

    fn leading(&self, timeline: Timeline) -> Home {
        let line = format!(
            "{} is the primary already (timeline {timeline}).",
            self.request.node
        );
        self.home(Way::Lead, "", line)
    }

    fn streaming(&self, source: &str, theirs: &Node) -> Home {
        let (node, timeline) = (&self.request.node, theirs.timeline);
        let line = format!(
            "{node} streams from {source} (the primary, timeline {timeline}) already: its data needs nothing."
        );
        self.home(Way::Nothing, source, line)
    }
}
