//! `trueup drill`

mod by_hand;
mod histories;
mod judge;
mod lesson;
mod now;
mod storm;
mod table;
mod view;

use super::connection::Connection;
use super::declared::Declared;
use super::ending::{Done, Failure};
use super::input::{ExtraVars, Sources};
use super::stop;
use crate::diag::Diag;
use crate::drill::report::{Ledger, Report};
use crate::drill::scenario::Kind;
use crate::drill::{self, Course, Plan, SCENARIOS, Scenario, Site, Teller};
use crate::report;
use crate::secret::masked;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long the view may take to show what was told last.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How many sessions write, unless the user says otherwise.
const CLIENTS: u32 = 8;

/// Break a cluster on purpose, under load, and prove that nothing was lost
///
/// Clients write and read through the proxy and keep a ledger of every answer. Then comes the fault,
/// then the failover, and the playbooks restore-replica and restore-primary bring the cluster back to
/// the declared layout, as a person would. At last every acknowledged row is looked for, and rows
/// that nobody wrote too. The report tells how long nobody could write, whether two nodes were ever
/// writable at once, and which lines of the logs matter.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup drill --list
  trueup drill primary-off -i inventories/lab-pgpool
  trueup drill two-off -i inventories/lab-patroni-etcd --clients 20 --report two-off
  trueup drill primary-off -i inventories/lab-pgpool --load pgbench --scale 10
  trueup drill synchronous-off -i inventories/bare-metal --by-hand
  trueup drill storm -i inventories/lab-patroni-etcd --runs 10 --faults 5 --seed 1
  trueup drill lab-report -i inventories/lab-patroni-etcd --report my-report
  trueup drill lab-report -i inventories/lab-pgpool --report otchet --language ru
  trueup drill judge my-report/history.jsonl

Exit status: 0 passed, 2 something was lost, or there were two primaries, or the layout is not the
declared one again (the report says which), 4 the input is wrong or the cluster is not as declared,
130 interrupted.")]
pub struct Args {
    /// The scenario, one of those that --list shows; or storm; or lab-report; or judge
    ///
    /// `storm` lets several faults come by chance, one after the other or at once, and planned work
    /// among them. One that fails is played again with fewer faults, to find those that it takes.
    ///
    /// `lab-report` plays a whole exercise in a lab in one go: it builds the cluster, shows how it
    /// replicates, drills the loss of the primary, and writes all commands and their output as one page.
    /// `judge` runs nothing: it judges a history that was recorded.
    #[arg(required_unless_present_any = ["list", "table"])]
    scenario: Option<String>,
    #[command(flatten)]
    judge: judge::Judging,
    /// Show all scenarios, and what must become of each topology
    #[arg(long)]
    list: bool,
    /// With --list or judge: as JSON
    #[arg(long, conflicts_with = "table")]
    json: bool,
    /// Print as tables what the drills came to whose reports are in these folders, and run none
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["scenario", "list"])]
    table: Vec<PathBuf>,
    #[command(flatten)]
    sources: Sources,
    /// Where the report and the ledger go [default: a new folder in the inventory's state folder]
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// How many sessions write; half as many read
    #[arg(long, value_name = "N", default_value_t = CLIENTS, value_parser = clap::value_parser!(u32).range(1..=500))]
    clients: u32,
    /// Who writes: the drill's own sessions, which know every row, or pgbench, for its figures
    #[arg(long, value_enum, default_value_t = LoadKind::Own)]
    load: LoadKind,
    /// How large pgbench's tables are: 100000 accounts each (15 MB)
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10000))]
    scale: u32,
    /// What is chosen by chance follows from it [default: another one each time]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    #[command(flatten)]
    storm: storm::Weather,
    #[command(flatten)]
    histories: histories::Record,
    /// With lab-report: the language of its page
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = LanguageKind::En)]
    language: LanguageKind,
    /// Build the cluster first if it is not as declared
    #[arg(long)]
    build: bool,
    #[command(flatten)]
    by_hand: by_hand::Options,
    /// The folder of the playbooks
    #[arg(long, value_name = "DIR", default_value = "playbooks")]
    playbooks: PathBuf,
    #[command(flatten)]
    extra_vars: ExtraVars,
    #[command(flatten)]
    connection: Connection,
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LoadKind {
    /// The drill's own sessions
    Own,
    /// pgbench
    Pgbench,
}

/// What a page is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LanguageKind {
    /// English
    En,
    /// Russian
    Ru,
}

