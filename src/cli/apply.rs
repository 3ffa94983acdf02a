//! `trueup apply`

use super::ending::{Done, Failure};
use super::run::{self, RunArgs};
use crate::engine::Mode;

/// Make hosts true to what is declared
///
/// Begins with what `check` does. What is already as declared is left alone, so an apply that was
/// stopped or failed can simply be run again. Ctrl-C: nothing new starts, what runs may end;
/// again: what runs is ended, but for package managers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup apply site.yml -i hosts.yml
  trueup apply site.yml -i hosts.yml -l 'db*:!db3' -b -K
  trueup apply site.yml -i hosts.yml --check --diff     the same as plan
  trueup apply site.yml -i hosts.yml --output json | jq -r 'select(.event == \"host_finished\")'

Exit status: 0 done, 2 a host failed, 3 a host is unreachable, 4 the input is wrong,
130 interrupted.")]
pub struct Args {
    /// Change nothing: the same as `trueup plan`
    #[arg(short = 'C', long)]
    check: bool,
    /// Show what changes, as plan always does
    #[arg(short = 'D', long)]
    diff: bool,
    #[command(flatten)]
    run: RunArgs,
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let mode = if args.check { Mode::Plan } else { Mode::Apply };
    let summary = run::run(&args.run, mode, args.diff || args.check, false)?;
    Ok(summary.map_or(Done::Well, |summary| {
        Done::of(&summary.recap, summary.interrupted)
    }))
}
