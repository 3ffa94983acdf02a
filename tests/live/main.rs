//! Tests on real hosts, which this program boots itself and removes at the end.
//!
//! ```text
//! cargo test --test live -- [--image debian-12|debian-13|debian-14|ubuntu-24.04|ubuntu-26.04] [--keep|--again] [--truth] [--seed N] [--jobs N] [--suite NAME] [--list] [WORD...]
//! ```
//!
//! WORDs choose the cases whose `suite/case` name holds one of them; some suites only run so. A suite is a lab and the cases
//! that run on it in order, since hosts are dear; `--keep` leaves the labs for a look around, and
//! `--again` goes on with those that were left. `--truth` runs none of these cases, but holds the
//! plans of every topology against what comes of them; `--jobs` runs so many suites at once. What a case needs and can't have is a failure.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cases;
mod cluster;
mod command;
mod lab;
mod options;
mod proxy;
mod side_by_side;
mod storm;
mod truth;
mod wait;

use lab::Lab;
use options::Options;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

/// A lab, and what is tried on it.
struct Suite {
    name: &'static str,
    /// Describes the lab; the first case finds it not booted.
    lab: fn(image: &str) -> Lab,
    cases: &'static [Case],
}

/// One thing that is tried; it panics where it does not hold.
struct Case {
    name: &'static str,
    run: fn(&Lab),
}

fn main() -> ExitCode {
    let options = match Options::from_words(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("live: {wrong}");
            return ExitCode::from(4);
        }
    };
    let suites = if options.truth {
        cases::TRUTH
    } else {
        cases::SUITES
    };
    let named = if options.names_suites() && !options.truth {
        cases::NAMED
    } else {
        &[]
    };
    let chosen: Vec<(&Suite, Vec<&Case>)> = suites
        .iter()
        .chain(named)
        .map(|suite| {
            (
                suite,
                suite
                    .cases
                    .iter()
                    .filter(|case| options.wants(suite.name, case.name))
                    .collect(),
            )
        })
        .filter(|(_, cases): &(_, Vec<_>)| !cases.is_empty())
        .collect();
    if options.list {
        for (suite, cases) in chosen {
            for case in cases {
                println!("{}/{}", suite.name, case.name);
            }
        }
        return ExitCode::SUCCESS;
    }
    if options.jobs > 1 {
        return side_by_side::run(&options, chosen.into_iter().map(|(suite, _)| suite));
    }
    lab::destroy_at_signals();
    let (mut passed, mut failed) = (0, Vec::new());
    for (suite, cases) in chosen {
        let _turn = wait_for_our_turn(suite.name);
        let mut lab = (suite.lab)(&options.image);
        lab.seed = options.seed;
        if options.again {
            println!("live: going on with the lab {}", lab.name);
        } else {
            lab.begin(options.keep);
        }
        for case in cases {
            let name = format!("{}/{}", suite.name, case.name);
            if run(&lab, &name, case) {
                passed += 1;
            } else {
                failed.push(name);
            }
        }
    }
    if options.truth {
        print!("{}", truth::summary());
    }
    for name in &failed {
        println!("FAILED {name}");
    }
    println!("{passed} passed, {} failed", failed.len());
    if failed.is_empty() && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Tells how a case ended, and when it failed, all that was run in it.
fn run(lab: &Lab, name: &str, case: &Case) -> bool {
    println!("live {name} ...");
    let begun = Instant::now();
    command::forget();
    let well = catch_unwind(AssertUnwindSafe(|| (case.run)(lab))).is_ok();
    let took = begun.elapsed().as_secs_f64();
    if well {
        println!("live {name} ... ok ({took:.1} s)");
    } else {
        println!("{}", command::transcript());
        println!("live {name} ... FAILED ({took:.1} s)");
    }
    well
}

/// Two runs of one suite on one machine would take each other's network.
fn wait_for_our_turn(suite: &str) -> File {
    let path = std::env::temp_dir().join(format!("trueup-live-{suite}.lock"));
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .expect("a lock file in the folder for temporary files");
    if file.try_lock().is_err() {
        println!(
            "live: another run on this machine runs the suite `{suite}` ({} is locked); waiting",
            path.display()
        );
        file.lock().expect("a lock");
    }
    file
}
