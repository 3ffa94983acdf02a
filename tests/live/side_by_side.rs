//! Several suites at once, each a run of this program of its own: most of what they do is waiting.

use crate::Suite;
use crate::options::Options;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// How often it is looked whether all have ended that were told to.
const LOOK: Duration = Duration::from_millis(100);

/// The suites that did not begin yet.
static WAITING: Mutex<VecDeque<&'static str>> = Mutex::new(VecDeque::new());
/// The runs whose labs are up.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Runs each suite, no more than `options.jobs` at once.
pub fn run(options: &Options, suites: impl Iterator<Item = &'static Suite>) -> ExitCode {
    WAITING
        .lock()
        .unwrap()
        .extend(suites.map(|suite| suite.name));
    crate::lab::at_signals(|| {
        WAITING.lock().unwrap().clear();
        for pid in RUNNING.lock().unwrap().iter() {
            let _ended_already = kill_process(*pid, Signal::TERM);
        }
        // Each removes its own lab.
        while !RUNNING.lock().unwrap().is_empty() {
            thread::park_timeout(LOOK);
        }
    });
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                while let Some(suite) = next() {
                    if !passes(options, suite) {
                        failed.lock().unwrap().push(suite);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    for suite in &failed {
        println!("FAILED suite {suite}");
    }
    println!("live: {} suites failed", failed.len());
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn next() -> Option<&'static str> {
    WAITING.lock().unwrap().pop_front()
}

/// Runs a suite to its end, and shows what it says as it comes.
fn passes(options: &Options, name: &str) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(options.of_suite(name))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let pid = Pid::from_child(&child);
    RUNNING.lock().unwrap().push(pid);
    let own = format!("live {name}/");
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with(&own) {
            println!("{line}");
        } else {
            println!("{name}: {line}");
        }
    }
    let ended = child.wait().unwrap();
    RUNNING.lock().unwrap().retain(|other| *other != pid);
    ended.success()
}
