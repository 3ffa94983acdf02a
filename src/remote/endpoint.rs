//! A host's sshd, and the way to it, once all that says something of it was read.

use crate::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// All that a connection needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Endpoint {
    /// The address to connect to.
    pub host: String,
    /// The port to connect to.
    pub port: u16,
    /// The name its key is known by: `host`, `[host]:port`, or an alias.
    pub key_name: String,
    /// Who logs in.
    pub user: String,
    /// The login's password.
    pub password: Option<Secret>,
    /// Keys that somebody named for this host.
    pub named_keys: Vec<PathBuf>,
    /// Keys that are tried because they are usual.
    pub default_keys: Vec<PathBuf>,
    /// Whether only named keys may be tried.
    pub identities_only: bool,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// The files of known host keys; new ones go to the first.
    pub known_hosts: Vec<PathBuf>,
    /// The first of them, where it was named for this host: ssh by hand must be told of it.
    pub named_known_hosts: Option<PathBuf>,
    /// Whether a key that is not known is kept and trusted.
    pub accept_new: bool,
    /// How long connecting may take.
    pub limit: Duration,
    /// What stands between.
    pub way: Way,
}

/// What stands between us and a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// Nothing.
    Straight,
    /// Another host, over whose connection it goes.
    Over(Box<Endpoint>),
    /// A command that speaks with the host's sshd on its stdin and stdout.
    Command(String),
}
