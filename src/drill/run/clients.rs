//! The clients of a drill: its own, or pgbench.

use super::Plan;
use crate::cluster::Reach;
use crate::diag::Diag;
use crate::drill::histories::{self, Histories};
use crate::drill::series::Sample;
use crate::drill::{
    Clock, Entry, Ledger, Pgbench, Sessions, Settings, check, ledger, pgbench, report,
};

/// The name of the ledger's file.
const LEDGER: &str = "ledger.jsonl";
/// How many sessions meet on shared keys, however few clients are wanted.
const MEETING: u32 = 4;

/// Clients that work until they are stopped.
pub(super) struct Clients {
    load: Load,
    histories: Option<Histories>,
}

/// Those that keep the ledger.
enum Load {
    Own(Sessions),
    Pgbench(Pgbench),
}

impl Clients {
    /// Lets them begin, in tables that bear the run's name.
    pub async fn start(plan: &Plan, entry: Entry, run: &str, clock: Clock) -> Result<Self, Diag> {
        let histories = match plan.histories {
            Some(level) => {
                let settings = histories::Settings {
                    run: run.to_owned(),
                    level,
                    sessions: plan.clients.div_ceil(2).max(MEETING),
                    seed: plan.seed,
                };
                let begun = Histories::start(entry.clone(), settings, &plan.folder, clock);
                Some(begun.await?)
            }
            None => None,
        };
        let load = Load::start(plan, entry, run, clock).await?;
        Ok(Self { load, histories })
    }

    /// How many transactions were acknowledged up to now.
    pub fn acknowledged(&self) -> u64 {
        match &self.load {
            Load::Own(sessions) => sessions.acknowledged(),
            Load::Pgbench(pgbench) => pgbench.acknowledged(),
        }
    }

    /// When the last one was.
    pub fn last_acknowledged(&self) -> Option<f64> {
        match &self.load {
            Load::Own(sessions) => sessions.last_acknowledged(),
            Load::Pgbench(pgbench) => pgbench.last_acknowledged(),
        }
    }

    /// Stops them: what they saw.
    pub async fn stop(self) -> Result<Vec<Sample>, String> {
        let recorded = match self.histories {
            Some(histories) => histories.stop().await.map_err(|error| error.to_string()),
            None => Ok(()),
        };
        let seen = match self.load {
            Load::Own(sessions) => sessions.stop().await.map_err(|error| error.to_string()),
            Load::Pgbench(pgbench) => pgbench.stop().await.map_err(|error| error.to_string()),
        };
        recorded.and(seen)
    }
}

impl Load {
    async fn start(plan: &Plan, entry: Entry, run: &str, clock: Clock) -> Result<Self, Diag> {
        let settings = Settings {
            run: run.to_owned(),
            clients: plan.clients,
            seed: plan.seed,
        };
        let teller = plan.teller.clone();
        if let Some(scale) = plan.pgbench {
            let begun = Pgbench::start(&entry, &settings, scale, &plan.folder, clock, teller);
            return begun.await.map(Self::Pgbench);
        }
        let opening = ledger::Opening {
            run: run.to_owned(),
            seed: plan.seed,
            sessions: plan.clients,
        };
        let ledger = Ledger::begin(&plan.folder.join(LEDGER), opening)
            .map_err(|error| Diag::error(error.to_string()))?;
        let begun = Sessions::start(entry, settings, ledger, clock, teller);
        begun.await.map(Self::Own)
    }
}

/// Looks for every row of a run, of which the clients saw `samples`.
pub(super) async fn rows(
    plan: &Plan,
    run: &str,
    samples: &[Sample],
    reach: &dyn Reach,
) -> Result<report::Ledger, Diag> {
    if plan.pgbench.is_some() {
        return pgbench::check(run, samples.len() as u64, &plan.spec, reach).await;
    }
    let account = ledger::read(&plan.folder.join(LEDGER));
    let account = account.map_err(|error| Diag::error(error.to_string()))?;
    check(&account, &plan.spec, reach).await
}
