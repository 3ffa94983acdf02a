//! `trueup status`

use super::connection::Connection;
use super::declared::Declared;
use super::ending::{Done, Failure};
use super::input::{ExtraVars, Sources};
use crate::cluster::{self, ClusterStatus, Verdict};
use crate::report;
use serde::Serialize;

/// Show what a PostgreSQL cluster is now, and whether that is what the inventory declares
///
/// Every server is asked itself, directly or through ssh: PostgreSQL, pgpool or Patroni, etcd or
/// ZooKeeper, HAProxy. What differs is said in plain words, with the command that mends it. A server
/// that does not answer is an answer too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup status -i inventories/lab-patroni-etcd
  trueup status -i inventories/lab-pgpool --json | jq .verdict
  watch -n1 trueup status -i inventories/lab-pgpool")]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    /// As JSON (docs/status.md)
    #[arg(long)]
    json: bool,
    /// Exit with 5 when the cluster is not as declared
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    extra_vars: ExtraVars,
    #[command(flatten)]
    connection: Connection,
}

/// The JSON form.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    status: &'a ClusterStatus,
    verdict: &'a Verdict,
}

/// Asks, and tells.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let login = args.connection.ask()?.login;
    let declared = Declared::of(&args.sources, &args.extra_vars, &args.connection, login)?;
    let spec = &declared.spec;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::own)?;
    let status = runtime.block_on(cluster::survey(spec, &declared.reach));
    let verdict = cluster::judge(spec, &status);
    if args.json {
        let document = Document {
            status: &status,
            verdict: &verdict,
        };
        report::print_json(&document).map_err(Failure::own)?;
    } else {
        report::print(&cluster::render(&status, &verdict));
    }
    Ok(if status.all_unreachable() {
        Done::Unreachable
    } else if args.detailed_exitcode && !verdict.as_declared {
        Done::Differs
    } else {
        Done::Well
    })
}
