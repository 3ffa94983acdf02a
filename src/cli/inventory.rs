//! `trueup inventory`

use super::ending::{Done, Failure};
use super::input::Sources;
use crate::engine::State;
use crate::report;
use std::path::PathBuf;

/// Print hosts, groups and variables as the JSON that ansible-inventory prints
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup inventory -i hosts.yml --list
  trueup inventory -i inventories/production --host db1
  ls $(trueup inventory -i inventories/production --state)/passwords")]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    what: What,
    /// The folder of the playbook beside which `group_vars` and `host_vars` are looked for
    #[arg(long, value_name = "FOLDER")]
    playbook_dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// All of it
    #[arg(long)]
    list: bool,
    /// The variables of one host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// The folder in which this controller keeps what it made for the inventory: passwords,
    /// certificates
    #[arg(long)]
    state: bool,
}

/// Prints it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let inventory = args.sources.load()?;
    if args.what.state {
        let folder = State::of(&inventory).folder().map_err(Failure::own)?;
        report::print(&format!("{}\n", folder.display()));
        return Ok(Done::Well);
    }
    let folder = args.playbook_dir.as_deref();
    let json = match &args.what.host {
        Some(host) => inventory.host_json(host, folder),
        None => inventory.list_json(folder),
    };
    report::print_json(&json.map_err(Failure::Input)?).map_err(Failure::own)?;
    Ok(Done::Well)
}
