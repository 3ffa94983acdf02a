//! `trueup drill judge`

use super::Args;
use crate::cli::ending::{Done, Failure};
use crate::diag::Diag;
use crate::history::{self, Rules};
use crate::report;
use std::path::PathBuf;

/// What is typed in place of a scenario.
pub const NAME: &str = "judge";

/// What is judged, and how.
#[derive(Debug, clap::Args)]
pub struct Judging {
    /// With judge: the history
    #[arg(value_name = "FILE")]
    history: Option<PathBuf>,
    /// With judge: what standbys of every PostgreSQL can show is a fault too
    #[arg(long, requires = "history")]
    strict: bool,
}

/// Judges the history of a file.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let Some(path) = &args.judge.history else {
        let diag = Diag::error("no history is named");
        return Err(Failure::input(diag.help(
            "`trueup drill judge FILE`: the history.jsonl of a drill with --histories",
        )));
    };
    let history =
        history::read(path).map_err(|error| Failure::input(Diag::error(error.to_string())))?;
    let rules = Rules {
        strict: args.judge.strict,
    };
    let judgement = history::judge(&history, rules);
    if args.json {
        report::print_json(&judgement).map_err(Failure::own)?;
    } else {
        report::print(&history::told(&judgement));
    }
    Ok(match judgement.faults() {
        0 => Done::Well,
        _ => Done::HostFailed,
    })
}

/// Refuses what only a judge is told.
pub fn not_wanted(args: &Args) -> Result<(), Failure> {
    let wanted = [
        (args.judge.history.is_some(), "a file"),
        (args.json, "--json"),
    ];
    match wanted.iter().find(|(given, _)| *given) {
        Some((_, what)) => {
            let diag = Diag::error(format!("a drill takes no scenario together with {what}"));
            Err(Failure::input(diag.help(
                "name one scenario alone, or judge a history: `trueup drill judge FILE`",
            )))
        }
        None => Ok(()),
    }
}
