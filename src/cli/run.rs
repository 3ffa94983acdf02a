//! What `plan` and `apply` have in common: the options of a run, and the run itself.

use super::connection::{Connection, Passwords};
use super::ending::Failure;
use super::list::List;
use super::playbook::{Input, Loaded};
use super::{again, stop};
use crate::diag::Diag;
use crate::engine::{self, Event, Mode, Promises, State, Summary};
use crate::report::{self, Format};
use clap::ValueEnum;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;

/// How many events may wait for the reporter before the engine waits for it.
const BACKLOG: usize = 1024;

/// How long the last words may take when the user leaves at once.
const FAREWELL: Duration = Duration::from_secs(1);

/// The options of a run.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// What is run.
    #[command(flatten)]
    pub input: Input,
    /// Only these of the plays' hosts: a pattern, as in `db*:!db3`
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Only tasks with one of these tags
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// No tasks with one of these tags
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub skip_tags: Vec<String>,
    /// How many hosts are worked on at once (Ansible: 5; a host costs trueup little)
    #[arg(short, long, value_name = "N", default_value_t = FORKS, value_parser = clap::value_parser!(u16).range(1..))]
    pub forks: u16,
    /// Tell more: results (-v), places and steps (-vv), all that is printed (-vvv)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// In which form the run is told (json: one event a line)
    #[arg(long, value_name = "FORM", default_value = "human")]
    pub output: Output,
    #[command(flatten)]
    list: List,
    /// How hosts are reached.
    #[command(flatten)]
    pub connection: Connection,
}

/// How many hosts are worked on at once, unless the user says otherwise.
pub const FORKS: u16 = 50;

/// In which form a run is told.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Output {
    /// For people
    Human,
    /// For programs
    Json,
}

impl From<Output> for Format {
    fn from(output: Output) -> Self {
        match output {
            Output::Human => Self::Human,
            Output::Json => Self::Json,
        }
    }
}

/// Runs a playbook and tells it, where `told` says no more than how this verb tells it; nothing is
/// returned where only lists were asked for.
pub fn run(
    args: &RunArgs,
    mode: Mode,
    told: report::Options,
    since: bool,
) -> Result<Option<Summary>, Failure> {
    let loaded = args.input.load()?;
    if args.list.is_asked() {
        args.list.print(&loaded, args)?;
        return Ok(None);
    }
    let how = How {
        mode,
        diff: told.diff,
        since,
        promises: None,
        told: Some(report::Options {
            arguments: again::arguments(args),
            ..told
        }),
    };
    carry_out(args, loaded, how, || args.connection.ask()).map(Some)
}

/// How a playbook is run.
pub struct How {
    /// Whether it acts.
    pub mode: Mode,
    /// Whether what differs is shown.
    pub diff: bool,
    /// Whether a plan says since when what differs is so.
    pub since: bool,
    /// What is promised of it.
    pub promises: Option<Arc<Promises>>,
    /// How it is told, but for its form and how much; nothing where it is not told.
    pub told: Option<report::Options>,
}

/// Runs what was read.
pub fn carry_out(
    args: &RunArgs,
    loaded: Loaded,
    how: How,
    passwords: impl FnOnce() -> Result<Passwords, Failure>,
) -> Result<Summary, Failure> {
    let How { mode, diff, .. } = how;
    let state = State::of(&loaded.inventory);
    let folder = match mode {
        Mode::Plan => state.folder().map_err(Failure::own)?,
        Mode::Apply => {
            let (folder, moved) = state.take().map_err(Failure::own)?;
            if let Some(word) = moved {
                report::aside(&word);
            }
            folder
        }
    };
    let passwords = passwords()?;
    let options = engine::Options {
        mode,
        diff,
        since: how.since,
        limit: args.limit.clone(),
        tags: args.tags.clone(),
        skip_tags: args.skip_tags.clone(),
        extra_vars: Arc::clone(&loaded.extra_vars),
        forks: args.forks.into(),
        r#become: args.connection.r#become,
        become_user: args.connection.become_user.clone(),
        become_password: passwords.sudo,
        user: args.connection.user.clone(),
        password: passwords.login,
        private_key: args.connection.private_key.clone(),
        connect_limit: args.connection.connect_limit(),
        ssh_args: args.connection.ssh_words()?,
        state: folder,
        verbosity: args.verbose,
        promises: how.promises,
    };
    let reporter = match how.told {
        Some(told) => report::open(report::Options {
            format: args.output.into(),
            verbosity: args.verbose,
            diff,
            ..told
        })
        .map_err(Failure::own)?,
        None => Box::new(Findings::default()),
    };
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(4 << 20)
        .build()
        .map_err(Failure::own)?;
    let summary = runtime.block_on(execute(loaded, options, reporter))?;
    // Nothing that still waits for a dead peer holds the command up.
    runtime.shutdown_background();
    if mode == Mode::Apply {
        state.settle().map_err(Failure::own)?;
    }
    Ok(summary)
}

/// Of a run that is not told, what is wrong with its input.
#[derive(Default)]
struct Findings(Vec<Diag>);

impl report::Reporter for Findings {
    fn event(&mut self, event: &Event) {
        if let Event::Finding { diag, .. } = event
            && !self.0.contains(diag)
        {
            report::print_diags(std::slice::from_ref(diag));
            self.0.push(diag.clone());
        }
    }
}

async fn execute(
    loaded: Loaded,
    options: engine::Options,
    reporter: Box<dyn report::Reporter>,
) -> Result<Summary, Failure> {
    let stop = stop::listen().map_err(Failure::own)?;
    stop::insist(stop.clone());
    let (sender, events) = mpsc::channel(BACKLOG);
    // A thread of its own, since a terminal that is held up (Ctrl-S, a pager) blocks who writes to it.
    let telling = report::drain(events, stop.clone(), reporter);
    let handle = Handle::current();
    let teller = tokio::task::spawn_blocking(move || handle.block_on(telling));
    let Loaded {
        inventory,
        loader,
        playbook,
        ..
    } = loaded;
    let running = engine::run(playbook, inventory, loader, options, sender, stop.clone());
    let mut leaving = stop;
    let summary = tokio::select! {
        summary = running => summary,
        _ = leaving.wait_for(|asked| *asked >= report::LEAVE) => Summary {
            recap: Vec::new(),
            interrupted: true,
        },
    };
    // Whoever leaves at once does not wait for a terminal that is held up either.
    let left = *leaving.borrow() >= report::LEAVE;
    match tokio::time::timeout(if left { FAREWELL } else { Duration::MAX }, teller).await {
        Ok(told) => told.map_err(Failure::own)?.map_err(Failure::own)?,
        Err(_late) => {}
    }
    Ok(summary)
}
