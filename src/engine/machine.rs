//! A connected machine: its epoch, the answers that are still true, its named locks.

use crate::facts::{Ask, Contents, Foreseen};
use crate::remote::{Become, Remote};
use crate::step::{Effect, Output};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

/// How much of its answers is remembered; what comes on top is asked again.
const ANSWERS: usize = 64 << 20;

/// Answers that are still true.
#[derive(Default)]
struct Answers {
    known: HashMap<(Become, Ask), Output>,
    size: usize,
}

/// What is known of one machine, whatever names it has in the inventory.
#[derive(Default)]
pub struct Machine {
    epoch: AtomicU64,
    answers: Mutex<Answers>,
    gates: Mutex<HashMap<&'static str, Arc<Gate<()>>>>,
    pending: Mutex<Option<String>>,
    foreseen: Mutex<Foreseen>,
}

impl Machine {
    /// A machine on which this is pending.
    pub fn seeing(foreseen: Foreseen) -> Self {
        Self {
            foreseen: Mutex::new(foreseen),
            ..Self::default()
        }
    }

    /// How often something ran here that may have changed it.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Something ran: settled answers are no longer known to be true.
    pub fn end_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        *lock(&self.answers) = Answers::default();
        lock(&self.foreseen).forget();
    }

    /// The answer to a settled question that was asked in this epoch already.
    pub fn answer(&self, who: &Become, ask: &Ask) -> Option<Output> {
        lock(&self.answers)
            .known
            .get(&(who.clone(), ask.clone()))
            .cloned()
    }

    /// Keeps the answer to a settled question, if the epoch in which it was asked still stands.
    pub fn keep(&self, epoch: u64, who: &Become, ask: &Ask, output: &Output) {
        let mut answers = lock(&self.answers);
        let size = answers.size + output.stdout.len() + output.stderr.len();
        if epoch == self.epoch() && size <= ANSWERS {
            answers.size = size;
            let asked = (who.clone(), ask.clone());
            answers.known.insert(asked, output.clone());
        }
    }

    /// Waits for a named lock of the machine, such as the package manager's.
    pub async fn gate(&self, name: &'static str) -> OwnedMutexGuard<()> {
        let gate = lock(&self.gates).entry(name).or_default().clone();
        gate.lock_owned().await
    }

    /// In a dry run: what is pending here.
    pub fn foreseen(&self) -> Foreseen {
        lock(&self.foreseen).clone()
    }

    /// In a dry run: what links lead to here.
    pub fn learn(&self, links: Vec<(String, String)>) {
        lock(&self.foreseen).learn(links);
    }

    /// In a dry run: what a task would make true here, as the user `by`.
    pub fn foresee(&self, task: &str, by: &str, effects: Vec<Effect>) {
        lock(&self.foreseen).add(task, by, effects);
    }

    /// In a dry run: a link may stand here that leads to this.
    pub fn may_link(&self, link: &str, target: &str) {
        lock(&self.foreseen).may_link(link, target);
    }

    /// In a dry run: the author of the task that brings these packages says what comes with them.
    pub fn vouch_for(&self, packages: &[String]) {
        lock(&self.foreseen).vouch_for(packages);
    }

    /// In a dry run: what new packages bring here; `None` where the host can't tell.
    pub fn open(&self, packages: Vec<(String, Option<Contents>)>) {
        lock(&self.foreseen).open(packages);
    }

    /// The task that last left something pending here in a dry run.
    pub fn pending(&self) -> Option<String> {
        lock(&self.pending).clone()
    }

    /// In a dry run, a task would change something here.
    pub fn set_pending(&self, task: &str) {
        *lock(&self.pending) = Some(task.to_owned());
    }
}

/// A host's connection and the machine behind it.
#[derive(Clone)]
pub struct Reach {
    /// The connection.
    pub remote: Arc<dyn Remote>,
    /// The machine.
    pub machine: Arc<Machine>,
    /// Whether it is this machine, the controller.
    pub local: bool,
}

/// Locks a mutex that no panic can leave half-changed.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
