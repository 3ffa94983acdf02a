//! A connected host: its shells, and what goes through them.

use super::hearing::Ending;
use super::pool::{Pool, lock};
use super::privilege::Login;
use super::turn::{Note, Turns};
use super::wire::Wire;
use super::{Act, Become, Chunk, Remote, RemoteError, Signal, Tunnel, Turn};
use crate::step::{Output, Script};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// How long a question may take that does not say it.
const QUESTION_LIMIT: Duration = Duration::from_secs(30);
/// How long a step has between SIGTERM and SIGKILL when its limit is over.
const GRACE: Duration = Duration::from_secs(5);

/// How long another user's shell may take to write down what a step does.
const TELLING: Duration = Duration::from_secs(5);
/// How long giving back the machine's lock may take; it ends with the connection anyway.
const PARTING: Duration = Duration::from_secs(5);

/// Tells who is logged in, which process serves the connection, and which machine this is: the ids of
/// the installation, of this boot and of the process namespace, since clones share the first and
/// containers the second.
const IDENTITY: &str = "id -u; id -un; echo $PPID; cat /etc/machine-id /proc/sys/kernel/random/boot_id 2>/dev/null; \
                        readlink /proc/self/ns/pid 2>/dev/null || :";

/// How long that answer may be.
const IDENTITY_MOST: usize = 4 << 10;

/// A step that runs now.
struct Running {
    who: Become,
    group: u32,
}

/// A connected host.
pub(super) struct Host {
    pool: Arc<Pool>,
    machine: String,
    turns: Turns,
    running: Mutex<HashMap<u64, Running>>,
    next: AtomicU64,
}

impl Host {
    /// Opens the login user's shell over `wire` and asks which machine that is.
    pub async fn new(name: &str, user: &str, wire: Box<dyn Wire>) -> Result<Self, RemoteError> {
        let login = Login {
            user: user.to_owned(),
            root: false,
        };
        let mut pool = Pool::new(name, login, wire);
        let who = Become::default();
        let mut shell = pool.take(&who).await?;
        let asked = shell.ask(&[Script::new(IDENTITY)], QUESTION_LIMIT).await?;
        let output = match asked.into_iter().next() {
            Some(Ending::Answered(output)) if output.stdout.len() <= IDENTITY_MOST => output,
            _ => return Err(pool.lost("its shell does not say who is logged in")),
        };
        pool.give_back(&who, shell);
        let text = output.out();
        let mut words = text.split_whitespace();
        if let (Some(uid), Some(user)) = (words.next(), words.next()) {
            pool.logged_in(Login {
                user: user.to_owned(),
                root: uid == "0",
            });
        }
        let connection = words.next().and_then(|pid| pid.parse().ok());
        let mut machine = words.collect::<Vec<_>>().join(":");
        if machine.is_empty() {
            machine = format!("name:{name}");
        }
        Ok(Self {
            pool: Arc::new(pool),
            machine,
            turns: Turns::new(connection.unwrap_or_default()),
            running: Mutex::default(),
            next: AtomicU64::new(0),
        })
    }

    async fn ask_all(
        &self,
        who: &Become,
        questions: &[Script],
    ) -> Result<Vec<Output>, RemoteError> {
        let mut outputs = Vec::with_capacity(questions.len());
        while outputs.len() < questions.len() {
            let mut shell = self.pool.take(who).await?;
            let group = shell.group;
            let begun = Instant::now();
            let endings = shell
                .ask(&questions[outputs.len()..], QUESTION_LIMIT)
                .await?;
            tracing::debug!(
                host = self.pool.name(),
                answers = endings.len(),
                bytes = questions.iter().map(|q| q.text.len()).sum::<usize>(),
                took = ?begun.elapsed(),
                "asked"
            );
            let mut ended = None;
            for ending in endings {
                match ending {
                    Ending::Answered(output) => outputs.push(output),
                    other => ended = Some(other),
                }
            }
            match ended {
                None => self.pool.give_back(who, shell),
                // The questions behind it only read, so they are asked again in a new shell. Where
                // one channel is not read the connection carries nothing to another.
                Some(Ending::TimedOut(output)) => {
                    drop(shell);
                    self.signal(who, group, Signal::Kill).await?;
                    outputs.push(output);
                }
                Some(Ending::TooMuch) => {
                    drop(shell);
                    self.signal(who, group, Signal::Kill).await?;
                    return Err(RemoteError::TooMuch(format!(
                        "{} answers a question with more than can be taken in",
                        self.pool.name()
                    )));
                }
                Some(Ending::ShellEnded(output) | Ending::Answered(output)) => {
                    if let Some(lost) = self.pool.wire().lost() {
                        return Err(lost);
                    }
                    outputs.push(output);
                }
            }
        }
        Ok(outputs)
    }

