//! A saved plan: what `plan --out` writes and `apply --plan` carries out (docs/saved-plans.md).

mod apply;
mod file;
mod typed;

pub use apply::apply;

use super::again;
use super::ending::{Done, Failure};
use super::run::{self, How, RunArgs};
use crate::diag;
use crate::engine::{Mode, Promises, Summary};
use crate::report;
use file::SavedPlan;
use std::path::Path;
use std::sync::Arc;
use typed::Typed;

/// Plans, and saves what was told in a file. Where a host failed or could not be asked the plan is
/// none that could be carried out, and nothing is saved.
pub fn plan(
    args: &RunArgs,
    since: bool,
    told: report::Options,
    out: &Path,
) -> Result<Option<Summary>, Failure> {
    diag::keep_digests();
    let loaded = args.input.load()?;
    let typed = Typed::of(args)?;
    let promises = Arc::new(Promises::default());
    let how = How {
        mode: Mode::Plan,
        diff: true,
        since,
        promises: Some(promises.clone()),
        told: Some(report::Options {
            arguments: again::arguments(args),
            saved: Some(again::saved(out, args)),
            ..told
        }),
    };
    let summary = run::carry_out(args, loaded, how, || args.connection.ask())?;
    let why = match Done::of(&summary.recap, summary.interrupted) {
        Done::HostFailed => "a host failed",
        Done::Unreachable => "a host could not be reached",
        Done::Interrupted => "it was interrupted",
        _ => {
            SavedPlan::new(typed, diag::digests(), promises.made()).write(out)?;
            report::aside(&format!("The plan is saved in {}.", out.display()));
            return Ok(Some(summary));
        }
    };
    report::aside(&format!("No plan is saved in {}: {why}.", out.display()));
    Ok(Some(summary))
}
