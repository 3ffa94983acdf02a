//! What a shell says: taken in, cut into answers.

use super::Chunk;
use super::cutter::{Cutter, Piece};
use super::wire::Event;
use crate::step::Output;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How a script ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// It was answered.
    Answered(Output),
    /// The shell ended with it.
    ShellEnded(Output),
    /// It was not done within its limit.
    TimedOut(Output),
    /// It was answered with more than was wanted of it.
    TooMuch,
}

/// How much of an answer is wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// All of it, and no more than this: of a question, which half an answer does not serve.
    All(usize),
    /// Its end: of a step that printed without one.
    End,
}

/// The two streams that come back from a shell.
pub(super) struct Hearing {
    events: BoxStream<'static, Event>,
    /// Its stdout.
    pub out: Cutter,
    /// Its stderr.
    pub err: Cutter,
    exit: Option<i32>,
}

impl Hearing {
    /// Listens to a started command.
    pub fn new(events: BoxStream<'static, Event>) -> Self {
        Self {
            events,
            out: Cutter::default(),
            err: Cutter::default(),
            exit: None,
        }
    }

    /// How much is held of both streams.
    pub fn held(&self) -> usize {
        self.out.held() + self.err.held()
    }

    /// Drops what is held of both.
    pub fn forget(&mut self) {
        self.out.forget();
        self.err.forget();
    }

    /// Takes the next event in; `false` when there is none any more.
    pub async fn receive(&mut self) -> bool {
        let event = self.events.next().await;
        self.take(event)
    }

    fn take(&mut self, event: Option<Event>) -> bool {
        match event {
            Some(Event::Out(bytes)) => self.out.push(&bytes),
            Some(Event::Err(bytes)) => self.err.push(&bytes),
            Some(Event::Exit(code)) => self.exit = Some(code),
            None => return false,
        }
        true
    }

    /// Whether the shell still stands. What it said unasked (a process that an earlier script
    /// left behind) is nobody's answer and is forgotten.
    pub fn is_open(&mut self) -> bool {
        while let Some(event) = self.events.next().now_or_never() {
            if !self.take(event) {
                return false;
            }
            self.forget();
        }
        self.exit.is_none()
    }

    /// The answer that ends with `mark`, while `writing` goes on beside.
    pub async fn answer(
        &mut self,
        mark: &str,
        limit: Option<Duration>,
        wanted: Wanted,
        writing: &mut (impl Future<Output = ()> + Unpin),
        stream: Option<&mpsc::Sender<Chunk>>,
    ) -> Ending {
        let (mut stdout, mut stderr) = (None, None);
        let mut too_much = false;
        let reading = async {
            loop {
                if stdout.is_none() {
                    show(stream, Chunk::Out, self.out.fresh(mark));
                    stdout = self.out.cut(mark);
                }
                if stderr.is_none() {
                    show(stream, Chunk::Err, self.err.fresh(mark));
                    stderr = self.err.cut(mark);
                }
                if stdout.is_some() && stderr.is_some() {
                    return;
                }
                match wanted {
                    Wanted::All(most) => too_much = self.held() > most,
                    Wanted::End => {
                        keep_the_end(&mut self.out, stdout.is_some());
                        keep_the_end(&mut self.err, stderr.is_some());
                    }
                }
                if too_much {
                    return;
                }
                tokio::select! {
                    event = self.events.next() => if !self.take(event) { return },
                    () = &mut *writing => {}
                }
            }
        };
        let in_time = if let Some(limit) = limit {
            timeout(limit, reading).await.is_ok()
        } else {
            reading.await;
            true
        };
        if too_much {
            return Ending::TooMuch;
        }
        let answered = stdout.is_some() && stderr.is_some();
        let stdout: Piece = stdout.unwrap_or_else(|| self.out.take());
        let stderr: Piece = stderr.unwrap_or_else(|| self.err.take());
        let status = stdout.words.parse().ok();
        let output = Output {
            status: status.or(self.exit).unwrap_or(255),
            left_out: stdout.dropped + stderr.dropped,
            stdout: stdout.bytes,
            stderr: stderr.bytes,
        };
        match (in_time, answered) {
            (true, true) => Ending::Answered(output),
            (true, false) => Ending::ShellEnded(output),
            (false, _) => Ending::TimedOut(Output {
                status: 124,
                ..output
            }),
        }
    }
}

/// What comes behind a step's mark is of something that it left behind.
fn keep_the_end(stream: &mut Cutter, answered: bool) {
    if answered {
        stream.forget();
    } else {
        stream.keep_the_end();
    }
}

/// What is shown while it runs may have gaps where the reader is slow; what is returned has none.
/// Waiting for the reader here would stop the whole connection.
fn show(stream: Option<&mpsc::Sender<Chunk>>, kind: fn(Vec<u8>) -> Chunk, bytes: Vec<u8>) {
    if let Some(stream) = stream.filter(|_| !bytes.is_empty()) {
        let _ = stream.try_send(kind(bytes));
    }
}
