//! The drill's own clients: sessions that write numbered transactions and keep the ledger, and
//! readers beside them.

use super::chance::Chance;
use super::client::{Client, Ended};
use super::entry::{Entry, Purpose};
use super::ledger::{Ledger, LedgerError, Outcome};
use super::series::{Sample, What, slice};
use super::transaction::{Transaction, schema, tables};
use super::{Clock, Teller, Told};
use crate::diag::Diag;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

/// How long a session waits before it tries again.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest that a session thinks between two transactions, in milliseconds.
const THOUGHT: u64 = 20;
/// How long the readers are given to see the new tables on every standby.
const SEEN: Duration = Duration::from_secs(20);
/// How much is told at once while the drill runs.
const SLICE: Duration = Duration::from_secs(1);

/// How much load, and of which kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The run's name: small letters, digits and `_`. Its tables bear it.
    pub run: String,
    /// How many sessions write; half as many read.
    pub clients: u32,
    /// What is chosen by chance follows from it.
    pub seed: u64,
}

/// Sessions that run until they are stopped.
pub struct Sessions {
    shared: Arc<Shared>,
    tasks: JoinSet<Result<(), LedgerError>>,
    slices: tokio::task::JoinHandle<()>,
}

/// What all sessions have in common.
struct Shared {
    entry: Entry,
    settings: Settings,
    ledger: Ledger,
    clock: Clock,
    stop: AtomicBool,
    acknowledged: AtomicU64,
    samples: Mutex<Vec<Sample>>,
}

impl Sessions {
    /// Makes the tables, and lets the sessions begin. `teller` is told of each second.
    pub async fn start(
        entry: Entry,
        settings: Settings,
        ledger: Ledger,
        clock: Clock,
        teller: Teller,
    ) -> Result<Self, Diag> {
        entry.check().await?;
        prepare(&entry, &settings).await?;
        let shared = Arc::new(Shared {
            entry,
            settings,
            ledger,
            clock,
            stop: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
            samples: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        let clients = shared.settings.clients;
        for session in 1..=clients {
            tasks.spawn(write(shared.clone(), session));
        }
        for reader in 1..=clients.div_ceil(2) {
            tasks.spawn(read(shared.clone(), reader));
        }
        let slices = tokio::spawn(tell(shared.clone(), teller));
        Ok(Self {
            shared,
            tasks,
            slices,
        })
    }

    /// How many transactions were acknowledged up to now.
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::SeqCst)
    }

    /// When the last transaction was acknowledged.
    pub fn last_acknowledged(&self) -> Option<f64> {
        self.shared.last(What::Write(Outcome::Acknowledged))
    }

    /// When the last read was answered.
    pub fn last_read(&self) -> Option<f64> {
        self.shared.last(What::Read(true))
    }

    /// Stops them, each when its transaction has ended, and gives what they saw.
    pub async fn stop(mut self) -> Result<Vec<Sample>, LedgerError> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut broken = None;
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                broken = Some(error);
            }
        }
        self.slices.abort();
        match broken {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut *self.shared.samples())),
        }
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.slices.abort();
    }
}

