//! The load of a drill, and all that is measured beside it.

use super::run_name;
use super::stage::Stage;
use crate::diag::Diag;
use crate::drill::series::Sample;
use crate::drill::{Entry, Ledger, Sessions, Settings, ledger};
use std::path::PathBuf;

/// The name of the ledger's file.
pub(super) const LEDGER: &str = "ledger.jsonl";

/// What runs beside the drill.
pub(super) struct Measured {
    sessions: Sessions,
    pub run: String,
    pub ledger: PathBuf,
}

impl Measured {
    /// Lets the clients begin.
    pub async fn start(stage: &mut Stage) -> Result<Self, Diag> {
        stage.doing("the clients log in");
        let plan = &stage.plan;
        let entry = Entry::of(&plan.spec)?;
        let run = run_name(plan.scenario.name, &stage.clock);
        let path = plan.folder.join(LEDGER);
        let opening = ledger::Opening {
            run: run.clone(),
            seed: plan.seed,
            sessions: plan.clients,
        };
        let ledger =
            Ledger::begin(&path, opening).map_err(|error| Diag::error(error.to_string()))?;
        let settings = Settings {
            run: run.clone(),
            clients: plan.clients,
            seed: plan.seed,
        };
        let sessions =
            Sessions::start(entry, settings, ledger, stage.clock, plan.teller.clone()).await?;
        Ok(Self {
            sessions,
            run,
            ledger: path,
        })
    }

    /// How many transactions were acknowledged up to now.
    pub fn acknowledged(&self) -> u64 {
        self.sessions.acknowledged()
    }

    /// When the last one was.
    pub fn last_acknowledged(&self) -> Option<f64> {
        self.sessions.last_acknowledged()
    }

    /// Stops the clients: what they saw.
    pub async fn stop(self) -> Result<Vec<Sample>, String> {
        self.sessions
            .stop()
            .await
            .map_err(|error| error.to_string())
    }
}
