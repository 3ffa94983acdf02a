//! The shells of a host that wait for scripts.

use super::privilege::{self, Login};
use super::shell::{Door, Shell};
use super::wire::{Refusal, Wire};
use super::{Become, RemoteError};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

/// sshd allows 10 sessions a connection unless it says otherwise; two are left for signals.
const SESSIONS: usize = 8;
/// How long to wait for one of ours while others use them.
const SESSION_WAIT: Duration = Duration::from_secs(600);
/// How long to wait for a host that has not finished closing sessions, and how often to try.
const BUSY_LIMIT: Duration = Duration::from_secs(30);
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// How long it may take to close them; then it allows no more than are open.
const CLOSING: Duration = Duration::from_secs(2);
/// How many waiting shells of a user are worth keeping.
const IDLE: usize = 2;

/// The shells of one user; `None` is the login user, under whatever name.
type Owner = Option<String>;

/// A host's shells, by user.
pub(super) struct Pool {
    name: String,
    wire: Box<dyn Wire>,
    login: Login,
    sessions: Arc<Semaphore>,
    /// How many sessions there may be.
    room: Mutex<usize>,
    /// How many wait for a session.
    waiting: AtomicUsize,
    idle: Mutex<HashMap<Owner, Vec<Shell>>>,
    opening: Mutex<HashSet<Owner>>,
    generation: AtomicU64,
}