    /// Runs a script on a channel of its own, with `content` as its stdin. While the machine's lock
    /// is held, the machine is told `what` it is.
    async fn on_a_channel(
        &self,
        who: &Become,
        what: &str,
        script: &Script,
        content: &[u8],
        stream: Option<mpsc::Sender<Chunk>>,
    ) -> Result<Output, RemoteError> {
        let mut shell = self.pool.take(who).await?;
        // This one ends with its script.
        self.pool.prepare(who);
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let group = shell.group;
        let registered = Registered { host: self, number };
        if !script.unkillable {
            lock(&self.running).insert(
                number,
                Running {
                    who: who.clone(),
                    group,
                },
            );
        }
        let noted = match self.turns.note(&self.pool, who, what, group).await {
            Some(Note::Within(head)) => head,
            Some(Note::Before(keeper, note)) => {
                // Where the host has no session left for that, the step is done untold.
                let note = [note];
                let telling = timeout(TELLING, self.ask_all(&keeper, &note)).await;
                let said = telling.unwrap_or(Ok(Vec::new()))?;
                if let Some(refused) = said.into_iter().find(|output| !output.ok()) {
                    return Ok(refused);
                }
                String::new()
            }
            None => String::new(),
        };
        let noted = Script {
            text: noted + &script.text,
            limit: script.limit,
            ..Script::default()
        };
        let ending = shell.run(&noted, content, stream.as_ref()).await?;
        drop(registered);
        match ending {
            Ending::Answered(output) => Ok(output),
            Ending::ShellEnded(output) => self.pool.wire().lost().map_or(Ok(output), Err),
            // Of a step's output the end is kept, so it is never too much.
            Ending::TooMuch => Err(self.pool.lost("it printed too much")),
            Ending::TimedOut(mut output) => {
                let term = self.signal(who, group, Signal::Term);
                let (told, ended) = tokio::join!(term, timeout(GRACE, shell.ended()));
                told?;
                if ended.is_err() {
                    drop(shell);
                    self.signal(who, group, Signal::Kill).await?;
                }
                let limit = script.limit.unwrap_or_default();
                output
                    .stderr
                    .extend(format!("stopped after its limit of {limit:?}\n").bytes());
                Ok(output)
            }
        }
    }

    /// Signals a process group over a session that is kept free for that.
    async fn signal(&self, who: &Become, group: u32, signal: Signal) -> Result<(), RemoteError> {
        if group <= 1 {
            return Ok(());
        }
        let name = match signal {
            Signal::Term => "TERM",
            Signal::Kill => "KILL",
        };
        let mut shell = self.pool.extra(who).await?;
        shell
            .ask(
                &[Script::new(format!("kill -s {name} -- -{group}"))],
                QUESTION_LIMIT,
            )
            .await?;
        Ok(())
    }
}

/// Takes a step out of what runs now, also when nobody waits for it any more.
struct Registered<'a> {
    host: &'a Host,
    number: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        lock(&self.host.running).remove(&self.number);
    }
}

impl Remote for Host {
    fn ask<'a>(
        &'a self,
        who: &'a Become,
        questions: &'a [Script],
    ) -> BoxFuture<'a, Result<Vec<Output>, RemoteError>> {
        Box::pin(self.ask_all(who, questions))
    }

    fn act<'a>(
        &'a self,
        who: &'a Become,
        what: &'a str,
        act: Act<'a>,
    ) -> BoxFuture<'a, Result<Output, RemoteError>> {
        Box::pin(async move {
            match act {
                Act::Run(script, stream) => {
                    self.on_a_channel(who, what, script, &script.stdin, stream)
                        .await
                }
                Act::Put(upload) => {
                    let script = upload.script();
                    self.on_a_channel(who, what, &script, &upload.content, None)
                        .await
                }
            }
        })
    }

    fn tunnel<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Box<dyn Tunnel>, RemoteError>> {
        self.pool.wire().tunnel(host, port, limit)
    }

    fn lock<'a>(
        &'a self,
        who: &'a Become,
        owner: &'a str,
    ) -> BoxFuture<'a, Result<Turn, RemoteError>> {
        Box::pin(self.turns.take(&self.pool, who, owner))
    }

    fn reopen_shells(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.pool.renew();
        })
    }

    fn interrupt(&self, signal: Signal) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let groups: Vec<(Become, u32)> = lock(&self.running)
                .values()
                .map(|running| (running.who.clone(), running.group))
                .collect();
            for (who, group) in groups {
                // A host that can't be told to stop is lost; what runs there says so itself.
                let _ = self.signal(&who, group, signal).await;
            }
        })
    }

    fn user(&self) -> &str {
        self.pool.user()
    }

    fn machine(&self) -> &str {
        &self.machine
    }

    fn lost(&self) -> Option<RemoteError> {
        self.pool.wire().lost()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _ = timeout(PARTING, self.turns.give_back(&self.pool)).await;
            self.pool.renew();
            self.pool.wire().close().await;
        })
    }
}
