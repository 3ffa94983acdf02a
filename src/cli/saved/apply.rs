//! `trueup apply --plan FILE`: first is seen whether the plan still holds; only then it is carried out.

use super::file::SavedPlan;
use crate::cli::again;
use crate::cli::ending::{Done, Failure};
use crate::cli::run::{self, How, RunArgs};
use crate::diag;
use crate::engine::{Held, Journal, Mode, Moved, Promises, State};
use crate::report;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Carries a saved plan out; with `only_asks` it says whether it could.
pub fn apply(path: &Path, again: &RunArgs, diff: bool, only_asks: bool) -> Result<Done, Failure> {
    let (plan, digest) = SavedPlan::read(path)?;
    let args = plan.command.again(again)?;
    let next = format!(
        "Nothing was done. Next: trueup plan {} --out {}",
        again::arguments(&args),
        crate::step::quote(&path.display().to_string())
    );
    let changed: Vec<String> = plan
        .inputs
        .iter()
        .filter_map(|(file, digest)| other(file, digest))
        .collect();
    if !changed.is_empty() {
        return Ok(inputs_moved(&changed, &next));
    }
    diag::keep_digests();
    let loaded = args.input.load()?;
    let state = State::of(&loaded.inventory);
    let journal = |folder: &Path| Journal::read(folder, &digest).map_err(Failure::own);
    let past = journal(&state.folder().map_err(Failure::own)?)?;
    let begun = past.is_begun();
    let applied = past.applied().map(str::to_owned);
    let (made, unknown, inputs) = (plan.made.clone(), plan.unknown(), plan.inputs.clone());
    let told = plan.promises();
    let passwords = args.connection.ask()?;
    report::aside(&format!(
        "Asking every host anew whether the plan of {made} still holds."
    ));
    let held = Held {
        told: told.clone(),
        journal: past,
    };
    let fresh = Arc::new(Promises::holding(held));
    let how = How {
        mode: Mode::Plan,
        diff: true,
        since: false,
        promises: Some(fresh.clone()),
        told: None,
    };
    let summary = run::carry_out(&args, loaded, how, || Ok(passwords.clone()))?;
    if summary.interrupted {
        return Ok(Done::Interrupted);
    }
    // What was unknown before part of the plan was done may be read now.
    let new = added(&inputs).filter(|_| !begun && applied.is_none());
    if let Some(new) = new {
        return Ok(inputs_moved(&new, &next));
    }
    let moved = fresh.moved();
    if !moved.is_empty() {
        return Ok(hosts_moved(&moved, begun, &next));
    }
    if let Some(time) = applied {
        report::aside(&format!(
            "This plan was applied at {time}, and nothing is left of it."
        ));
        return Ok(Done::Well);
    }
    if begun {
        report::aside("This plan was applied in part: what is left of it follows.");
    }
    if unknown > 0 {
        let tasks = report::count(unknown, "task");
        report::aside(&format!(
            "Unknown in this plan, and done as it comes: {tasks}."
        ));
    }
    if only_asks {
        report::aside("The plan holds.");
        return Ok(Done::Well);
    }
    let loaded = args.input.load()?;
    let (folder, _) = state.take().map_err(Failure::own)?;
    let journal = journal(&folder)?.open().map_err(Failure::own)?;
    let promises = Arc::new(Promises::holding(Held { told, journal }));
    let how = How {
        mode: Mode::Apply,
        diff,
        since: false,
        promises: Some(promises.clone()),
        told: Some(report::Options {
            arguments: again::saved(path, again),
            saved: Some(again::saved(path, again)),
            ..report::Options::default()
        }),
    };
    let summary = run::carry_out(&args, loaded, how, || Ok(passwords))?;
    let done = Done::of(&summary.recap, summary.interrupted);
    match done {
        // Also where the playbook takes up the failure, or ignores it.
        Done::Well if promises.any_moved() => Ok(Done::HostFailed),
        Done::Well => {
            promises.applied().map_err(Failure::own)?;
            Ok(Done::Well)
        }
        done => Ok(done),
    }
}

/// A file of which the digest is another one now.
fn other(file: &str, digest: &str) -> Option<String> {
    match diag::read(Path::new(file)) {
        Ok(bytes) if diag::digest(&bytes) == *digest => None,
        Ok(_) => Some(format!("changed  {file}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some(format!("gone     {file}"))
        }
        Err(error) => Some(format!("unread   {file}: {error}")),
    }
}

/// The files that the plan did not read.
fn added(inputs: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let read = diag::digests().into_iter();
    let word = |(file, digest): (String, String)| match inputs.get(&file) {
        None => Some(format!("new      {file}")),
        Some(then) if *then != digest => Some(format!("changed  {file}")),
        Some(_) => None,
    };
    let added: Vec<String> = read.filter_map(word).collect();
    (!added.is_empty()).then_some(added)
}

fn inputs_moved(files: &[String], next: &str) -> Done {
    report::aside("The plan was made from other files:");
    for file in files {
        report::aside(&format!("  {file}"));
    }
    report::aside(next);
    Done::Moved
}

fn hosts_moved(moved: &[Moved], begun: bool, next: &str) -> Done {
    let count = report::count(moved.len(), "thing");
    let since = if begun {
        "was applied in part"
    } else {
        "was made"
    };
    report::aside(&format!("{count} moved since the plan {since}:"));
    for Moved {
        task,
        place,
        host,
        label,
        then,
        now,
    } in moved
    {
        let item = label.as_ref().map(|label| format!(" (item={label})"));
        report::aside(&format!(
            "  [{host}] {task}{}, {place}\n      then: {then}\n      now:  {now}",
            item.unwrap_or_default()
        ));
    }
    report::aside(next);
    Done::Moved
}
