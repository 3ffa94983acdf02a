//! A connected host: its shells, and what goes through them.

use super::hearing::Ending;
use super::privilege::{self, Login};
use super::shell::{Door, Shell};
use super::wire::Wire;
use super::{Become, Chunk, Remote, RemoteError, Signal, Tunnel, Turn, turn, upload};
use crate::step::{Output, Script, Upload};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

/// How long a question may take that does not say it.
const QUESTION_LIMIT: Duration = Duration::from_secs(30);
/// sshd allows 10 sessions a connection; one is left for [`Remote::interrupt`], one for a session
/// that the host has not finished closing.
const SESSIONS: usize = 8;
/// How long to wait for one of them.
const SESSION_WAIT: Duration = Duration::from_secs(600);
/// How many waiting shells of a user are worth keeping.
const IDLE: usize = 2;
/// How long a step has between SIGTERM and SIGKILL when its limit is over.
const GRACE: Duration = Duration::from_secs(5);

/// Tells who is root, and which machine this is: the ids of the installation, of this boot and of
/// the process namespace, since clones share the first and containers the second.
const IDENTITY: &str = "id -u; cat /etc/machine-id /proc/sys/kernel/random/boot_id 2>/dev/null; \
                        readlink /proc/self/ns/pid 2>/dev/null || :";

/// A step that runs now.
struct Running {
    who: Become,
    group: u32,
}

/// A connected host.
pub(super) struct Host {
    name: String,
    wire: Box<dyn Wire>,
    login: Login,
    machine: String,
    sessions: Arc<Semaphore>,
    spare_session: Arc<Semaphore>,
    idle: Mutex<HashMap<Option<String>, Vec<Shell>>>,
    generation: AtomicU64,
    running: Mutex<HashMap<u64, Running>>,
    next: AtomicU64,
}

impl Host {
    /// Opens the login user's shell over `wire` and asks which machine that is.
    pub async fn new(name: &str, user: &str, wire: Box<dyn Wire>) -> Result<Self, RemoteError> {
        let mut host = Self {
            name: name.to_owned(),
            wire,
            login: Login {
                user: user.to_owned(),
                root: false,
            },
            machine: String::new(),
            sessions: Arc::new(Semaphore::new(SESSIONS)),
            spare_session: Arc::new(Semaphore::new(1)),
            idle: Mutex::default(),
            generation: AtomicU64::new(0),
            running: Mutex::default(),
            next: AtomicU64::new(0),
        };
        let answer = host
            .ask_all(&Become::default(), &[Script::new(IDENTITY)])
            .await?;
        let text = answer.first().map(Output::out).unwrap_or_default();
        let (uid, machine) = text.split_once('\n').unwrap_or((&text, ""));
        host.login.root = uid == "0";
        host.machine = machine.split_whitespace().collect::<Vec<_>>().join(":");
        if host.machine.is_empty() {
            host.machine = format!("name:{name}");
        }
        Ok(host)
    }

    async fn take_shell(&self, who: &Become) -> Result<Shell, RemoteError> {
        while let Some(mut shell) = self.pop_idle(who) {
            if shell.is_open() {
                return Ok(shell);
            }
        }
        let session = if let Ok(session) = Arc::clone(&self.sessions).try_acquire_owned() {
            session
        } else {
            // Shells that only wait make room.
            lock(&self.idle).clear();
            timeout(SESSION_WAIT, Arc::clone(&self.sessions).acquire_owned())
                .await
                .map_err(|_| self.lost_or("all of its sessions are busy"))?
                .map_err(|_| self.lost_or("it was closed"))?
        };
        Shell::open(&self.door(who), session).await
    }

    fn pop_idle(&self, who: &Become) -> Option<Shell> {
        lock(&self.idle).get_mut(&self.owner(who))?.pop()
    }

    fn give_back(&self, who: &Become, shell: Shell, generation: u64) {
        let mut idle = lock(&self.idle);
        if self.generation.load(Ordering::SeqCst) == generation {
            let shells = idle.entry(self.owner(who)).or_default();
            if shells.len() < IDLE {
                shells.push(shell);
            }
        }
    }

    /// The user whose shells these are; `None` is the login user, under whatever name.
    fn owner(&self, who: &Become) -> Option<String> {
        privilege::other_user(&self.login, who).map(str::to_owned)
    }

