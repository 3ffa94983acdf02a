//! A run as people follow it: headings, a line a host, and at the end what it came to.

use super::by_host::ByHost;
use super::held::Held;
use super::line::{self, Line};
use super::plan::Foremost;
use super::running::Running;
use super::stream::Streams;
use super::style::{BOLD, CYAN, DIM, paint};
use super::tally::Tally;
use super::visible::visible;
use super::{
    By, LEAVE, Options, Reporter, Screen, change, diagnostic, gate, stopping_words, stream,
};
use crate::diag::Diag;
use crate::engine::{Event, Mode, Outcome, Registered, TaskInfo};
use crate::model::Moment;
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

/// Writes for people.
pub struct Human {
    screen: Screen,
    options: Options,
    mode: Mode,
    /// The plays that run now, by their index, and what each last began.
    plays: IndexMap<usize, String>,
    /// The play of each task that began.
    tasks: IndexMap<usize, usize>,
    /// The play and the task under whose headings the next line would stand.
    heading: (Option<usize>, Option<usize>),
    held: IndexMap<usize, Held>,
    by_host: ByHost,
    foremost: Foremost,
    looped: IndexSet<(usize, String)>,
    running: Running,
    streams: Streams,
    tally: Tally,
    failures: IndexMap<String, Arc<TaskInfo>>,
    findings: Vec<Diag>,
}

impl Human {
    /// Writes to `screen`.
    pub(super) fn new(screen: Screen, options: Options) -> Self {
        Self {
            screen,
            options,
            mode: Mode::Apply,
            plays: IndexMap::new(),
            tasks: IndexMap::new(),
            heading: (None, None),
            held: IndexMap::new(),
            by_host: ByHost::default(),
            foremost: Foremost::default(),
            looped: IndexSet::new(),
            running: Running::default(),
            streams: Streams::default(),
            tally: Tally::default(),
            failures: IndexMap::new(),
            findings: Vec::new(),
        }
    }

    fn is_plan(&self) -> bool {
        self.mode == Mode::Plan
    }

    /// `TEXT ****`, a blank line before it.
    fn title(&mut self, text: &str) {
        let text = visible(text);
        let stars = self
            .screen
            .width()
            .saturating_sub(text.chars().count() + 1)
            .max(3);
        self.screen.gap();
        self.screen
            .line(&paint(BOLD, format!("{text} {}", "*".repeat(stars))));
    }

    fn play_heading(&mut self, play: usize) {
        if self.heading.0 != Some(play) {
            let name = self.plays.get(&play).cloned().unwrap_or_default();
            self.title(&format!("PLAY [{name}]"));
            self.heading = (Some(play), None);
        }
    }

    fn task_heading(&mut self, task: &TaskInfo) {
        if self.heading.1 == Some(task.id) {
            return;
        }
        let play = self.tasks.get(&task.id).copied();
        // Where several plays run at once, each heading says whose it is.
        let whose = match play.and_then(|play| self.plays.get(&play)) {
            Some(name) if self.plays.len() > 1 => format!(" ({name})"),
            _ => String::new(),
        };
        if let (Some(play), true) = (play, whose.is_empty()) {
            self.play_heading(play);
        }
        let word = match task.gate {
            Some(Moment::Before) => "GATE BEFORE",
            Some(Moment::After) => "GATE AFTER",
            None if task.handler => "RUNNING HANDLER",
            None => "TASK",
        };
        self.title(&format!("{word} [{}]{whose}", task.name));
        if self.options.verbosity > 1 {
            self.screen.line(&paint(
                DIM,
                visible(&format!("{}: {}", task.place, task.module)),
            ));
        }
        self.heading.1 = Some(task.id);
    }

    /// Tells a line about a host: now, or in a plan when all hosts are through.
    fn tell(&mut self, task: &Arc<TaskInfo>, host: &str, line: Line) {
        let play = self.tasks.get(&task.id).copied().unwrap_or_default();
        if self.is_plan() && self.options.by == By::Host {
            self.by_host.add(play, task, host, &line);
        } else if self.is_plan() {
            let held = self.held.entry(task.id);
            held.or_insert_with(|| Held::new(play, Arc::clone(task)))
                .add(line, host);
        } else {
            self.task_heading(task);
            self.screen.line(&line.of(host));
        }
    }

    /// Tells what is held of a play, or of all.
    fn flush(&mut self, play: Option<usize>) {
        let (told, kept) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(_, held)| play.is_none_or(|play| play == held.play));
        self.held = kept;
        let told: IndexMap<usize, Held> = told;
        for held in told.into_values() {
            self.task_heading(&Arc::clone(&held.task));
            for line in held.tell(|host| self.tally.rank(host)) {
                self.screen.line(&line);
            }
        }
    }

    /// What is told of an outcome, of a whole task or of a loop's item.
    fn outcome(
        &mut self,
        task: &Arc<TaskInfo>,
        host: &str,
        item: Option<&str>,
        outcome: &Outcome,
        result: &Registered,
    ) {
        let verbosity = self.options.verbosity;
        let quiet = match outcome {
            // What a playbook says for people is said beforehand too.
            Outcome::Ok => !line::is(task, &["debug"]),
            Outcome::Skipped(_) => true,
            _ => false,
        } && verbosity == 0;
        let line = || line::outcome(task, item, outcome, result, verbosity);
        match outcome {
            _ if self.is_plan() && quiet => {}
            Outcome::Changed(changes) => {
                if !self.is_plan() || verbosity > 0 {
                    self.tell(task, host, line());
                }
                if self.is_plan() || task.diff.unwrap_or(self.options.diff) {
                    for line in change::render(changes) {
                        self.tell(task, host, line);
                    }
                }
            }
            _ => self.tell(task, host, line()),
        }
    }

    /// A task has ended on a host.
    fn finished(&mut self, task: &Arc<TaskInfo>, who: &str, host: &str, event: &Event) {
        let Event::HostFinished {
            outcome,
            result,
            looped,
            ..
        } = event
        else {
            return;
        };
        self.running.end(task, host);
        self.streams.end(task, host);
        self.tally.count(task.id, host, outcome);
        match outcome {
            Outcome::Failed { ignored: false, .. }
            | Outcome::Unreachable { ignored: false, .. } => {
                self.failures.insert(host.to_owned(), Arc::clone(task));
            }
            _ => {}
        }
        let told = self.looped.shift_remove(&(task.id, host.to_owned())) && *looped;
        match outcome {
            // What only sums up the items is not told again.
            Outcome::Failed { ignored: true, .. } if told => {
                self.tell(
                    task,
                    who,
                    Line::new(format!("{CYAN}...ignoring: "), format!("{CYAN:#}")),
                );
            }
            Outcome::Unreachable { .. } => self.outcome(task, who, None, outcome, result),
            _ if told => {}
            _ => self.outcome(task, who, None, outcome, result),
        }
    }
}

