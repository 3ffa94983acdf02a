//! What others said: log lines of the hosts, commands and what they printed.

use crate::drill::report::{Command, LogLine};
use crate::drill::said;
use serde::Serialize;

/// The words by which servers mark what went wrong.
const ALARMS: [&str; 6] = ["PANIC", "FATAL", "ERROR", "error", "failed", "CRITICAL"];

/// A log line that matters.
#[derive(Serialize)]
pub struct Noted<'a> {
    at: String,
    host: &'a str,
    source: &'a str,
    line: &'a str,
    why: &'a str,
    alarm: bool,
}

impl<'a> Noted<'a> {
    /// All of them.
    pub fn all(lines: &'a [LogLine]) -> Vec<Self> {
        let seen = |line: &'a LogLine| Self {
            at: said::moment(line.at),
            host: &line.host,
            source: &line.source,
            line: line.line.trim_end(),
            why: &line.why,
            alarm: ALARMS.iter().any(|word| line.line.contains(word)),
        };
        lines.iter().map(seen).collect()
    }
}

/// How much a command may have printed to be shown unfolded.
const SHORT: usize = 24;

/// A command, and what it printed.
#[derive(Serialize)]
pub struct Quote<'a> {
    words: &'a str,
    at: String,
    took: String,
    ended: String,
    failed: bool,
    open: bool,
    output: &'a str,
}

impl<'a> Quote<'a> {
    /// What it printed is to be unfolded; a failure is open.
    pub fn folded(command: &'a Command) -> Self {
        let failed = command.exit != Some(0);
        Self {
            words: &command.words,
            at: said::moment(command.from),
            took: said::length(command.to - command.from),
            ended: match command.exit {
                Some(0) => "done".to_owned(),
                Some(code) => format!("exit {code}"),
                None => "ended by a signal".to_owned(),
            },
            failed,
            open: failed,
            output: command.output.trim_end(),
        }
    }

    /// The same, and what printed little is open too.
    pub fn open(command: &'a Command) -> Self {
        let quote = Self::folded(command);
        let short = command.output.lines().count() <= SHORT;
        Self {
            open: short || quote.open,
            ..quote
        }
    }
}
