//! Members of etcd clusters.

/// What a step changes of a cluster's members. A cluster is known by the ids of its members, whoever is
/// asked for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EtcdMember {
    /// It is added.
    Added {
        /// Its name, by which it is known once it runs.
        name: String,
        /// Where the others reach it.
        peer_url: String,
    },
    /// The member with this id is removed.
    Removed(String),
    /// The member with this id is reached there.
    Moved(String, String),
}
