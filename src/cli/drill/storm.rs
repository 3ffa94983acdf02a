//! `trueup drill storm`

use super::{Args, drilled, plan, seed_of};
use crate::cli::ending::{Done, Failure};
use crate::diag::Diag;
use crate::drill::Course;
use crate::drill::storm::{self, Fewest, Storm};
use crate::report;
use crate::step::quote;
use tokio::sync::watch;

/// What `storm` takes besides.
#[derive(Debug, clap::Args)]
pub struct Weather {
    /// With storm: how many storms, each with the next seed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10000))]
    runs: u32,
    /// With storm: how many faults each has
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    faults: u32,
    /// With storm: only these of its faults, by their numbers in the report
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    only: Vec<u32>,
}

/// A storm that failed, and the fewest faults with which it failed too.
struct Failed {
    seed: u64,
    numbers: Vec<u32>,
}

/// Lets the storms come.
pub async fn run(args: &Args, stop: watch::Receiver<u8>) -> Result<Done, Failure> {
    let first = seed_of(args)?;
    let (mut passed, mut failed) = (0, Vec::new());
    let mut end = None;
    for seed in (first..).take(args.storm.runs as usize) {
        let whole = (1..=args.storm.faults).collect();
        let numbers = if args.storm.only.is_empty() {
            whole
        } else {
            args.storm.only.clone()
        };
        match play(args, seed, &numbers, &stop).await {
            Ok(Done::Well) => passed += 1,
            Ok(Done::HostFailed) => {
                let (fewest, stopped) = fewest(args, seed, numbers, &stop).await;
                failed.push(Failed {
                    seed,
                    numbers: fewest,
                });
                end = stopped;
            }
            Ok(other) => end = Some(Ok(other)),
            Err(failure) => end = Some(Err(failure)),
        }
        if end.is_some() {
            break;
        }
    }
    if args.storm.runs > 1 || !failed.is_empty() {
        report::print(&summary(args, passed, &failed));
    }
    match end {
        Some(ended) if failed.is_empty() => ended,
        Some(Ok(Done::Interrupted)) => Ok(Done::Interrupted),
        Some(Err(failure)) => {
            report::print(
                "the storms ended before the last: the cluster could not be drilled on\n",
            );
            Err(failure)
        }
        _ if failed.is_empty() => Ok(Done::Well),
        _ => Ok(Done::HostFailed),
    }
}

/// One storm.
async fn play(
    args: &Args,
    seed: u64,
    numbers: &[u32],
    stop: &watch::Receiver<u8>,
) -> Result<Done, Failure> {
    let course = |kind| {
        let all = Storm::chosen(seed, args.storm.faults, kind, &storm::faults(kind));
        Course::Storm(all.only(numbers))
    };
    let mut plan = plan(args, seed, course, stop.clone())?;
    if args.report.is_some() {
        let which: Vec<String> = numbers.iter().map(u32::to_string).collect();
        plan.folder = plan.folder.join(format!("seed-{seed}-{}", which.join("-")));
    }
    drilled(plan).await
}

/// The fewest faults with which a storm still fails, and how the search ended where it ended early.
async fn fewest(
    args: &Args,
    seed: u64,
    failed: Vec<u32>,
    stop: &watch::Receiver<u8>,
) -> (Vec<u32>, Option<Result<Done, Failure>>) {
    let mut fewest = Fewest::of(failed);
    while let Some(next) = fewest.next() {
        report::print(&format!(
            "again without one of its faults: --only {}\n",
            list(&next)
        ));
        match play(args, seed, &next, stop).await {
            Ok(Done::Well) => fewest.heard(false),
            Ok(Done::HostFailed) => fewest.heard(true),
            ended => return (fewest.kept().to_vec(), Some(ended)),
        }
    }
    (fewest.kept().to_vec(), None)
}

fn list(numbers: &[u32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    numbers.join(",")
}

/// What all of them came to, and how each that failed is played again.
fn summary(args: &Args, passed: u32, failed: &[Failed]) -> String {
    let mut text = format!("{passed} storms passed, {} failed\n", failed.len());
    if failed.is_empty() && passed > 0 {
        let bound = storm::bound(passed) * 100.0;
        text.push_str(&format!(
            "so many without a failure say, with 95 % confidence, that fewer than {bound:.1} % of such storms fail\n"
        ));
    }
    let words: Vec<String> = super::words(args).iter().map(|word| quote(word)).collect();
    for Failed { seed, numbers } in failed {
        text.push_str(&format!(
            "play it again: trueup drill storm {} --faults {} --seed {seed} --only {}\n",
            words.join(" "),
            args.storm.faults,
            list(numbers)
        ));
    }
    text
}

impl Weather {
    /// Whether something is said that only a storm takes.
    pub fn refuse_without_storm(&self) -> Result<(), Failure> {
        if self.runs == 1 && self.only.is_empty() {
            return Ok(());
        }
        let diag = Diag::error("--runs and --only are for storms");
        Err(Failure::input(
            diag.help("say `trueup drill storm`, or leave them out"),
        ))
    }
}
