//! How the nodes of a Patroni cluster come home.

#[cfg(test)]
mod chance;
mod course;
mod loss;
mod refusal;
mod words;

pub use loss::Judged;
pub use refusal::Refusal;

use super::{Exchange, Goal, Hindrance, Request, Way};
use crate::decide::{Beyond, Fork, Memory, Node, Refused, Services, leader};
use course::Course;
use loss::Loss;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the ways home follow from.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is asked for, and what the nodes said.
    pub request: Request,
    /// The nodes that are looked at.
    pub coming: Vec<String>,
    /// What the services of each node do that said something.
    pub services: BTreeMap<String, Services>,
    /// What Patroni remembers; `None` where it can't be asked.
    pub memory: Option<Memory>,
    /// Where the log of a node left the line of the leader.
    pub forks: BTreeMap<String, Fork>,
    /// What only a node has, of those whose log did.
    pub beyond: BTreeMap<String, Beyond>,
    /// What is judged of that where it lies.
    pub judged: BTreeMap<String, Judged>,
    /// Whether an archive has the log that the leader no longer has.
    pub archive: bool,
    /// Within how many seconds Patroni promotes another.
    pub ttl: u64,
    /// Where Patroni's memory is: `etcd` or `zookeeper`.
    pub store: String,
}

/// How the nodes come home, and what that means.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Homes {
    /// Whom they follow then.
    pub leader: String,
    /// Whether the cluster is paused, which ends first.
    pub paused: bool,
    /// Each of them.
    pub nodes: BTreeMap<String, Home>,
    /// What will be done, for people.
    pub lines: Vec<String>,
}

/// How one node comes home.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Home {
    /// The way.
    pub way: Way,
    /// What its data folder is renamed to; empty where it stays.
    pub aside: String,
    /// How many bytes are copied.
    pub bytes: u64,
}

/// How the nodes come home, or why nothing is done.
///
/// # Errors
///
/// A refusal, which says what to do: nothing was touched.
pub fn ways_home(asked: &Asked) -> Result<Homes, Refused<Hindrance<Refusal>>> {
    decide(asked).map_err(|why| why.refused(&asked.request, |own| own.words(asked)))
}

fn decide(asked: &Asked) -> Result<Homes, Hindrance<Refusal>> {
    let request = &asked.request;
    request.mine()?;
    let memory = asked.memory.as_ref().ok_or(Refusal::NoMemory)?;
    let leader = leader(&request.nodes, &request.says, Some(memory));
    let leading = leader.and_then(|name| Some((name, request.says.get(name)?)));
    let (leader, theirs) = leading.ok_or_else(|| Refusal::NobodyLeads {
        last: memory.sync_leader.clone(),
        sure: memory.sync.clone(),
        paused: memory.paused,
    })?;
    if let Some((id, made)) = request.of_another(theirs) {
        return Err(Refusal::AnotherCluster {
            leader: leader.clone(),
            id,
            made,
        }
        .into());
    }
    if *leader == request.node && request.goal == Goal::Replica {
        return Err(Refusal::Leads {
            timeline: theirs.timeline,
            to: asked.successor(memory),
        }
        .into());
    }
    let mut homes = Homes {
        leader: leader.clone(),
        paused: memory.paused,
        nodes: BTreeMap::new(),
        lines: words::paused(memory),
    };
    for node in &asked.coming {
        let home = match (request.says.get(node), asked.services.get(node)) {
            (Some(mine), Some(services)) if node != leader => {
                let coming = Coming {
                    asked,
                    memory,
                    node,
                    mine,
                    services,
                    leader,
                    theirs,
                    fork: asked.forks.get(node),
                };
                coming.home(&mut homes.lines)?
            }
            (Some(_), Some(_)) => Home::without_copy(Way::Lead),
            _ => {
                homes.lines.push(words::away(node));
                Home::without_copy(Way::Missing)
            }
        };
        homes.lines.extend(words::store(asked, node));
        homes.nodes.insert(node.clone(), home);
    }
    homes
        .lines
        .extend(words::afterwards(request, leader, &asked.store));
    Ok(homes)
}

impl Asked {
    /// Who else could lead.
    fn successor(&self, memory: &Memory) -> Option<String> {
        let Request { node, nodes, .. } = &self.request;
        let others = nodes.iter().filter(|other| *other != node);
        memory.sync.iter().chain(others).next().cloned()
    }
}

impl Home {
    fn without_copy(way: Way) -> Self {
        Self {
            way,
            aside: String::new(),
            bytes: 0,
        }
    }
}

/// A node that is to follow the leader.
struct Coming<'a> {
    asked: &'a Asked,
    memory: &'a Memory,
    node: &'a str,
    mine: &'a Node,
    services: &'a Services,
    leader: &'a str,
    theirs: &'a Node,
    fork: Option<&'a Fork>,
}

impl Coming<'_> {
    fn home(&self, lines: &mut Vec<String>) -> Result<Home, Hindrance<Refusal>> {
        let course = self.course();
        let exchange = self.exchange(&course);
        match &course {
            Course::Build if self.asked.request.goal == Goal::Replica => {
                return Err(Refusal::Bare(self.node.to_owned()).into());
            }
            Course::Copies => self.room_for_copy()?,
            Course::Replace(_) => exchange.room()?,
            _ => {}
        }
        lines.extend(self.lines(&course));
        if let Some(loss) = Loss::of(self, &course) {
            lines.extend(loss.lines(self, &course)?);
        }
        let bytes = match course {
            Course::Build | Course::Copies => self.size(),
            _ => exchange.bytes(),
        };
        Ok(Home {
            way: course.way(),
            aside: exchange.aside(),
            bytes,
        })
    }

    fn exchange(&self, course: &Course) -> Exchange<'_> {
        Exchange {
            node: self.node,
            mine: self.mine,
            source: self.leader,
            theirs: self.theirs,
            way: course.way(),
        }
    }

    /// How many bytes the leader has.
    fn size(&self) -> u64 {
        self.theirs.says.as_ref().map_or(0, |says| says.size)
    }

    /// What would stand in the way of the copy that Patroni makes by itself, in the place of what lies there.
    fn room_for_copy(&self) -> Result<(), Refusal> {
        let needs = self.size().saturating_mul(11) / 10;
        let room = self.mine.free.saturating_add(self.mine.bytes);
        if room < needs {
            return Err(Refusal::TooSmall {
                node: self.node.to_owned(),
                needs,
                room,
            });
        }
        Ok(())
    }
}