    fn door<'a>(&'a self, who: &'a Become) -> Door<'a> {
        Door {
            wire: &*self.wire,
            host: &self.name,
            login: &self.login,
            who,
        }
    }

    fn lost_or(&self, why: &str) -> RemoteError {
        self.wire
            .lost()
            .unwrap_or_else(|| RemoteError::Lost(format!("{}: {why}", self.name)))
    }

    async fn ask_all(
        &self,
        who: &Become,
        questions: &[Script],
    ) -> Result<Vec<Output>, RemoteError> {
        let mut outputs = Vec::with_capacity(questions.len());
        while outputs.len() < questions.len() {
            let generation = self.generation.load(Ordering::SeqCst);
            let mut shell = self.take_shell(who).await?;
            let group = shell.group;
            let endings = shell
                .ask(&questions[outputs.len()..], QUESTION_LIMIT)
                .await?;
            let mut ended = None;
            for ending in endings {
                match ending {
                    Ending::Answered(output) => outputs.push(output),
                    other => ended = Some(other),
                }
            }
            match ended {
                None => self.give_back(who, shell, generation),
                // The questions behind it only read, so they are asked again in a new shell.
                Some(Ending::TimedOut(output)) => {
                    self.signal(who, group, Signal::Kill).await?;
                    outputs.push(output);
                }
                Some(Ending::ShellEnded(output) | Ending::Answered(output)) => {
                    if let Some(lost) = self.wire.lost() {
                        return Err(lost);
                    }
                    outputs.push(output);
                }
            }
        }
        Ok(outputs)
    }

    /// Runs a script on a channel of its own, with `content` as its stdin.
    async fn act(
        &self,
        who: &Become,
        script: &Script,
        content: &[u8],
        stream: Option<mpsc::Sender<Chunk>>,
    ) -> Result<Output, RemoteError> {
        let mut shell = self.take_shell(who).await?;
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
        let ending = shell.run(script, content, stream.as_ref()).await?;
        drop(registered);
        match ending {
            Ending::Answered(output) => Ok(output),
            Ending::ShellEnded(output) => self.wire.lost().map_or(Ok(output), Err),
            Ending::TimedOut(mut output) => {
                self.signal(who, group, Signal::Term).await?;
                if timeout(GRACE, shell.ended()).await.is_err() {
                    self.signal(who, group, Signal::Kill).await?;
                }
                let limit = script.limit.unwrap_or_default().as_secs();
                output
                    .stderr
                    .extend(format!("stopped after its limit of {limit} s\n").bytes());
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
        let session = Arc::clone(&self.spare_session)
            .acquire_owned()
            .await
            .map_err(|_| self.lost_or("it was closed"))?;
        let mut shell = Shell::open(&self.door(who), session).await?;
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

    fn run<'a>(
        &'a self,
        who: &'a Become,
        script: &'a Script,
        stream: Option<mpsc::Sender<Chunk>>,
    ) -> BoxFuture<'a, Result<Output, RemoteError>> {
        Box::pin(self.act(who, script, &script.stdin, stream))
    }

    fn put<'a>(
        &'a self,
        who: &'a Become,
        upload: &'a Upload,
    ) -> BoxFuture<'a, Result<Output, RemoteError>> {
        Box::pin(async move {
            self.act(who, &upload::script(upload), &upload.content, None)
                .await
        })
    }

    fn tunnel<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Box<dyn Tunnel>, RemoteError>> {
        self.wire.tunnel(host, port, limit)
    }

    fn lock<'a>(
        &'a self,
        who: &'a Become,
        owner: &'a str,
    ) -> BoxFuture<'a, Result<Turn, RemoteError>> {
        Box::pin(async move { turn::ask(self.take_shell(who).await?, &self.name, owner).await })
    }

    fn reopen_shells(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let mut idle = lock(&self.idle);
            self.generation.fetch_add(1, Ordering::SeqCst);
            idle.clear();
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

    fn machine(&self) -> &str {
        &self.machine
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            lock(&self.idle).clear();
            self.wire.close().await;
        })
    }
}

/// A panic while the lock was held leaves nothing half-done in these maps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
