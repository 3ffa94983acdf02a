//! Hosts over SSH: one TCP connection a host, a persistent shell for each (host, become user),
//! a channel of its own for each acting step and each upload.

mod auth;
mod certificate;
mod checker;
mod config;
mod cutter;
mod endpoint;
mod error;
mod fill;
mod frame;
mod hearing;
mod host;
pub mod http;
mod jump;
mod known_hosts;
mod local;
mod over;
mod overheard;
mod patience;
mod pattern;
mod pool;
mod privilege;
pub mod request;
mod shell;
mod ssh;
mod ssh_config;
mod target;
mod tls;
mod turn;
mod way;
mod wire;

pub use error::RemoteError;
pub use target::Target;
pub use tls::{TlsError, config as tls_config};
pub use turn::Turn;

use crate::secret::Secret;
use crate::step::{Output, Script, Upload};
use futures::future::BoxFuture;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// As whom something is done on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Become {
    /// The user to become; `None` stays the login user.
    pub user: Option<String>,
    /// What sudo is told when it asks.
    pub password: Option<Secret>,
}

/// A piece of what a running step prints.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// On stdout.
    Out(Vec<u8>),
    /// On stderr.
    Err(Vec<u8>),
}

/// A byte stream to a port as the host sees it.
pub trait Tunnel: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Tunnel for T {}

/// What is done on a host.
pub enum Act<'a> {
    /// An acting step on a channel of its own. The sender gets what it prints as it comes, with gaps
    /// where it is not read. Of an endless output the last 16 MiB are kept, and the rest is counted.
    Run(&'a Script, Option<mpsc::Sender<Chunk>>),
    /// Puts a file in place whole. A status other than 0 tells in stderr why the old file stands;
    /// stdout names the backup, where one was asked for and made.
    Put(&'a Upload),
}

/// How hard [`Remote::interrupt`] stops what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
}

/// A connected host. All methods take `&self` and may be called at once.
pub trait Remote: Send + Sync {
    /// Read-only questions, answered in order by the persistent shell of that user in one round
    /// trip; each runs in a subshell with its own stdin and time limit (30 s unless it says so).
    /// An answer of more than 32 MiB is an error.
    fn ask<'a>(
        &'a self,
        who: &'a Become,
        questions: &'a [Script],
    ) -> BoxFuture<'a, Result<Vec<Output>, RemoteError>>;

    /// Acts. While this connection holds the machine's lock, the machine is told `what` is done in
    /// these words, so that another run that comes later hears of it. Where the lock went to another
    /// run meanwhile, nothing is done, and the status is 125.
    fn act<'a>(
        &'a self,
        who: &'a Become,
        what: &'a str,
        act: Act<'a>,
    ) -> BoxFuture<'a, Result<Output, RemoteError>>;

    /// The same for a script, without words.
    fn run<'a>(
        &'a self,
        who: &'a Become,
        script: &'a Script,
        stream: Option<mpsc::Sender<Chunk>>,
    ) -> BoxFuture<'a, Result<Output, RemoteError>> {
        self.act(who, "", Act::Run(script, stream))
    }

    /// The same for a file, without words.
    fn put<'a>(
        &'a self,
        who: &'a Become,
        upload: &'a Upload,
    ) -> BoxFuture<'a, Result<Output, RemoteError>> {
        self.act(who, "", Act::Put(upload))
    }

    /// Opens a TCP connection from the host's own sshd (direct-tcpip).
    fn tunnel<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Box<dyn Tunnel>, RemoteError>>;

    /// Asks for the machine's lock, by which two runs keep off each other; what this connection
    /// holds already is not asked for again. `owner` names the run to the one who comes second:
    /// `deploy@controller, pid 4711, since 10:42`; connections of one process with the same `owner`
    /// do not hinder each other. The lock is that of the login user, and that of root besides where
    /// `who` is root. It is given back when the connection is closed or ends, however that happens,
    /// but not before the steps that run there have ended too.
    fn lock<'a>(
        &'a self,
        who: &'a Become,
        owner: &'a str,
    ) -> BoxFuture<'a, Result<Turn, RemoteError>>;

    /// Closes the persistent shells; the next question opens them anew (groups and limits changed).
    fn reopen_shells(&self) -> BoxFuture<'_, ()>;

    /// Signals the process groups of the steps that run now, but not of unkillable ones.
    fn interrupt(&self, signal: Signal) -> BoxFuture<'_, ()>;

    /// The user who logged in.
    fn user(&self) -> &str;

    /// Which machine this is, whatever its names: two names of one machine answer the same.
    fn machine(&self) -> &str;

    /// Why the connection is gone; `None` while it stands as far as is known.
    fn lost(&self) -> Option<RemoteError>;

    /// Closes the connection.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Connects to a host, logs in and opens the login user's shell.
pub async fn connect(target: &Target) -> Result<Box<dyn Remote>, RemoteError> {
    let (user, wire): (String, Box<dyn wire::Wire>) = if target.local {
        (config::own_name(), Box::new(local::Local))
    } else {
        let endpoint = config::resolve(target)?;
        let wire = ssh::Ssh::connect(&endpoint).await?;
        (endpoint.user, Box::new(wire))
    };
    Ok(Box::new(host::Host::new(&target.name, &user, wire).await?))
}

/// Where a host's sshd is, and who logs in there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Address {
    /// Who logs in.
    pub user: String,
    /// Where it is.
    pub host: String,
    /// At which port.
    pub port: u16,
    /// Over which other host, or by which command.
    pub over: Option<String>,
}

/// The address of a target, as far as the inventory, the command line and ~/.ssh/config say it; none
/// where that is this machine itself.
pub fn address(target: &Target) -> Result<Option<Address>, RemoteError> {
    if target.local {
        return Ok(None);
    }
    let endpoint = config::resolve(target)?;
    Ok(Some(Address {
        over: match endpoint.way {
            endpoint::Way::Straight => None,
            endpoint::Way::Command(command) => Some(command),
            endpoint::Way::Over(jump) => Some(jump.host),
        },
        user: endpoint.user,
        host: endpoint.host,
        port: endpoint.port,
    }))
}
