//! What a connection can do, whether it is ssh or this machine: start a command and talk to it.

use super::{RemoteError, Tunnel};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use std::time::Duration;
use tokio::io::AsyncWrite;

/// What comes back from a started command.
#[derive(Debug)]
pub(super) enum Event {
    /// It printed on stdout.
    Out(Vec<u8>),
    /// It printed on stderr.
    Err(Vec<u8>),
    /// It ended: its status, or 128 + N.
    Exit(i32),
}

/// A started command. Dropping it closes the channel; what runs there may go on.
pub(super) struct Pipe {
    /// Its stdin.
    pub input: Box<dyn AsyncWrite + Send + Unpin>,
    /// What it prints, until its channel is closed.
    pub output: BoxStream<'static, Event>,
}

/// Why a command was not started.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The host has too many sessions now.
    Busy(String),
    /// The connection is gone.
    Gone(RemoteError),
}

/// A connection that is being made.
pub(super) type Connecting<'a> = BoxFuture<'a, Result<Box<dyn Wire>, RemoteError>>;

/// A way to a host.
pub(super) trait Wire: Send + Sync {
    /// Starts a command through the login user's shell.
    fn open<'a>(&'a self, command: &'a str) -> BoxFuture<'a, Result<Pipe, Refusal>>;

    /// Opens a TCP connection from the host.
    fn tunnel<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Box<dyn Tunnel>, RemoteError>>;

    /// Another connection to the same host, where this one has no room left.
    fn another(&self) -> Connecting<'_>;

    /// Why a pipe that ended without an answer may have done so; `None` while the connection stands.
    fn lost(&self) -> Option<RemoteError>;

    /// Ends the connection.
    fn close(&self) -> BoxFuture<'_, ()>;
}
