//! pgbench in place of the drill's own clients: more load, and figures that others know.
//!
//! It keeps no ledger: it gives up a connection with whatever was on its way. What must hold is
//! that the sums are right, and that no fewer transactions are there than it logged.

mod sums;
mod tables;
mod told;

pub use sums::check;

use super::entry::{Entry, Purpose};
use super::series::{Sample, slice};
use super::{Clock, Settings, Teller, Told};
use crate::diag::Diag;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long to wait before pgbench is begun anew, after it lost its connections.
const PAUSE: Duration = Duration::from_millis(300);
/// How long making one table may take, for each unit of the scale.
const FILLING: Duration = Duration::from_secs(20);
/// The beginning of the names of its logs.
const LOG: &str = "pgbench_log";

/// pgbench, running until it is stopped.
pub struct Pgbench {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    running: JoinHandle<io::Result<()>>,
    folder: PathBuf,
    clock: Clock,
}

/// What it told up to now.
#[derive(Default)]
struct Shared {
    acknowledged: AtomicU64,
    last: Mutex<Option<f64>>,
}

impl Pgbench {
    /// Fills the tables and begins; its logs go to `folder`.
    pub async fn start(
        entry: &Entry,
        settings: &Settings,
        scale: u32,
        folder: &Path,
        clock: Clock,
        teller: Teller,
    ) -> Result<Self, Diag> {
        let version = Command::new("pgbench").arg("--version").output().await;
        version.map_err(|error| {
            Diag::error(format!("pgbench can't be run on this machine: {error}")).help(
                "install it: on Debian it is in the package postgresql, of which nothing has to run",
            )
        })?;
        fill(entry, &settings.run, scale).await?;
        let failed = |error: io::Error| {
            Diag::error(format!("pgbench can't be begun: {error}")).help(format!(
                "its files go to {} and to {}",
                folder.display(),
                std::env::temp_dir().display()
            ))
        };
        let secrets = entry.client_files().map_err(failed)?;
        let script = folder.join("pgbench.sql");
        std::fs::write(&script, tables::script(&settings.run)).map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = watch::channel(false);
        let bench = Bench {
            connection: entry.connection(&secrets),
            secrets,
            script,
            clients: settings.clients,
            scale,
            seed: settings.seed,
            folder: folder.to_owned(),
        };
        let running = tokio::spawn(supervise(bench, shared.clone(), stopped, clock, teller));
        Ok(Self {
            shared,
            stop,
            running,
            folder: folder.to_owned(),
            clock,
        })
    }

    /// About how many transactions were acknowledged up to now.
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::SeqCst)
    }

    /// When some were acknowledged last.
    pub fn last_acknowledged(&self) -> Option<f64> {
        *self
            .shared
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops it, and gives what it logged.
    pub async fn stop(self) -> io::Result<Vec<Sample>> {
        let _ = self.stop.send(true);
        self.running.await.map_err(io::Error::other)??;
        let mut samples = Vec::new();
        for file in std::fs::read_dir(&self.folder)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(LOG) {
                let text = std::fs::read_to_string(file.path())?;
                samples.extend(told::log(&text, |unix| self.clock.of_unix(unix)));
            }
        }
        samples.sort_by(|one, other| one.at.total_cmp(&other.at));
        Ok(samples)
    }
}

async fn fill(entry: &Entry, run: &str, scale: u32) -> Result<(), Diag> {
    let make = async {
        let client = entry.connect(Purpose::Writes).await?;
        for statement in tables::filled(run, scale) {
            client
                .query_within(&statement, FILLING * scale.max(1))
                .await?;
        }
        Ok(())
    };
    make.await.map_err(|ended: super::client::Ended| {
        Diag::error(format!("can't fill pgbench's tables: {}", ended.words()))
            .help("a smaller --scale needs less room and time")
    })
}

/// How pgbench is called.
struct Bench {
    connection: String,
    /// The password and the CA, as long as it runs.
    secrets: TempDir,
    script: PathBuf,
    clients: u32,
    scale: u32,
    seed: u64,
    folder: PathBuf,
}

impl Bench {
    fn command(&self, round: u64) -> Command {
        let mut command = Command::new("pgbench");
        command
            .args([
                "--no-vacuum",
                "--progress=1",
                "--log",
                "--jobs=2",
                "--time=86400",
            ])
            .arg(format!("--file={}", self.script.display()))
            .arg(format!("--scale={}", self.scale))
            .arg(format!("--client={}", self.clients))
            .arg(format!(
                "--random-seed={}",
                self.seed.wrapping_add(round) >> 1
            ))
            .arg(format!("--log-prefix={}", self.folder.join(LOG).display()))
            .arg(&self.connection)
            .env("PGPASSFILE", self.secrets.path().join("pgpass"))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// Runs pgbench, again and again: it never connects twice, so a failover ends it.
async fn supervise(
    bench: Bench,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
    clock: Clock,
    teller: Teller,
) -> io::Result<()> {
    let mut round = 0;
    while !*stopped.borrow() {
        let mut child = bench.command(round).spawn()?;
        round += 1;
        if let Some(says) = child.stderr.take() {
            let mut lines = BufReader::new(says).lines();
            loop {
                let line = tokio::select! {
                    line = lines.next_line() => line?,
                    _ = stopped.changed() => None,
                };
                let Some(line) = line else {
                    break;
                };
                if let Some(progress) = told::progress(&line) {
                    let now = clock.now();
                    let samples = progress.samples(now);
                    shared
                        .acknowledged
                        .fetch_add(samples.len() as u64, Ordering::SeqCst);
                    if !samples.is_empty() {
                        *shared.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
                    }
                    teller.tell(Told::Slice(slice(&samples, now - 1.0, now)));
                } else if line.contains("aborted") {
                    // The others would go on without it, with less load than was asked for.
                    break;
                }
            }
        }
        // What it has not yet written to its log is not counted as acknowledged.
        child.kill().await?;
        sleep(PAUSE).await;
    }
    Ok(())
}