impl Shared {
    fn samples(&self) -> std::sync::MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, begun: f64, what: What) {
        let at = self.clock.now();
        let latency = at - begun;
        self.samples().push(Sample { at, latency, what });
        if what == What::Write(Outcome::Acknowledged) {
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn last(&self, what: What) -> Option<f64> {
        let samples = self.samples();
        let last = samples.iter().rev().find(|sample| sample.what == what);
        last.map(|sample| sample.at)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// Makes the tables, and waits until readers see them too.
async fn prepare(entry: &Entry, settings: &Settings) -> Result<(), Diag> {
    let run = &settings.run;
    let failed = |what: &str, ended: &Ended| {
        Diag::error(format!(
            "can't {what} the drill's tables: {}",
            ended.words()
        ))
        .help(format!(
            "the schema {} must not be there yet, and {} must be allowed to make it",
            schema(run),
            entry.login().user
        ))
    };
    let make = async {
        let client = entry.connect(Purpose::Writes).await?;
        for statement in tables(run, settings.clients) {
            client.query(&statement).await?;
        }
        Ok(())
    };
    make.await.map_err(|ended| failed("make", &ended))?;
    let deadline = Instant::now() + SEEN;
    let mut seen = 0;
    // A proxy sends each session to another node, so one that sees them does not speak for all.
    while seen < 6 {
        let look = async {
            let client = entry.connect(Purpose::Reads).await?;
            client.query(&glance(run, 1)).await
        };
        match look.await {
            Ok(_) => seen += 1,
            Err(ended) if Instant::now() > deadline => return Err(failed("read", &ended)),
            Err(_) => {
                seen = 0;
                sleep(PAUSE).await;
            }
        }
    }
    Ok(())
}

/// Writes one transaction after the other until told to stop.
async fn write(shared: Arc<Shared>, session: u32) -> Result<(), LedgerError> {
    let mut chance = Chance::of(shared.settings.seed, u64::from(session));
    let mut client = None;
    let mut number = 0;
    while !shared.stopped() {
        number += 1;
        let transaction = Transaction::chosen(&mut chance, &shared.settings.run, session, number);
        let begun = shared.clock.now();
        shared.ledger.intend(begun, transaction.intent.clone())?;
        let (outcome, why) = attempt(&shared.entry, &mut client, &transaction).await;
        let now = shared.clock.now();
        shared.ledger.ended(now, (session, number), outcome, why)?;
        if outcome == Outcome::Abandoned {
            continue;
        }
        shared.saw(begun, What::Write(outcome));
        if outcome == Outcome::Acknowledged {
            sleep(Duration::from_millis(chance.below(THOUGHT))).await;
        } else {
            client = None;
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Sends one transaction, over a new connection where there is none; a connection that is no good
/// any more is taken away.
async fn attempt(
    entry: &Entry,
    kept: &mut Option<Client>,
    transaction: &Transaction,
) -> (Outcome, String) {
    let up_to_commit = async {
        let client = match kept.take() {
            Some(client) => client,
            None => opened(entry, Purpose::Writes).await?,
        };
        client.query("BEGIN").await?;
        for statement in &transaction.statements {
            client.query(statement).await?;
        }
        if transaction.abandoned {
            client.query("ROLLBACK").await?;
        }
        Ok(client)
    };
    match up_to_commit.await {
        // Nobody has asked for a commit.
        Err(ended) => (Outcome::Refused, Ended::words(&ended)),
        Ok(client) if transaction.abandoned => {
            *kept = Some(client);
            (Outcome::Abandoned, String::new())
        }
        Ok(client) => {
            let (outcome, why) = client.commit().await;
            *kept = Some(client);
            (outcome, why)
        }
    }
}

/// A session that does not keep others waiting for ever when its client is gone.
pub(super) async fn opened(entry: &Entry, purpose: Purpose) -> Result<Client, Ended> {
    let client = entry.connect(purpose).await?;
    client.query("SET lock_timeout = '4s'").await?;
    client
        .query("SET idle_in_transaction_session_timeout = '10s'")
        .await?;
    Ok(client)
}

/// Reads one counter after the other until told to stop.
async fn read(shared: Arc<Shared>, reader: u32) -> Result<(), LedgerError> {
    // The writers' rows of chance are their numbers; the readers' begin beyond.
    let mut chance = Chance::of(shared.settings.seed, (1 << 32) | u64::from(reader));
    let clients = u64::from(shared.settings.clients);
    let mut kept = None;
    while !shared.stopped() {
        let begun = shared.clock.now();
        let session = 1 + chance.below(clients);
        let look = async {
            let client = match kept.take() {
                Some(client) => client,
                None => shared.entry.connect(Purpose::Reads).await?,
            };
            client.query(&glance(&shared.settings.run, session)).await?;
            Ok::<_, Ended>(client)
        };
        kept = look.await.ok();
        shared.saw(begun, What::Read(kept.is_some()));
        let pause = match kept {
            Some(_) => Duration::from_millis(chance.below(THOUGHT)),
            None => PAUSE,
        };
        sleep(pause).await;
    }
    Ok(())
}

/// What a reader asks: how far a session is, and its last order.
fn glance(run: &str, session: u64) -> String {
    let schema = schema(run);
    format!(
        "select c.written, o.filler from {schema}.counters c left join {schema}.orders o \
         on o.session = c.session and o.number = c.last where c.session = {session}"
    )
}

/// Tells of each second when it is over.
async fn tell(shared: Arc<Shared>, teller: Teller) {
    let mut ticks = interval(SLICE);
    let mut told = 0;
    let mut from = shared.clock.now();
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let to = shared.clock.now();
        let slice = {
            let samples = shared.samples();
            let new = slice(samples.get(told..).unwrap_or_default(), from, to);
            told = samples.len();
            new
        };
        teller.tell(Told::Slice(slice));
        from = to;
    }
}
