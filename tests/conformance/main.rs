//! Playbooks do on a host what ansible-core made of them: each folder of `tests/conformance/cases`
//! is one, and its `record.json` is what ansible-core did. README.md beside this tells how to add one.
//!
//! ```text
//! cargo test --test conformance -- [--record] [--jobs N] [WORD...]
//! ```
//!
//! WORDs choose the cases whose names hold one of them. `--record` has ansible-core write the
//! records anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod case;
#[path = "../live/command.rs"]
#[allow(dead_code)] // The live tests use the rest of it.
mod command;
mod host;
#[path = "../live/lab.rs"]
#[allow(dead_code)] // The live tests use the rest of it.
mod lab;
mod record;
mod state;

use case::Case;
use host::Host;
use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What the words after `--` say.
struct Options {
    record: bool,
    jobs: usize,
    words: Vec<String>,
}

impl Options {
    fn from_words(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            record: false,
            jobs: 3,
            words: Vec::new(),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--record" => options.record = true,
                "--jobs" => {
                    let jobs = words.next().and_then(|word| word.parse().ok());
                    options.jobs = jobs
                        .filter(|jobs| *jobs > 0)
                        .ok_or("--jobs wants a number")?;
                }
                flag if flag.starts_with('-') => {
                    return Err(format!(
                        "there is no option {flag}: use --record, --jobs NUMBER or words of case names"
                    ));
                }
                _ => options.words.push(word),
            }
        }
        Ok(options)
    }

    fn wants(&self, case: &Case) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| case.name.contains(word))
    }
}

fn main() -> ExitCode {
    let options = match Options::from_words(std::env::args().skip(1)) {
        Ok(options) if rustix::process::geteuid().is_root() => options,
        Ok(_) => {
            eprintln!(
                "conformance: only root can boot lab hosts and look at their disks: use sudo"
            );
            return ExitCode::from(4);
        }
        Err(wrong) => {
            eprintln!("conformance: {wrong}");
            return ExitCode::from(4);
        }
    };
    let cases: VecDeque<Case> = case::all()
        .into_iter()
        .filter(|case| options.wants(case))
        .collect();
    let hosts = options.jobs.min(cases.len());
    lab::destroy_at_signals();
    let ansible = options.record.then(host::ansible);
    let waiting = Mutex::new(cases);
    let (passed, failed, differ) = (
        AtomicUsize::new(0),
        Mutex::new(Vec::new()),
        AtomicUsize::new(0),
    );
    thread::scope(|scope| {
        for _ in 0..hosts {
            scope.spawn(|| {
                let host = Host::boot(ansible.is_some());
                loop {
                    let Some(case) = waiting.lock().unwrap().pop_front() else {
                        return;
                    };
                    let verdict = match &ansible {
                        Some(venv) => case.record(&host, venv),
                        None => case.compare(&host),
                    };
                    match verdict {
                        Ok(()) => passed.fetch_add(1, Ordering::Relaxed),
                        Err(why) => {
                            println!("conformance {} ... FAILED\n{why}", case.name);
                            failed.lock().unwrap().push(case.name.clone());
                            0
                        }
                    };
                    if case.differs() {
                        differ.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    for name in &failed {
        println!("FAILED conformance {name}");
    }
    let (passed, differ) = (passed.into_inner(), differ.into_inner());
    println!("conformance: of these {differ} differ from ansible-core, and say why");
    println!("{passed} passed, {} failed", failed.len());
    if failed.is_empty() && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
