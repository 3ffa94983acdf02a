//! `trueup man`

use super::ending::{Done, Failure};
use crate::diag::Diag;
use crate::report;
use clap_mangen::Man;

/// Print a manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup man | man -l -
  trueup man apply > /usr/local/share/man/man1/trueup-apply.1")]
pub struct Args {
    /// The verb whose page is wanted; without it, trueup's own
    verb: Option<String>,
}

/// Prints it.
pub fn run(args: &Args, mut command: clap::Command) -> Result<Done, Failure> {
    command.build();
    let page = match &args.verb {
        None => command,
        Some(verb) => match command.find_subcommand(verb) {
            // A built subcommand's display name is `trueup-VERB`, which is what its page is called.
            Some(found) => found.clone(),
            None => {
                let verbs: Vec<_> = command
                    .get_subcommands()
                    .map(clap::Command::get_name)
                    .collect();
                let diag = Diag::error(format!("there is no verb `{verb}`"));
                return Err(Failure::input(diag.suggest(verb, verbs)));
            }
        },
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text).map_err(Failure::own)?;
    report::print(&String::from_utf8_lossy(&text));
    Ok(Done::Well)
}