impl From<LanguageKind> for drill::Language {
    fn from(kind: LanguageKind) -> Self {
        match kind {
            LanguageKind::En => Self::English,
            LanguageKind::Ru => Self::Russian,
        }
    }
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    if !args.table.is_empty() {
        return table::run(&args.table);
    }
    let Some(name) = args.scenario.as_ref().filter(|_| !args.list) else {
        return list(args.json);
    };
    if name == judge::NAME {
        return judge::run(args);
    }
    judge::not_wanted(args)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::own)?;
    let ended = runtime.block_on(async {
        if name == lesson::NAME {
            if args.by_hand.wanted() {
                let diag =
                    Diag::error("lab-report is played in a lab, which pulls its plugs itself");
                return Err(Failure::input(diag.help("leave --by-hand out")));
            }
            return lesson::run(args, stop::listen().map_err(Failure::own)?).await;
        }
        if name == drill::storm::NAME {
            return storm::run(args, stop::listen().map_err(Failure::own)?).await;
        }
        args.storm.refuse_without_storm()?;
        let scenario = Scenario::named(name).ok_or_else(|| {
            let names = SCENARIOS.iter().map(|scenario| scenario.name);
            let names = names.chain([drill::storm::NAME, lesson::NAME]);
            let diag = Diag::error(format!("there is no scenario `{name}`")).suggest(name, names);
            Failure::input(diag.help("`trueup drill --list` tells of all"))
        })?;
        let stop = stop::listen().map_err(Failure::own)?;
        let (person, _keyboard) = args.by_hand.person(&stop)?.unzip();
        let mut plan = plan(args, seed_of(args)?, |_| Course::Scenario(scenario), stop)?;
        plan.site.person = person;
        drilled(plan).await
    });
    // Nothing that still waits for a dead peer holds the command up.
    runtime.shutdown_background();
    ended
}

fn list(json: bool) -> Result<Done, Failure> {
    if json {
        let scenarios: Vec<_> = SCENARIOS.iter().map(Scenario::json).collect();
        report::print_json(&scenarios).map_err(Failure::own)?;
    } else {
        report::print(&drill::list());
    }
    Ok(Done::Well)
}

fn plan(
    args: &Args,
    seed: u64,
    course: impl FnOnce(Kind) -> Course,
    stop: watch::Receiver<u8>,
) -> Result<Plan, Failure> {
    if args.connection.asks_login() || args.connection.asks_sudo() {
        let diag = Diag::error("a drill runs many commands, and can't ask for a password in each");
        return Err(Failure::input(diag.help(
            "set ansible_password and ansible_become_password in the inventory, or log in with a key",
        )));
    }
    let Declared {
        inventory,
        extra,
        state,
        spec,
        reach,
    } = Declared::of(&args.sources, &args.extra_vars, &args.connection, None)?;
    let site =
        Site::of(&inventory, &spec, &extra, &state, Arc::new(reach)).map_err(Failure::Input)?;
    let course = course(Kind::of(&spec));
    let folder = args.report.clone();
    let folder = folder.unwrap_or_else(|| folder_of(&state, course.name()));
    Ok(Plan {
        course,
        spec,
        site,
        inventory: args
            .sources
            .paths()
            .iter()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
            .join(" "),
        words: words(args),
        playbooks: args.playbooks.clone(),
        build: args.build,
        folder,
        clients: args.clients,
        seed,
        pgbench: (args.load == LoadKind::Pgbench).then_some(args.scale),
        histories: args.histories.level(),
        teller: Teller::silent(),
        stop,
    })
}

/// The words that name the inventory in another command, with how its hosts are reached and what
/// variables were given.
fn words(args: &Args) -> Vec<String> {
    let mut words = args.sources.words();
    words.extend(args.connection.words());
    for given in args.extra_vars.words() {
        words.extend(["-e".to_owned(), given.clone()]);
    }
    words
}

/// The seed that the user named, or another one each time.
fn seed_of(args: &Args) -> Result<u64, Failure> {
    if let Some(seed) = args.seed {
        return Ok(seed);
    }
    // Short enough to be typed again.
    Ok(getrandom::u64().map_err(Failure::own)? % 1_000_000)
}

fn folder_of(state: &Path, scenario: &str) -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    state.join("drills").join(format!("{now}-{scenario}"))
}

async fn drilled(mut plan: Plan) -> Result<Done, Failure> {
    let folder = plan.folder.clone();
    let stop = plan.stop.clone();
    let (teller, told_so_far) = Teller::open();
    plan.teller = teller;
    let showing = tokio::spawn(view::show(told_so_far));
    let report = drill::run(plan).await;
    // A session that has not noticed the end may still hold a teller; nothing of it is waited for.
    let _ = tokio::time::timeout(LAST_WORDS, showing).await;
    let report = report.map_err(Failure::input)?;
    let json = serde_json::to_string_pretty(&report).map_err(Failure::own)? + "\n";
    write(&folder, "report.json", &json)?;
    write(&folder, "report.html", &drill::page(&report))?;
    report::print(&end_text(&report, &folder));
    Ok(match (report.verdict.passed, *stop.borrow() > 0) {
        (_, true) => Done::Interrupted,
        (true, false) => Done::Well,
        (false, false) => Done::HostFailed,
    })
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    std::fs::write(&path, masked(text).as_bytes())
        .map_err(|error| Failure::Own(format!("can't write {}: {error}", path.display())))
}

/// The end, in a few lines.
fn end_text(report: &Report, folder: &Path) -> String {
    let Ledger {
        acknowledged,
        unknown,
        unknown_there,
        lost,
        ..
    } = report.ledger;
    let verdict = if report.verdict.passed {
        "passed"
    } else {
        "failed"
    };
    let longest = report
        .write_gaps
        .iter()
        .map(|gap| gap.to - gap.from)
        .fold(0.0, f64::max);
    let text = format!(
        "{} on {}: {verdict} after {:.0} s
{acknowledged} transactions acknowledged, {lost} of them lost; {unknown} without an answer, {unknown_there} of them there
longest time without a write: {longest:.1} s\n",
        report.scenario, report.topology, report.seconds
    );
    let text = text + &histories::told(report);
    text + &format!("report: {}\n", folder.join("report.html").display())
}
