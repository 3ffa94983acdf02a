//! What reads foreign input is given inputs that nobody would write: none may panic, fall over, or
//! take long. Mutations of what stands in the repository, the same for the same seed.
//!
//! `cargo test --test fuzz -- [--seconds 60] [--seed 1] [TARGET...]`, and to see again what failed,
//! `cargo test --test fuzz -- --replay FILE TARGET`.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

mod answers;
mod mutation;
mod targets;

use mutation::Mutator;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use targets::{TARGETS, Target};

/// How long one input may take on a busy machine.
const SLOWEST: Duration = Duration::from_secs(60);

/// What was asked for on the command line.
struct Asked {
    seconds: u64,
    seed: u64,
    replay: Option<PathBuf>,
    /// This process runs the target itself; otherwise a child does, whose fall is seen.
    inside: bool,
    names: Vec<String>,
}

fn asked() -> Asked {
    let mut asked = Asked {
        seconds: 60,
        seed: 1,
        replay: None,
        inside: false,
        names: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value");
        match word.as_str() {
            "--seconds" => asked.seconds = value().parse().expect("a number"),
            "--seed" => asked.seed = value().parse().expect("a number"),
            "--replay" => asked.replay = Some(value().into()),
            "--inside" => asked.inside = true,
            name => asked.names.push(name.to_owned()),
        }
    }
    asked
}

fn main() -> ExitCode {
    let asked = asked();
    let wanted = |target: &&Target| {
        asked.names.is_empty()
            || asked
                .names
                .iter()
                .any(|name| target.name.contains(name.as_str()))
    };
    let all = TARGETS.iter().chain(answers::TARGETS);
    let chosen: Vec<&Target> = all.filter(wanted).collect();
    assert!(!chosen.is_empty(), "no such target");
    if let Some(file) = &asked.replay {
        (chosen[0].run)(&std::fs::read(file).expect("the input"));
        return ExitCode::SUCCESS;
    }
    let each = (asked.seconds * 1000 / chosen.len() as u64).min(10_000);
    if asked.inside {
        inside(chosen[0], asked.seed, Duration::from_millis(each));
        return ExitCode::SUCCESS;
    }
    println!(
        "seed {}, {} targets, {} s each",
        asked.seed,
        chosen.len(),
        each / 1000
    );
    let mut failed = false;
    for target in chosen {
        failed |= !holds(target, asked.seed, each / 1000);
    }
    ExitCode::from(u8::from(failed))
}

/// Where the input that is being tried lies.
fn input(target: &Target) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.join(target.name)
}

/// Runs a target in a process of its own, and tells how that ended.
fn holds(target: &Target, seed: u64, seconds: u64) -> bool {
    let own = std::env::current_exe().expect("this program");
    let mut child = Command::new(own)
        .args([
            "--inside",
            "--seed",
            &seed.to_string(),
            "--seconds",
            &seconds.to_string(),
            target.name,
        ])
        .stdin(Stdio::null())
        .spawn()
        .expect("a child");
    let limit = Duration::from_secs(seconds) + 2 * SLOWEST;
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().expect("its state") {
            Some(status) => break Some(status),
            None if begun.elapsed() > limit => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    if status.is_some_and(|status| status.success()) {
        return true;
    }
    let kept = input(target).with_extension("failed");
    std::fs::copy(input(target), &kept).expect("a copy of the input");
    let how = status.map_or_else(|| "it hangs".to_owned(), |status| status.to_string());
    println!(
        "{}: {how}\nsee it again: cargo test --test fuzz -- --replay {} {}",
        target.name,
        kept.display(),
        target.name
    );
    false
}

/// Tries inputs until the time is over.
fn inside(target: &Target, seed: u64, time: Duration) {
    let seeds = (target.seeds)();
    assert!(
        !seeds.is_empty(),
        "{} has nothing to begin with",
        target.name
    );
    let file = input(target);
    let mut mutator = Mutator::new(seed, target.words);
    let begun = Instant::now();
    let (mut tried, mut slowest) = (0_u64, Duration::ZERO);
    // What the repository holds comes first, as it is.
    let mut whole = seeds.iter();
    while begun.elapsed() < time {
        let bytes = match whole.next() {
            Some(seed) => seed.clone(),
            None => mutator.input(&seeds),
        };
        // Written before it is tried: nothing can be, after a stack has overflowed.
        std::fs::write(&file, &bytes).expect("the input, kept");
        let at = Instant::now();
        (target.run)(&bytes);
        let took = at.elapsed();
        assert!(took < SLOWEST, "{} took {took:?}", target.name);
        slowest = slowest.max(took);
        tried += 1;
    }
    println!(
        "{:16} {tried:8} inputs, the slowest {slowest:.1?}",
        target.name
    );
}
