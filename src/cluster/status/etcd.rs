//! What a member of etcd says.

use serde::{Deserialize, Serialize};

/// What a member of etcd says.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Etcd {
    /// etcd's version.
    pub version: String,
    /// Its id, in hexadecimal as `etcdctl` writes it.
    pub id: String,
    /// The id of the leader it sees; none when it sees none, which is when there is no quorum.
    pub leader: Option<String>,
    /// How large its database is.
    pub db_bytes: i64,
    /// How much of that is in use; the rest would go by a defragmentation.
    pub db_used_bytes: i64,
    /// The alarms that are raised on it: `NOSPACE`, `CORRUPT`.
    pub alarms: Vec<String>,
    /// The members that it knows.
    pub members: Vec<ListedMember>,
}

/// A member as another lists it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct ListedMember {
    /// Its id.
    pub id: String,
    /// Its name; empty while it never started.
    pub name: String,
    /// Where its peers find it.
    pub peer_urls: Vec<String>,
    /// Whether it only learns, without a vote.
    pub learner: bool,
}
