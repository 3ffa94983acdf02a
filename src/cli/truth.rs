//! `trueup truth`

use super::ending::{Done, Failure};
use crate::diag::Diag;
use crate::report::{self, Screen, Truth};
use std::path::PathBuf;

/// Hold what a plan told against what the apply after it did
///
/// Task by task, host by host, loop item by loop item: what came word for word as told, what came
/// otherwise, what the plan could not know, what was told and not made, and what was made without
/// being told. Both runs have to be of the same playbook and inventory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup plan site.yml -i hosts.yml --output json > plan.jsonl
  trueup apply site.yml -i hosts.yml --output json > apply.jsonl
  trueup truth plan.jsonl apply.jsonl

Exit status: 0 done, 4 a file is no such run, 5 the plan was not true (with --detailed-exitcode).")]
pub struct Args {
    /// What `trueup plan --output json` printed
    plan: PathBuf,
    /// What `trueup apply --output json` printed after it
    apply: PathBuf,
    /// As JSON (docs/truth.md)
    #[arg(long)]
    json: bool,
    /// Exit with 5 when the plan was not true; what it said it can't know is no lie
    #[arg(long)]
    detailed_exitcode: bool,
}

/// Compares, and tells.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let truth = Truth::read(&args.plan, &args.apply)
        .map_err(|error| Failure::input(Diag::error(error.to_string())))?;
    if args.json {
        report::print_json(&truth.json()).map_err(Failure::own)?;
    } else {
        Screen::stdout().line(&truth.text());
    }
    if args.detailed_exitcode && !truth.holds() {
        return Ok(Done::Differs);
    }
    Ok(Done::Well)
}
