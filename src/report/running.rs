//! What runs right now, where, for how long: the live region of a terminal.

use super::copying::Copying;
use super::span::span;
use super::style::{BOLD, CYAN, DIM, paint};
use super::visible::visible;
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
    copying: Copying,
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

/// How long a name or a step may be in a line that tells more.
const ROOM: usize = 50;

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
            copying: Copying::default(),
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
            // How far a copy is stays true over the tries of a task that waits for its end.
            if run.copying.heard(last, Instant::now()) {
                run.printed = None;
            } else {
                run.copying = Copying::default();
                run.printed = Some(visible(last.trim_end()));
            }
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
    /// `  12s  Install PostgreSQL: install postgresql-17 | Unpacking postgresql-17`, and of a copy first
    /// how far it is, since a terminal cuts off the end: `  12s  1.2 of 5.7 GB, 21 %, 45s left | Copy`.
    fn words(&self, now: Instant) -> String {
        let time = paint(DIM, format!("{:>5}", span(now - self.since)));
        let name = brief(&self.task.name);
        if let Some(copied) = self.copying.words(now) {
            return format!("{time}  {copied}{}", paint(DIM, format!(" | {name}")));
        }
        let mut words = format!("{time}  {name}");
        if let Some(doing) = &self.doing {
            words.push_str(": ");
            words.push_str(&brief(doing));
        }
        if let Some(printed) = &self.printed {
            words.push_str(&paint(DIM, format!(" | {printed}")));
        }
        words
    }
}

/// The first line of a text, and of that no more than leaves room for others.
fn brief(text: &str) -> String {
    let mut lines = text.lines();
    let first = visible(lines.next().unwrap_or_default());
    let fits = first.chars().count() <= ROOM;
    if fits && lines.next().is_none() {
        return first;
    }
    let kept: String = first.chars().take(ROOM - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_script_is_brief_in_the_live_region() {
        assert_eq!(brief("install x"), "install x");
        assert_eq!(brief("set -e\nrm -r x"), "set -e…");
        assert_eq!(brief(&"x".repeat(60)), format!("{}…", "x".repeat(49)));
    }

    #[test]
    fn only_what_runs_for_a_while_is_shown_and_not_all_of_it() {
        let mut running = Running::default();
        let task = Arc::new(TaskInfo {
            id: 1,
            name: "Install".to_owned(),
            module: "apt".to_owned(),
            place: String::new(),
            handler: false,
            gate: None,
            no_log: false,
            diff: None,
        });
        for host in 0..12 {
            running.start(&task, &format!("h{host}"));
        }
        assert!(running.region().is_empty());
        let earlier = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
        running.runs.values_mut().for_each(|run| {
            run.since = earlier;
            run.told = earlier;
        });
        running.doing(&task, "h0", "install postgresql-17".to_owned());
        running.printed(&task, "h0", "Reading lists\nUnpacking\n\n");
        running.end(&task, "h2");
        let region = running.region();
        assert_eq!(region.len(), LINES + 1);
        let plain = |line: &str| anstream::adapter::strip_str(line).to_string();
        insta::assert_snapshot!(plain(&region[0]), @"⠹ h0     20s  Install: install postgresql-17 | Unpacking");
        insta::assert_snapshot!(plain(&region[LINES]), @"  and 1 more");
        insta::assert_snapshot!(plain(&running.reminders()[0]), @"... [h0]   20s  Install: install postgresql-17 | Unpacking");
        assert!(running.reminders().is_empty());
        running.printed(&task, "h0", " 1229/5837 kB (21%), 0/1 tablespace\n");
        let region = running.region();
        insta::assert_snapshot!(plain(&region[0]), @"⠸ h0     20s  1.2 of 5.7 MB, 21 % | Install");
    }
}
