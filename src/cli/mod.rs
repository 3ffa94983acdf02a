//! The command line: one file a verb; doc comments are the help.

mod again;
mod apply;
mod certs;
mod check;
mod completions;
mod connection;
mod declared;
mod doc;
mod drill;
mod ending;
mod extra_vars;
mod graph;
mod hosts;
mod input;
mod inventory;
mod lab;
mod lab_init;
mod lab_spec;
mod list;
mod logging;
mod man;
mod ping;
mod plan;
mod playbook;
mod run;
mod saved;
mod status;
mod stop;
mod truth;
mod vault;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use ending::{Done, Failure};
use std::process::ExitCode;

/// Cargo's colours, which people of Rust know.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Makes hosts true to what was declared.
///
/// trueup reads Ansible's inventories and playbooks, asks every host read-only what is so, shows
/// the difference, and over SSH makes it so. A target needs sshd and a POSIX shell, nothing else.
#[derive(Debug, Parser)]
#[command(
    name = "trueup",
    version,
    styles = STYLES,
    max_term_width = 100,
    propagate_version = false,
    disable_help_subcommand = true,
    after_help = "\
The usual way:
  trueup check site.yml -i hosts.yml    is the input right? (asks no host)
  trueup plan site.yml -i hosts.yml     what differs? (reads only)
  trueup apply site.yml -i hosts.yml    make it so

Exit status: 0 done, 1 trueup itself failed, 2 a host failed, 3 a host is unreachable,
4 the input is wrong, 5 differences (--detailed-exitcode), 6 a saved plan does not hold any longer,
130 interrupted.
Environment: TRUEUP_INVENTORY is the default of -i; TRUEUP_LOG=debug logs to stderr; NO_COLOR."
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Truth(truth::Args),
    Vault(vault::Args),
    Graph(graph::Args),
    Inventory(inventory::Args),
    Ping(ping::Args),
    Status(status::Args),
    Certs(certs::Args),
    Lab(lab::Args),
    Drill(drill::Args),
    Completions(completions::Args),
    Doc(doc::Args),
    Man(man::Args),
}

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    logging::start();
    ending::tell(&dispatch(cli.verb))
}

/// What clap has to say: the help that was asked for, or what is wrong with the words that were typed.
fn refused(error: &clap::Error) -> ExitCode {
    // The reader of the help may have gone away.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ending::tell(&Err(Failure::Told)),
    }
}

fn dispatch(verb: Verb) -> Result<Done, Failure> {
    match verb {
        Verb::Check(args) => check::run(&args),
        Verb::Plan(args) => plan::run(&args),
        Verb::Apply(args) => apply::run(&args),
        Verb::Truth(args) => truth::run(&args),
        Verb::Vault(args) => vault::run(&args),
        Verb::Graph(args) => graph::run(&args),
        Verb::Inventory(args) => inventory::run(&args),
        Verb::Ping(args) => ping::run(&args),
        Verb::Status(args) => status::run(&args),
        Verb::Certs(args) => certs::run(&args),
        Verb::Lab(args) => lab::run(&args),
        Verb::Drill(args) => drill::run(&args),
        Verb::Completions(args) => Ok(completions::run(&args, &mut Cli::command())),
        Verb::Doc(args) => doc::run(&args),
        Verb::Man(args) => man::run(&args, Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
