//! Why a host can't be reached, in words that tell what to do.

/// What went wrong with a connection. Every one of these makes the host `unreachable`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RemoteError {
    /// No TCP connection.
    #[error("can't connect to {target}: {why}")]
    Connect {
        /// `host:port`.
        target: String,
        /// The system's words and what to try.
        why: String,
    },
    /// The host key is unknown or another than `known_hosts` says.
    #[error("{0}")]
    HostKey(String),
    /// No way to log in was accepted.
    #[error("{0}")]
    Auth(String),
    /// sudo refused, or wants a password.
    #[error("{0}")]
    Become(String),
    /// The host answers with more than can be taken in.
    #[error("{0}")]
    TooMuch(String),
    /// Nothing keeps two runs apart there.
    #[error("{0}")]
    Lock(String),
    /// The connection died or went silent.
    #[error("lost the connection: {0}")]
    Lost(String),
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}
