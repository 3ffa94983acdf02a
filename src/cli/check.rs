//! `trueup check`

use super::ending::{Done, Failure};
use super::playbook::Input;
use crate::model::Playbook;
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
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let loaded = args.input.load()?;
    report::print(&praise(&loaded.playbook, loaded.inventory.hosts.len()));
    Ok(Done::Well)
}

fn praise(playbook: &Playbook, hosts: usize) -> String {
    let tasks = playbook
        .plays
        .iter()
        .flat_map(|play| play.sections.iter().map(|section| section.tasks.len()))
        .sum();
    format!(
        "{}: nothing wrong: {}, {}, {}.\n",
        playbook.path.display(),
        report::count(playbook.plays.len(), "play"),
        report::count(tasks, "task"),
        report::count(hosts, "host"),
    )
}
