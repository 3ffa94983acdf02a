//! `trueup plan`

use super::ending::{Done, Failure};
use super::run::{self, RunArgs};
use super::saved;
use crate::engine::Mode;
use crate::report::{self, Wanted};
use clap::ValueEnum;
use std::path::PathBuf;

/// Show what differs from what is declared, and change nothing
///
/// Every host is asked read-only. For each task and host the difference is shown: the text of
/// files as a diff, attributes, packages, services and settings as from -> to. What rests on
/// another change is told as `unknown until TASK`, and counts as a difference.
///
///   +  will be made     ~  will be changed     -  will be taken away
///   >  will be run      ?  can't be known yet
///
/// The end names first what is taken away or stopped. The files of --html and --markdown hold no
/// secret, and are written whole when the plan has ended.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  trueup plan site.yml -i hosts.yml
  trueup plan site.yml -i hosts.yml -l db1 -t config
  trueup plan site.yml -i hosts.yml --since
  trueup plan site.yml -i hosts.yml --by host
  trueup plan site.yml -i hosts.yml --html plan.html --markdown plan.md
  trueup plan site.yml -i hosts.yml --detailed-exitcode || echo differs
  trueup plan site.yml -i hosts.yml --out monday.plan && trueup apply --plan monday.plan

Exit status: 0 done, 2 a host failed, 3 a host is unreachable, 4 the input is wrong,
5 differences (with --detailed-exitcode)."
)]
pub struct Args {
    /// Exit with 5 when something differs; tells since when, as --since does
    #[arg(long)]
    detailed_exitcode: bool,
    /// Tell since when what differs is so, and who made it so, where the host knows
    #[arg(long)]
    since: bool,
    /// In which order differences are told: task by task, or host by host
    #[arg(long, value_name = "ORDER", default_value = "task")]
    by: By,
    /// Write the plan as a page that needs nothing else, to read or attach to a review
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the plan as a comment for a pull request, cut to what GitHub takes
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Show what differs, as plan does without it too
    #[arg(short = 'D', long = "diff")]
    _diff: bool,
    /// Save the plan, for `trueup apply --plan FILE`: what it says is done then, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list-hosts", "list-tasks", "list-tags"])]
    out: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// In which order a plan is told.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// A section a task
    Task,
    /// A section a host; hosts of which all is the same share one
    Host,
}

impl From<By> for report::By {
    fn from(by: By) -> Self {
        match by {
            By::Task => Self::Task,
            By::Host => Self::Host,
        }
    }
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let told = report::Options {
        diff: true,
        by: args.by.into(),
        pages: Wanted {
            html: args.html.clone(),
            markdown: args.markdown.clone(),
        },
        ..report::Options::default()
    };
    let since = args.since || args.detailed_exitcode;
    let summary = match &args.out {
        Some(out) => saved::plan(&args.run, since, told, out)?,
        None => run::run(&args.run, Mode::Plan, told, since)?,
    };
    let Some(summary) = summary else {
        return Ok(Done::Well);
    };
    let done = Done::of(&summary.recap, summary.interrupted);
    let differs = summary.recap.iter().any(|(_, recap)| recap.changed > 0);
    match done {
        Done::Well if differs && args.detailed_exitcode => Ok(Done::Differs),
        done => Ok(done),
    }
}