impl Reporter for Human {
    fn event(&mut self, event: &Event) {
        if self.is_plan() {
            self.foremost.event(event);
        }
        match event {
            Event::RunStarted { mode, .. } => self.mode = *mode,
            Event::PlayStarted {
                play,
                name,
                hosts,
                until,
            } => {
                self.plays.insert(*play, name.clone());
                self.tally.hosts(hosts);
                if !self.is_plan() || self.options.verbosity > 0 {
                    self.play_heading(*play);
                    if hosts.is_empty() && until.is_none() {
                        let words = if self.failures.is_empty() {
                            "skipping: no hosts matched"
                        } else {
                            "skipping: no hosts left"
                        };
                        self.screen.line(&paint(CYAN, words));
                    }
                }
            }
            Event::PlayOrdered { play, hosts } => {
                if self.plays.len() == 1 {
                    self.play_heading(*play);
                }
                self.screen.line(&gate::order(hosts));
            }
            Event::GateClosed { .. } => {
                self.flush(None);
                self.screen.gap();
                for line in gate::closed(event, &self.plays) {
                    self.screen.line(&line);
                }
            }
            Event::PlayFinished { play } => {
                self.flush(Some(*play));
                self.plays.shift_remove(play);
            }
            Event::TaskStarted { play, task } => {
                self.tasks.insert(task.id, *play);
                self.flush(Some(*play));
                // Of plays that run at once only what has something under it gets a heading.
                if !self.is_plan() && self.plays.len() == 1 {
                    self.task_heading(task);
                }
            }
            Event::HostStarted { task, host } => self.running.start(task, host),
            Event::StepStarted { task, host, what } => {
                self.running.doing(task, host, what.clone());
                self.streams.start(task, host);
                if self.options.verbosity > 1 {
                    self.task_heading(task);
                    self.screen
                        .line(&paint(DIM, format!("    [{host}] {}", visible(what))));
                }
            }
            Event::Output {
                task,
                host,
                text,
                left_out,
            } => {
                self.running.printed(task, host, text);
                let text = stream::counted(text, *left_out);
                if let Some(lines) = self.streams.take(task, host, &text, self.options.verbosity) {
                    self.task_heading(task);
                    self.screen.line(&lines);
                }
            }
            Event::Waiting {
                task,
                host,
                what,
                left,
            } => {
                // Where no retries are counted nobody knows how long: silence would look like a hang.
                let told = self.options.verbosity > 0 || left.is_none();
                let left = left
                    .map(|left| format!(" ({left} left)"))
                    .unwrap_or_default();
                let words = format!("waiting for {}{left}", visible(what));
                if told {
                    self.task_heading(task);
                    self.screen
                        .line(&paint(DIM, format!("    [{host}] {words}")));
                }
                self.running.doing(task, host, words);
            }
            Event::ItemFinished {
                task,
                host,
                item,
                outcome,
                result,
                ..
            } => {
                self.looped.insert((task.id, host.clone()));
                // That a failure is ignored is said once, when the whole loop has ended.
                let outcome = match outcome.clone() {
                    Outcome::Failed { message, .. } => Outcome::Failed {
                        message,
                        ignored: false,
                    },
                    other => other,
                };
                self.outcome(task, host, Some(item), &outcome, result);
            }
            Event::HostFinished {
                task,
                host,
                delegate,
                ..
            } => {
                let who = match delegate {
                    Some(delegate) => format!("{host} -> {delegate}"),
                    None => host.clone(),
                };
                self.finished(task, &who, host, event);
            }
            // The failure of each host follows; the finding behind it is told once.
            Event::Finding { diag, .. } => {
                if !self.findings.contains(diag) {
                    self.flush(None);
                    self.screen.gap();
                    let text = diagnostic::render_diag(diag, true);
                    self.screen.line(text.trim_end());
                    self.findings.push(diag.clone());
                }
            }
            Event::RunFinished {
                recap,
                elapsed,
                interrupted,
                owed,
            } => {
                self.ended(recap, *elapsed, *interrupted, owed);
            }
        }
    }

    fn stopping(&mut self, asked: u8) {
        if asked >= LEAVE {
            self.screen.close();
        }
        self.screen.aside(stopping_words(asked));
    }

    fn tick(&mut self) {
        if self.screen.is_live() {
            let region = self.running.region();
            self.screen.draw(&region);
        } else {
            for line in self.running.reminders() {
                self.screen.line(&line);
            }
        }
    }
}

mod ending;
#[cfg(test)]
pub(super) mod tests;
