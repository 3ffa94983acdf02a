//! How a host is reached, put together from the inventory, the command line and OpenSSH's habits.

use super::Target;
use crate::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// The names of keys that OpenSSH tries by itself.
const DEFAULT_KEYS: [&str; 3] = ["id_rsa", "id_ecdsa", "id_ed25519"];

/// All that a connection needs to know.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The address to connect to.
    pub host: String,
    /// The name its key is known by.
    pub key_name: String,
    /// The port to connect to.
    pub port: u16,
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
    /// The known_hosts files; the first is written to.
    pub known_hosts: Vec<PathBuf>,
    /// Whether a key that is not known is kept and trusted.
    pub accept_new: bool,
    /// How long connecting may take.
    pub limit: Duration,
}

/// Puts a target's endpoint together.
pub(super) fn resolve(target: &Target) -> Endpoint {
    let home = std::env::home_dir().unwrap_or_default();
    let folder = home.join(".ssh");
    let host = target
        .address
        .clone()
        .unwrap_or_else(|| target.name.clone());
    let mut known_hosts = vec![folder.join("known_hosts")];
    known_hosts.extend(target.known_hosts.iter().map(PathBuf::from));
    known_hosts.extend(
        ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
            .iter()
            .map(PathBuf::from),
    );
    known_hosts.push(folder.join("known_hosts2"));
    Endpoint {
        key_name: host.clone(),
        host,
        port: target.port.unwrap_or(22),
        user: target.user.clone().unwrap_or_else(own_name),
        password: target.password.clone(),
        named_keys: target.private_key.iter().map(PathBuf::from).collect(),
        default_keys: DEFAULT_KEYS.iter().map(|name| folder.join(name)).collect(),
        identities_only: false,
        agent: std::env::var_os("SSH_AUTH_SOCK")
            .filter(|s| !s.is_empty())
            .map(PathBuf::from),
        known_hosts,
        accept_new: false,
        limit: target.connect_limit.unwrap_or(Duration::from_secs(10)),
    }
}

/// Who runs trueup.
pub(super) fn own_name() -> String {
    std::env::var("USER")
        .or_else(|_| std::env::var("LOGNAME"))
        .unwrap_or_else(|_| "root".to_owned())
}
