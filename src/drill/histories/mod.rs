//! Sessions that meet on shared keys, and a record of all that they read and wrote; [`crate::history`]
//! judges it.
//!
//! They work beside the clients that keep the ledger: through the door of writes and through that of reads,
//! some of their statements cancelled or out of time.

mod chosen;
mod last;
mod session;
mod statement;
mod tables;

pub use last::judged;
pub use tables::schema;

use super::{Clock, Entry};
use crate::diag::Diag;
use crate::history::{Level, Opening, Record, RecordError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::task::JoinSet;

/// The name of the record's file.
const HISTORY: &str = "history.jsonl";

/// Where the record of a drill lies.
pub fn file(folder: &Path) -> PathBuf {
    folder.join(HISTORY)
}

/// How many sessions, at which level, in which run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The run's name; the tables bear it.
    pub run: String,
    /// The level of all transactions; a standby has no serializable, so reads that it may answer are at
    /// repeatable read at most.
    pub level: Level,
    /// How many sessions.
    pub sessions: u32,
    /// What is chosen by chance follows from it.
    pub seed: u64,
}

/// Sessions that run until they are stopped.
pub struct Histories {
    shared: Arc<Shared>,
    tasks: JoinSet<Result<(), RecordError>>,
}

/// What all sessions have in common.
struct Shared {
    entry: Entry,
    settings: Settings,
    record: Record,
    clock: Clock,
    stop: AtomicBool,
    next: AtomicU64,
}

impl Histories {
    /// Makes the tables, and lets the sessions begin.
    pub async fn start(
        entry: Entry,
        settings: Settings,
        folder: &Path,
        clock: Clock,
    ) -> Result<Self, Diag> {
        let opening = Opening {
            run: settings.run.clone(),
            seed: settings.seed,
            level: settings.level,
            sessions: settings.sessions,
            accounts: tables::accounts(),
        };
        let record = Record::begin(&file(folder), opening)
            .map_err(|error| Diag::error(error.to_string()))?;
        tables::make(&entry, &settings.run).await?;
        let shared = Arc::new(Shared {
            entry,
            settings,
            record,
            clock,
            stop: AtomicBool::new(false),
            next: AtomicU64::new(1),
        });
        let mut tasks = JoinSet::new();
        for number in 1..=shared.settings.sessions {
            tasks.spawn(session::work(shared.clone(), number));
        }
        Ok(Self { shared, tasks })
    }

    /// Stops them, each when its transaction has ended.
    pub async fn stop(mut self) -> Result<(), RecordError> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut broken = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                broken = Err(error);
            }
        }
        broken
    }
}
