//! `trueup check`

use super::ending::{Done, Failure};
use super::playbook::{Input, Loaded};
use crate::report;

/// Find all that is wrong with a playbook, without asking any host
///
/// YAML, keywords, modules and their parameters, undefined variables and missing files, template
/// syntax, handlers that nobody defines, cycles of plays: all errors at once, each with its place
/// and what to do. plan and apply begin with the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup check site.yml -i hosts.yml
  trueup check site.yml -i hosts.yml -e @secrets.yml

Exit status: 0 nothing is wrong, 4 something is.")]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Tell each place of what only a run can tell
    #[arg(short, long)]
    verbose: bool,
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let loaded = args.input.load()?;
    let mut told = praise(&loaded);
    if args.verbose {
        let lacking = loaded.lacking.iter();
        let lacking = lacking.flat_map(|one| one.places.iter().map(|at| (at, &*one.module)));
        let unseen = loaded.unseen.iter().map(|at| (at, "not looked at"));
        for (at, what) in lacking.chain(unseen) {
            told.push_str(&format!("  {at}: {what}\n"));
        }
    }
    report::print(&told);
    Ok(Done::Well)
}

fn praise(loaded: &Loaded) -> String {
    let playbook = &loaded.playbook;
    let tasks = playbook
        .plays
        .iter()
        .flat_map(|play| play.sections.iter().map(|section| section.tasks.len()))
        .sum();
    let mut told = format!(
        "{}: nothing wrong: {}, {}, {}.\n",
        playbook.path.display(),
        report::count(playbook.plays.len(), "play"),
        report::count(tasks, "task"),
        report::count(loaded.inventory.hosts.len(), "host"),
    );
    if !loaded.unseen.is_empty() {
        told.push_str(&format!(
            "Not looked at: {} by names that only the run knows, nor which variables are undefined \
             there and behind.\n",
            report::count(loaded.unseen.len(), "include"),
        ));
    }
    told
}
