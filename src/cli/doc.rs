//! `trueup doc`

mod pages;

use super::ending::{Done, Failure};
use crate::diag::Diag;
use crate::report;

/// Say what a module, a keyword, a filter, a test or a lookup is
///
/// What is said of a module comes from its source: what it does, an example, what each parameter takes.
/// Filters, tests and lookups are Ansible's, with its meaning.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup doc                    all names
  trueup doc apt                a module, also by its full name
  trueup doc predicts           a keyword
  trueup doc regex_replace      a filter
  trueup doc --markdown         all modules, as docs/modules.md has them")]
pub struct Args {
    /// What to tell about; without it, all names are listed
    name: Option<String>,
    /// Print the page of all modules
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

/// Prints it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    if args.markdown {
        report::print(&pages::modules());
        return Ok(Done::Well);
    }
    let Some(name) = &args.name else {
        report::print(&pages::names());
        return Ok(Done::Well);
    };
    let told = pages::about(name);
    if told.is_empty() {
        let diag = Diag::error(format!(
            "there is no module, keyword, filter, test or lookup `{name}`"
        ));
        let diag = diag.suggest(name, pages::known());
        return Err(Failure::input(diag.help("all names: trueup doc")));
    }
    report::print(&told.join("\n"));
    Ok(Done::Well)
}