impl Pool {
    /// The shells of `login` on the host that is called `name`.
    pub fn new(name: &str, login: Login, wire: Box<dyn Wire>) -> Self {
        Self {
            name: name.to_owned(),
            wire,
            login,
            sessions: Arc::new(Semaphore::new(SESSIONS)),
            room: Mutex::new(SESSIONS),
            waiting: AtomicUsize::new(0),
            idle: Mutex::default(),
            opening: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// The host's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The way to the host.
    pub fn wire(&self) -> &dyn Wire {
        &*self.wire
    }

    /// The login user.
    pub fn user(&self) -> &str {
        &self.login.user
    }

    /// Says who the login user is by the host's own word, before any other user's shell is opened.
    pub fn logged_in(&mut self, login: Login) {
        self.login = login;
    }

    /// A shell of that user: one that waits, or a new one.
    pub async fn take(&self, who: &Become) -> Result<Shell, RemoteError> {
        while let Some(mut shell) = self.pop(who) {
            if shell.is_open() {
                return Ok(shell);
            }
        }
        let session = if let Ok(session) = Arc::clone(&self.sessions).try_acquire_owned() {
            session
        } else {
            // Shells that only wait make room.
            self.clear();
            self.turn().await?
        };
        self.open(who, session).await
    }

    /// Waits for one of our sessions.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, RemoteError> {
        let _waiting = Waiting::new(&self.waiting);
        timeout(SESSION_WAIT, Arc::clone(&self.sessions).acquire_owned())
            .await
            .map_err(|_| self.lost("all of its sessions are busy"))?
            .map_err(|_| self.lost("it was closed"))
    }

    /// A new shell outside of the count, for what must not wait. Where the host has no session
    /// left it gets a connection of its own.
    pub async fn extra(&self, who: &Become) -> Result<Shell, RemoteError> {
        let door = self.door(&*self.wire, who);
        match door.open().await {
            Ok(pipe) => return Shell::greeted(&door, pipe, None, self.now()).await,
            Err(Refusal::Gone(error)) => return Err(error),
            Err(Refusal::Busy(_)) => {}
        }
        let wire = self.wire.another().await?;
        let door = self.door(&*wire, who);
        let pipe = door.open().await.map_err(|refusal| match refusal {
            Refusal::Gone(error) => error,
            Refusal::Busy(why) => self.too_busy(&why),
        })?;
        let shell = Shell::greeted(&door, pipe, None, self.now()).await?;
        Ok(shell.over(wire))
    }

    fn door<'a>(&'a self, wire: &'a dyn Wire, who: &'a Become) -> Door<'a> {
        Door {
            wire,
            host: &self.name,
            login: &self.login,
            who,
        }
    }

    fn now(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    async fn open(
        &self,
        who: &Become,
        mut session: OwnedSemaphorePermit,
    ) -> Result<Shell, RemoteError> {
        let generation = self.now();
        let door = self.door(&*self.wire, who);
        let mut begun = Instant::now();
        loop {
            // A closed session counts on the host until its process is gone; nothing tells when.
            match door.open().await {
                Ok(pipe) => return Shell::greeted(&door, pipe, Some(session), generation).await,
                Err(Refusal::Gone(error)) => return Err(error),
                Err(Refusal::Busy(why)) if begun.elapsed() > BUSY_LIMIT => {
                    return Err(self.too_busy(&why));
                }
                Err(Refusal::Busy(_)) => {}
            }
            self.clear();
            if begun.elapsed() > CLOSING && self.has_no_more_room() {
                session.forget();
                session = self.turn().await?;
                begun = Instant::now();
            } else {
                sleep(BUSY_PAUSE).await;
            }
        }
    }

    /// Whether the host allows no session besides those of ours that are open: from now on there
    /// are no more than these, one after the other. The permit of whoever asks is not counted.
    fn has_no_more_room(&self) -> bool {
        let mut room = lock(&self.room);
        let free = self.sessions.forget_permits(SESSIONS);
        let others = *room - free - 1;
        if others == 0 {
            self.sessions.add_permits(free);
            return false;
        }
        tracing::info!(
            host = self.name,
            sessions = others,
            "it allows no more sessions"
        );
        *room = others;
        true
    }

    fn too_busy(&self, why: &str) -> RemoteError {
        let advice = "it opens no further session: is its MaxSessions too low?";
        self.lost(&format!("{advice} ({why})"))
    }

    /// Takes a shell back that waits for the next script.
    pub fn give_back(&self, who: &Become, shell: Shell) {
        let owner = self.owner(who);
        let mut idle = lock(&self.idle);
        let shells = idle.entry(owner).or_default();
        // Whoever waits for a session may want it for another user.
        let wanted = self.waiting.load(Ordering::SeqCst) > 0;
        if shells.len() < IDLE && !wanted && shell.generation == self.now() {
            shells.push(shell);
        }
    }

    /// Opens a shell for the next one who asks, where none waits: sudo takes its time.
    pub fn prepare(self: &Arc<Self>, who: &Become) {
        let owner = self.owner(who);
        let waits = lock(&self.idle)
            .get(&owner)
            .is_some_and(|shells| !shells.is_empty());
        if waits || !lock(&self.opening).insert(owner.clone()) {
            return;
        }
        let (pool, who) = (Arc::clone(self), who.clone());
        tokio::spawn(async move {
            if let Ok(session) = Arc::clone(&pool.sessions).try_acquire_owned() {
                // Whoever needs it opens one again and hears what is wrong.
                if let Ok(shell) = pool.open(&who, session).await {
                    pool.give_back(&who, shell);
                }
            }
            lock(&pool.opening).remove(&owner);
        });
    }

    /// Ends the shells that wait; those in use end after their script.
    pub fn renew(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.clear();
    }

    /// Why there is no connection, or else `why` there is no answer.
    pub fn lost(&self, why: &str) -> RemoteError {
        let otherwise = || RemoteError::Lost(format!("{}: {why}", self.name));
        self.wire.lost().unwrap_or_else(otherwise)
    }

    fn clear(&self) {
        lock(&self.idle).clear();
    }

    fn pop(&self, who: &Become) -> Option<Shell> {
        lock(&self.idle).get_mut(&self.owner(who))?.pop()
    }

    /// Whose shells those of `who` are.
    pub fn owner(&self, who: &Become) -> Owner {
        privilege::other_user(&self.login, who).map(str::to_owned)
    }
}

/// Counts one that waits, also when it is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A panic while the lock was held leaves nothing half-done behind it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
