//! What happens in a run, as data: the one thing that `report` sees of the engine.

use super::outcome::{Outcome, Registered};
use crate::diag::Diag;
use crate::facts::pg_recovery::Recovery;
use crate::model::Moment;
use std::sync::Arc;
use std::time::Duration;

/// Whether a run acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Read only, and tell the differences.
    Plan,
    /// Make it so.
    Apply,
}

/// A task as events name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
    /// Unique in the run.
    pub id: usize,
    /// Its name, rendered for the first host, with `ROLE : ` before it when it is a role's.
    pub name: String,
    /// Its module.
    pub module: String,
    /// `file:line:col`.
    pub place: String,
    /// Whether it is a handler.
    pub handler: bool,
    /// On which side of the batch it stands, where it is part of the play's gate.
    pub gate: Option<Moment>,
    /// `no_log`: results, output and diffs are already left out of its events.
    pub no_log: bool,
    /// `diff`: whether the texts that differ are shown, whatever the run says; where they are not,
    /// they are already left out of its events.
    pub diff: Option<bool>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// Whether it acts.
        mode: Mode,
        /// The playbook as the user named it.
        playbook: String,
    },
    /// A play begins.
    PlayStarted {
        /// Its index in the playbook.
        play: usize,
        /// Its name.
        name: String,
        /// The hosts it matched; empty means that it is passed over.
        hosts: Vec<String>,
        /// In a dry run: the task that decides whether these are all.
        until: Option<String>,
    },
    /// The hosts of a play said what their PostgreSQL servers are (`order: replicas_first`).
    PlayOrdered {
        /// Its index in the playbook.
        play: usize,
        /// The hosts in the order in which their turn comes, with what each is.
        hosts: Vec<(String, Recovery)>,
    },
    /// A play's gate does not hold: the play ends for all its hosts.
    GateClosed {
        /// The play's index in the playbook.
        play: usize,
        /// On which side of the batch.
        moment: Moment,
        /// The hosts of the batch.
        batch: Vec<String>,
        /// Those of them that failed or could not be reached.
        failed: Vec<String>,
        /// The hosts of the batches before, for which the gate held afterwards.
        done: Vec<String>,
        /// The hosts on which no task of the play began.
        not_begun: Vec<String>,
    },
    /// A play has ended.
    PlayFinished {
        /// Its index in the playbook.
        play: usize,
    },
    /// A task begins on its first host.
    TaskStarted {
        /// The play's index.
        play: usize,
        /// The task.
        task: Arc<TaskInfo>,
    },
    /// A task begins on a host.
    HostStarted {
        /// The task.
        task: Arc<TaskInfo>,
        /// The host's name in the inventory.
        host: String,
    },
    /// A step begins on a host.
    StepStarted {
        /// The task.
        task: Arc<TaskInfo>,
        /// The host's name in the inventory.
        host: String,
        /// What it does.
        what: String,
    },
    /// A running step printed whole lines.
    Output {
        /// The task.
        task: Arc<TaskInfo>,
        /// The host's name in the inventory.
        host: String,
        /// The lines.
        text: String,
        /// How many bytes it printed before them that are not told: of a flood a part is.
        left_out: u64,
    },
    /// A task waits (`wait_for`, `until`, a lock that another run holds).
    Waiting {
        /// The task.
        task: Arc<TaskInfo>,
        /// The host's name in the inventory.
        host: String,
        /// For what.
        what: String,
        /// Attempts left, for `until`.
        left: Option<u64>,
    },
    /// An item of a loop has ended on a host.
    ItemFinished {
        /// The task.
        task: Arc<TaskInfo>,
        /// The host's name in the inventory.
        host: String,
        /// The item's label.
        item: String,
        /// How it ended.
        outcome: Outcome,
        /// Its result.
        result: Arc<Registered>,
        /// A dry run: whether what it would do takes away or stops something.
        takes_away: bool,
    },
    /// A task has ended on a host.
    HostFinished {
        /// The task.
        task: Arc<TaskInfo>,
        /// The host's name in the inventory.
        host: String,
        /// The host that did it instead (`delegate_to`).
        delegate: Option<String>,
        /// How it ended. For a loop: the changes of all items.
        outcome: Outcome,
        /// Its result.
        result: Arc<Registered>,
        /// Whether it was a loop, whose items were told one by one.
        looped: bool,
        /// A dry run: whether what it would do takes away or stops something.
        takes_away: bool,
        /// How long it took.
        elapsed: Duration,
    },
    /// A finding about the input that came up during the run: quoted with its place.
    Finding {
        /// The host it came up on, if any.
        host: Option<String>,
        /// The finding.
        diag: Diag,
    },
    /// The run has ended.
    RunFinished {
        /// A line a host, in the order of the inventory.
        recap: Vec<(String, Recap)>,
        /// How long it took.
        elapsed: Duration,
        /// The user asked to stop.
        interrupted: bool,
        /// The handlers that were notified and did not do their work: a further run does not notify
        /// them, for the changes that did are made.
        owed: Vec<OwedHandler>,
    },
}

/// A handler that was notified on a host and did not run there, or failed.
#[derive(Clone, Debug)]
pub struct OwedHandler {
    /// The handler.
    pub handler: Arc<TaskInfo>,
    /// The host's name in the inventory.
    pub host: String,
    /// The names of the tasks that notified it.
    pub notified_by: Vec<String>,
    /// Whether it ran, and failed.
    pub tried: bool,
}

/// What happened on a host, counted as Ansible counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recap {
    /// Tasks that ended well, changed ones too.
    pub ok: usize,
    /// Tasks that changed something (or would).
    pub changed: usize,
    /// 1 when the host could not be reached.
    pub unreachable: usize,
    /// Tasks that failed.
    pub failed: usize,
    /// Tasks that did not apply.
    pub skipped: usize,
    /// Failures that a `rescue` took up.
    pub rescued: usize,
    /// Failures that were ignored.
    pub ignored: usize,
    /// Of `changed`: what a dry run can't know yet.
    pub unknown: usize,
}
