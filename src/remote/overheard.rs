//! What a peer says first, kept: a server that is too busy says so before it is an ssh server at all.

use super::Tunnel;
use super::pool::lock;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is kept of it.
const KEPT: usize = 256;

/// The first words of a peer.
#[derive(Clone, Default)]
pub(super) struct First(Arc<Heard>);

#[derive(Default)]
struct Heard {
    words: Mutex<Vec<u8>>,
    enough: AtomicBool,
}

impl First {
    /// Ends the stream: whoever still reads it, the peer is not listened to any more.
    pub fn enough(&self) {
        self.0.enough.store(true, Ordering::Relaxed);
    }

    /// Whether it said that it is an ssh server.
    pub fn is_ssh(&self) -> bool {
        lock(&self.0.words)
            .split(|&byte| byte == b'\n')
            .any(|line| line.starts_with(b"SSH-"))
    }

    /// Its first line before that, fit to be shown.
    pub fn words(&self) -> Option<String> {
        let said = lock(&self.0.words);
        let text = String::from_utf8_lossy(&said);
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        (!line.starts_with("SSH-")).then(|| shown(line))
    }
}

/// A peer's words as they may be shown: on one line, short, and nothing that a terminal obeys.
pub(super) fn shown(words: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    };
    words.trim().chars().take(120).map(plain).collect()
}

/// A stream whose first bytes are overheard.
pub(super) struct Overheard {
    stream: Box<dyn Tunnel>,
    first: First,
    full: bool,
}

impl Overheard {
    /// Listens to what comes over `stream`.
    pub fn new(stream: Box<dyn Tunnel>, first: First) -> Self {
        Self {
            stream,
            first,
            full: false,
        }
    }
}

impl AsyncRead for Overheard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.first.0.enough.load(Ordering::Relaxed) {
            return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
        }
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if !self.full {
            let mut kept = lock(&self.first.0.words);
            let fresh = into.filled().get(before..).unwrap_or_default();
            let room = KEPT - kept.len();
            kept.extend(fresh.iter().take(room));
            let full = kept.len() == KEPT;
            drop(kept);
            self.full = full;
        }
        read
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
