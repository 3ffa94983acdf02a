//! What long commands print, line by line.
//!
//! A command of the user's own that has run for a while streams; other steps (a package
//! manager's) show only their latest line in the live region, unless `-vvv` asks for all. So does
//! a copy that says how far it is.

use super::copying::is_progress;
use super::line::is;
use super::style::{DIM, paint};
use super::visible::visible;
use crate::engine::TaskInfo;
use crate::step::size;
use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A step that ends sooner says what it printed in its result.
const PATIENCE: Duration = Duration::from_secs(3);

/// The modules whose output is the user's own.
const COMMANDS: [&str; 4] = ["command", "shell", "script", "raw"];

/// What a step printed, and before it a line for what is not told.
pub fn counted(text: &str, left_out: u64) -> Cow<'_, str> {
    match left_out {
        0 => text.into(),
        _ => format!("... {} more\n{text}", size(left_out)).into(),
    }
}

/// The steps that run now, since when, and what they printed that was not told yet.
#[derive(Default)]
pub struct Streams(HashMap<(usize, String), (Instant, String)>);

impl Streams {
    /// A step begins on a host.
    pub fn start(&mut self, task: &TaskInfo, host: &str) {
        self.0
            .insert((task.id, host.to_owned()), (Instant::now(), String::new()));
    }

    /// A step printed; what is to be told now, if anything.
    pub fn take(
        &mut self,
        task: &TaskInfo,
        host: &str,
        text: &str,
        verbosity: u8,
    ) -> Option<String> {
        let all = verbosity > 2;
        if !all && !is(task, &COMMANDS) {
            return None;
        }
        let key = (task.id, host.to_owned());
        let (since, held) = self
            .0
            .entry(key)
            .or_insert_with(|| (Instant::now(), String::new()));
        held.push_str(text);
        if !held.ends_with('\n') {
            held.push('\n');
        }
        if !all && since.elapsed() < PATIENCE {
            return None;
        }
        let lines: Vec<_> = held
            .lines()
            .filter(|line| all || !is_progress(line))
            .map(|line| paint(DIM, format!("    [{host}] | {}", visible(line))))
            .collect();
        held.clear();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// A task has ended on a host.
    pub fn end(&mut self, task: &TaskInfo, host: &str) {
        self.0.remove(&(task.id, host.to_owned()));
    }
}
