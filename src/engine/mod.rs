//! Schedule, one node's life, handlers, blocks, locks. It prints nothing: it sends [`Event`]s.

mod act;
mod acted;
mod brief;
mod censored;
mod check;
mod controller;
mod desk;
mod detached;
mod dispatch;
mod event;
mod foretell;
mod fresh;
mod hosts;
mod job;
mod judge;
mod life;
mod live;
mod machine;
mod masked;
mod options;
mod outcome;
mod owed;
mod own;
mod play;
mod plays;
mod predicts;
mod promise;
mod road;
mod roster;
mod run;
mod scope;
mod settings;
mod since;
mod standing;
mod state;
mod tags;
mod together;
mod validated;
mod variables;
mod wait;

pub use check::{Checked, Lacking, check};
pub use event::{Event, Mode, OwedHandler, Recap, TaskInfo};
pub use options::Options;
pub use outcome::{Outcome, Registered};
pub use promise::{Act, Held, Journal, JournalError, Key, Moved, Promise, Promises, Status, Told};
pub use state::{State, StateError};
pub use tags::selected;

use crate::model::{Inventory, Loader, Playbook};
use crate::remote::Signal;
use dispatch::Dispatcher;
use futures::future::join_all;
use roster::Roster;
use run::Run;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, watch};

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Summary {
    /// A line a host, in the order of the inventory.
    pub recap: Vec<(String, Recap)>,
    /// The user asked to stop before all was done.
    pub interrupted: bool,
}

/// How long a step that was sent TERM may take to end before it is sent KILL.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a checked playbook. `stop` counts how often the user asked to stop: at 1 nothing new
/// starts and what runs may end; at 2 what runs is sent TERM, then KILL, but for package steps.
pub async fn run(
    playbook: Playbook,
    inventory: Inventory,
    loader: Loader,
    options: Options,
    events: mpsc::Sender<Event>,
    stop: watch::Receiver<u8>,
) -> Summary {
    let begun = Instant::now();
    let run = Arc::new(Run {
        forks: Semaphore::new(options.forks.max(1)),
        throttles: std::sync::Mutex::default(),
        owner: owner(),
        hosts: hosts::Hosts::default(),
        playbook,
        roster: Roster::new(inventory),
        loader,
        options,
        events,
        stop,
    });
    run.tell(Event::RunStarted {
        mode: run.options.mode,
        playbook: run.playbook.path.display().to_string(),
    })
    .await;
    let interrupter = tokio::spawn(interrupt(run.clone()));
    let owed = Dispatcher::new(run.clone()).run().await;
    interrupter.abort();
    let interrupted = *run.stop.borrow() > 0;
    let hosts = run.hosts.all();
    join_all(hosts.iter().map(|(_, host)| host.disconnect())).await;
    let mut recap: Vec<(String, Recap)> = hosts
        .into_iter()
        .map(|(name, host)| (name, host.recap()))
        .filter(|(_, recap)| *recap != Recap::default())
        .collect();
    let known = run.roster.now();
    let known = &known.inventory.hosts;
    let place = |name: &str| known.get_index_of(name).unwrap_or(usize::MAX);
    recap.sort_by_key(|(name, _)| place(name));
    run.tell(Event::RunFinished {
        recap: recap.clone(),
        elapsed: begun.elapsed(),
        interrupted,
        owed,
    })
    .await;
    Summary { recap, interrupted }
}

/// Who runs this: `deploy@controller, pid 4711, since 2026-11-21T10:42:00Z`.
fn owner() -> String {
    let name = |file: &str| {
        std::fs::read_to_string(file)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    format!(
        "{}@{}, pid {}, since {}",
        user.unwrap_or_else(|_| "somebody".to_owned()),
        name("/proc/sys/kernel/hostname"),
        std::process::id(),
        jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ")
    )
}

/// At the second request to stop, ends what runs.
async fn interrupt(run: Arc<Run>) {
    let mut stop = run.stop.clone();
    if stop.wait_for(|level| *level > 1).await.is_err() {
        return;
    }
    for signal in [Signal::Term, Signal::Kill] {
        for (_, host) in run.hosts.all() {
            if let Some(reach) = host.open_reach() {
                reach.remote.interrupt(signal).await;
            }
        }
        tokio::time::sleep(GRACE).await;
    }
}
