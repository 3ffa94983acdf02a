//! What a ZooKeeper says.

use serde::{Deserialize, Serialize};

/// What a ZooKeeper says.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct Zookeeper {
    /// ZooKeeper's version.
    pub version: String,
    /// `leader`, `follower`, `observer` or `standalone`; none when it serves nobody, which is when
    /// there is no quorum.
    pub mode: Option<String>,
}
