//! What Patroni remembers, and what its services on a node do.

use super::{Node, SynchronousMode, SystemIdentifier, Timeline};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use std::collections::BTreeMap;

/// What etcd or `ZooKeeper` knows of the cluster (templates/patroni/dcs.py.j2).
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Memory {
    /// Whose data it is; `None` where nothing is known.
    #[serde(default)]
    pub initialize: Option<Made>,
    /// Whose Patroni is there.
    #[serde(default)]
    pub members: Vec<String>,
    /// Who holds the leader's lock; empty where nobody does.
    pub leader: String,
    /// Whether the cluster is in maintenance mode: Patroni promotes and starts nobody.
    pub paused: bool,
    /// Whether commits wait for a replica.
    #[serde(deserialize_with = "is_on")]
    pub synchronous_mode: bool,
    /// The last leader for whose commits that is known.
    pub sync_leader: Option<String>,
    /// For whom they waited.
    pub sync: Vec<String>,
    /// The nodes, as each last told of itself.
    pub nodes: BTreeMap<String, Member>,
}

/// Whose data a cluster is, as Patroni's memory has it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Made {
    /// Somebody makes it; an empty text.
    Now,
    /// It is made.
    Cluster(SystemIdentifier),
}

impl TryFrom<String> for Made {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Now);
        }
        text.parse().map(Self::Cluster)
    }
}

/// What a node last told Patroni's memory of itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct Member {
    /// `running`, `streaming`, `creating replica`, `stopped`, ...
    pub state: Option<String>,
    /// The timeline that it is on.
    pub timeline: Option<Timeline>,
    /// What the inventory says of it alone.
    #[serde(default, deserialize_with = "or_none")]
    pub tags: Tags,
}

/// Patroni's tags of a node.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Tags {
    /// It never leads.
    #[serde(deserialize_with = "truth")]
    pub nofailover: bool,
    /// Commits never wait for it.
    #[serde(deserialize_with = "truth")]
    pub nosync: bool,
}

/// What a node's services do (`playbooks/roles/patroni/tasks/home_ask.yml`).
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Services {
    /// Whether Patroni is installed there.
    pub unit: bool,
    /// What systemd says of it: `active`, ...
    pub patroni: String,
    /// The same of its etcd or `ZooKeeper`; `none` where the node has none, `absent` where it ought to.
    pub store: String,
    /// What Patroni has at work on the data: `pg_rewind`, `pg_basebackup`, `postgres --single`.
    pub works: String,
    /// Whether the server asked just now for log that the leader no longer has.
    pub lacks: bool,
    /// Why a rewind waits for a person; empty where none does.
    pub waits: String,
}

impl Services {
    /// Whether Patroni runs.
    pub fn runs(&self) -> bool {
        self.patroni == "active"
    }
}

impl Memory {
    /// What counts of what was read on several nodes, one after another: the last that names a leader,
    /// else the last.
    pub fn of(read: impl IntoIterator<Item = Self>) -> Option<Self> {
        let newer = |one: Self, other: Self| {
            if other.leader.is_empty() && !one.leader.is_empty() {
                one
            } else {
                other
            }
        };
        read.into_iter().reduce(newer)
    }

    /// All for whom an acknowledged commit is certainly there: the last leader, and for whom it waited.
    pub fn safe(&self) -> Vec<&str> {
        let leader = self.sync_leader.iter();
        leader.chain(&self.sync).map(String::as_str).collect()
    }

    /// What a node told of itself.
    pub fn state(&self, node: &str) -> Option<&str> {
        self.nodes.get(node)?.state.as_deref()
    }

    /// Its tags.
    pub fn tags(&self, node: &str) -> Tags {
        self.nodes
            .get(node)
            .map(|member| member.tags)
            .unwrap_or_default()
    }

    /// Whether a follower's tags let it lead: commits wait for it, or can be made to.
    pub fn may_lead(&self, node: &str) -> bool {
        let tags = self.tags(node);
        let waits =
            !self.synchronous_mode || !tags.nosync || self.sync.iter().any(|name| name == node);
        node != self.leader && !tags.nofailover && waits
    }

    /// Whether Patroni copies the leader there by itself.
    pub fn creates(&self, node: &str) -> bool {
        self.state(node) == Some("creating replica")
    }

    /// Who follows the leader.
    pub fn followers(&self) -> Vec<&str> {
        let names = self.nodes.keys().map(String::as_str);
        let follows = |name: &&str| {
            *name != self.leader && matches!(self.state(name), Some("running" | "streaming"))
        };
        names.filter(follows).collect()
    }
}

/// The node that takes writes, and that Patroni's memory names where it names one.
pub fn leader<'a>(
    nodes: &'a [String],
    says: &BTreeMap<String, Node>,
    memory: Option<&Memory>,
) -> Option<&'a String> {
    let named = memory.map_or("", |memory| &memory.leader);
    let leads = |name: &&String| says.get(*name).is_some_and(Node::leads);
    let mut leading = nodes.iter().filter(leads);
    if named.is_empty() {
        leading.next().filter(|_| leading.next().is_none())
    } else {
        leading.find(|name| *name == named)
    }
}

fn is_on<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    SynchronousMode::deserialize(deserializer).map(SynchronousMode::is_on)
}

/// What may be there, and may be nothing.
fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Whether a tag is set: people write it as a truth, as a number and as a word.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Truth(bool),
        Number(i64),
        Word(String),
        Else(IgnoredAny),
    }
    Ok(match Said::deserialize(deserializer)? {
        Said::Truth(truth) => truth,
        Said::Number(number) => number == 1,
        Said::Word(word) => ["1", "on", "t", "true", "y", "yes"].contains(&&*word.to_lowercase()),
        Said::Else(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(leader: &str, sync: &str) -> Memory {
        Memory {
            leader: leader.to_owned(),
            sync: vec![sync.to_owned()],
            ..Memory::default()
        }
    }

    #[test]
    fn of_several_readings_the_last_counts_that_names_a_leader() {
        let of = |read: &[Memory]| Memory::of(read.iter().cloned());
        let (none, a, b) = (memory("", "x"), memory("pg-a", "y"), memory("pg-b", "z"));
        assert_eq!(of(&[]), None);
        assert_eq!(
            of(&[none.clone(), a.clone(), none.clone()]),
            Some(a.clone())
        );
        assert_eq!(of(&[a, b.clone()]), Some(b));
        assert_eq!(of(&[memory("", "u"), none.clone()]), Some(none));
    }

    #[test]
    fn tags_are_read_however_they_are_written() {
        let tags = |text| serde_json::from_str::<Member>(text).unwrap().tags;
        let set = Tags {
            nofailover: true,
            nosync: true,
        };
        assert_eq!(
            tags(r#"{"tags": {"nofailover": true, "nosync": "Yes"}}"#),
            set
        );
        assert_eq!(
            tags(r#"{"tags": {"nofailover": 1, "nosync": "true", "x": []}}"#),
            set
        );
        let unset = [
            r#"{"tags": {"nofailover": false, "nosync": null}}"#,
            r#"{"tags": {"nofailover": 0, "nosync": "no"}}"#,
            r#"{"tags": null, "state": null, "timeline": null}"#,
            "{}",
        ];
        for text in unset {
            assert_eq!(tags(text), Tags::default());
        }
    }
}
