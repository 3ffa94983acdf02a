//! `trueup apply`

use super::ending::{Done, Failure};
use super::run::{self, RunArgs};
use super::saved;
use crate::engine::Mode;
use crate::report;
use std::path::PathBuf;

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
  trueup apply --plan monday.plan                        what `plan --out monday.plan` said
  trueup apply site.yml -i hosts.yml --output json | jq -r 'select(.event == \"host_finished\")'

Exit status: 0 done, 2 a host failed, 3 a host is unreachable, 4 the input is wrong,
6 the saved plan does not hold any longer, 130 interrupted.",
    // With a plan there is no playbook to name; what stands in its place is not looked at.
    mut_arg("playbook", |arg| arg.required(false).default_value(".").hide_default_value(true).required_unless_present("plan"))
)]
pub struct Args {
    /// Change nothing: the same as `trueup plan`
    #[arg(short = 'C', long)]
    check: bool,
    /// Show what changes, as plan always does
    #[arg(short = 'D', long)]
    diff: bool,
    /// Do what a saved plan says, and nothing else; it knows the playbook, inventory, limit and tags
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "playbook", "inventory", "limit", "tags", "skip_tags", "become", "become_user",
        "list-hosts", "list-tasks", "list-tags",
    ])]
    plan: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    if let Some(plan) = &args.plan {
        return saved::apply(plan, &args.run, args.diff, args.check);
    }
    let mode = if args.check { Mode::Plan } else { Mode::Apply };
    let told = report::Options {
        diff: args.diff || args.check,
        ..report::Options::default()
    };
    let summary = run::run(&args.run, mode, told, false)?;
    Ok(summary.map_or(Done::Well, |summary| {
        Done::of(&summary.recap, summary.interrupted)
    }))
}
