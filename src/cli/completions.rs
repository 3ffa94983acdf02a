//! `trueup completions`

use super::ending::Done;
use crate::report;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup completions bash > /etc/bash_completion.d/trueup
  trueup completions zsh > ~/.zfunc/_trueup
  trueup completions fish > ~/.config/fish/completions/trueup.fish")]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub fn run(args: &Args, command: &mut clap::Command) -> Done {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, command, "trueup", &mut text);
    report::print(&String::from_utf8_lossy(&text));
    Done::Well
}
