//! What runs right now, where, for how long: the live region of a terminal.

use super::change::visible;
use super::style::{BOLD, CYAN, DIM, paint};
use crate::engine::TaskInfo;
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A task that runs on a host.
pub struct Run {
    task: Arc<TaskInfo>,
    since: Instant,
    doing: Option<String>,
    printed: Option<String>,
    told: Instant,
}

/// All that runs now.
#[derive(Default)]
pub struct Running {
    runs: IndexMap<(usize, String), Run>,
    frame: usize,
}

/// What ends sooner is not worth a line that only flickers.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where there is no live region, a line says this often what still runs.
const REMIND: Duration = Duration::from_secs(10);

/// How many lines the live region may have.
const LINES: usize = 10;

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

impl Running {
    /// A task begins on a host.
    pub fn start(&mut self, task: &Arc<TaskInfo>, host: &str) {
        let now = Instant::now();
        let run = Run {
            task: Arc::clone(task),
            since: now,
            doing: None,
            printed: None,
            told: now,
        };
        self.runs.insert((task.id, host.to_owned()), run);
    }

    /// What the task does or waits for on the host.
    pub fn doing(&mut self, task: &TaskInfo, host: &str, what: String) {
        if let Some(run) = self.runs.get_mut(&(task.id, host.to_owned())) {
            run.doing = Some(what);
            run.printed = None;
        }
    }

    /// The last line that it printed.
    pub fn printed(&mut self, task: &TaskInfo, host: &str, text: &str) {
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        if let (Some(run), Some(last)) = (self.runs.get_mut(&(task.id, host.to_owned())), last) {
            run.printed = Some(visible(last.trim_end()));
        }
    }

    /// A task has ended on a host.
    pub fn end(&mut self, task: &TaskInfo, host: &str) {
        self.runs.shift_remove(&(task.id, host.to_owned()));
    }

    /// The lines of the live region, what has run longest first.
    pub fn region(&mut self) -> Vec<String> {
        self.frame = (self.frame + 1) % FRAMES.len();
        let now = Instant::now();
        let slow: Vec<_> = self
            .runs
            .iter()
            .filter(|(_, run)| now - run.since >= PATIENCE)
            .collect();
        let width = slow
            .iter()
            .map(|((_, host), _)| host.chars().count())
            .max()
            .unwrap_or(0);
        let mut lines: Vec<String> = slow
            .iter()
            .take(LINES)
            .map(|((_, host), run)| {
                let spinner = paint(CYAN, FRAMES[self.frame]);
                let host = paint(BOLD, format!("{host:width$}"));
                format!("{spinner} {host}  {}", run.words(now))
            })
            .collect();
        if slow.len() > LINES {
            lines.push(paint(DIM, format!("  and {} more", slow.len() - LINES)));
        }
        lines
    }

    /// The reminders that are due where there is no live region.
    pub fn reminders(&mut self) -> Vec<String> {
        let now = Instant::now();
        self.runs
            .iter_mut()
            .filter(|(_, run)| now - run.told >= REMIND)
            .map(|((_, host), run)| {
                run.told = now;
                paint(DIM, format!("... [{host}] {}", run.words(now)))
            })
            .collect()
    }
}

impl Run {
    /// `Install PostgreSQL: install postgresql-17  12s  Unpacking postgresql-17`
    fn words(&self, now: Instant) -> String {
        let mut words = self.task.name.clone();
        if let Some(doing) = &self.doing {
            words.push_str(": ");
            words.push_str(doing);
        }
        words.push_str(&paint(DIM, format!("  {}", span(now - self.since))));
        if let Some(printed) = &self.printed {
            words.push_str(&paint(DIM, format!("  {printed}")));
        }
        words
    }
}

/// A length of time as people say it: `0.4s`, `12s`, `3m05s`, `1h02m`.
pub fn span(time: Duration) -> String {
    let whole = time.as_secs();
    match whole {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
    }
}
