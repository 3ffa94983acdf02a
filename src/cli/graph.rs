//! `trueup graph`

use super::ending::{Done, Failure};
use super::hosts;
use super::playbook::Input;
use crate::graph;
use crate::report;
use clap::ValueEnum;

/// Draw what must come before what
///
/// One node for each task and host, as far as it is known without running: an include stays one
/// node, and every play has all its hosts in one batch.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup graph site.yml -i hosts.yml | dot -Tsvg > site.svg
  trueup graph site.yml -i hosts.yml --format mermaid")]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// For Graphviz or for Mermaid
    #[arg(long, default_value = "dot")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Dot,
    Mermaid,
}

/// Prints it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let loaded = args.input.load()?;
    let hosts = hosts::of_plays(&loaded, None)?;
    let graph = graph::outline(&loaded.playbook, &hosts);
    let format = match args.format {
        Format::Dot => graph::Format::Dot,
        Format::Mermaid => graph::Format::Mermaid,
    };
    report::print(&graph::render(&graph, &loaded.playbook, format));
    Ok(Done::Well)
}
