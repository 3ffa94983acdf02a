//! This machine itself, spoken to in the same words as any other host.

use super::wire::{Event, Pipe, Refusal, Wire};
use super::{RemoteError, Tunnel};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// This machine.
pub(super) struct Local;

impl Wire for Local {
    fn open<'a>(&'a self, command: &'a str) -> BoxFuture<'a, Result<Pipe, Refusal>> {
        let started = start(command).map_err(Refusal::Gone);
        Box::pin(async { started })
    }

    fn tunnel<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Box<dyn Tunnel>, RemoteError>> {
        Box::pin(tunnel(host, port, limit))
    }

    fn another(&self) -> BoxFuture<'_, Result<Box<dyn Wire>, RemoteError>> {
        Box::pin(async { Ok(Box::new(Self) as Box<dyn Wire>) })
    }

    fn lost(&self) -> Option<RemoteError> {
        None
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// A TCP connection from this machine.
pub(super) async fn tunnel(
    host: &str,
    port: u16,
    limit: Duration,
) -> Result<Box<dyn Tunnel>, RemoteError> {
    let failed = |why: String| RemoteError::Connect {
        target: format!("{host}:{port}"),
        why,
    };
    match timeout(limit, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no answer within {} s", limit.as_secs()))),
    }
}

fn start(command: &str) -> Result<Pipe, RemoteError> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| RemoteError::Lost(format!("can't start /bin/sh here: {error}")))?;
    let (Some(input), Some(out), Some(err)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(RemoteError::Lost("a shell without pipes".to_owned()));
    };
    let printed = stream::select(chunks(out, Event::Out), chunks(err, Event::Err));
    Ok(Pipe {
        input: Box::new(input),
        output: printed.chain(exit(child)).boxed(),
    })
}

fn chunks(
    pipe: impl AsyncRead + Send + Unpin + 'static,
    kind: fn(Vec<u8>) -> Event,
) -> BoxStream<'static, Event> {
    stream::unfold(pipe, move |mut pipe| async move {
        let mut bytes = Vec::with_capacity(32 << 10);
        let read = pipe.read_buf(&mut bytes).await.unwrap_or(0);
        (read > 0).then(|| (kind(bytes), pipe))
    })
    .boxed()
}

fn exit(mut child: Child) -> impl stream::Stream<Item = Event> + Send + 'static {
    let waiting = async move {
        let status = child.wait().await.ok()?;
        let signal = status.signal().map(|signal| 128 + signal);
        status.code().or(signal).map(Event::Exit)
    };
    waiting.into_stream().filter_map(|event| async { event })
}
