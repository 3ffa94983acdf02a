//! What the suites of the topologies share: how they apply, ask and break a cluster, and what must
//! hold for each.

mod converged;
mod exposure;
pub mod ledger;
mod power;
mod sql;

pub use converged::{plan_says_nothing, second_run, second_run_of};
pub use exposure::{Exposure, passwords, ports, told_passwords};
pub use power::{poweroff, poweron};
pub use sql::{is_primary, sql, through_entry, try_sql};

use crate::command::Ended;
use crate::lab::Lab;
use std::path::{Path, PathBuf};

/// Where a playbook of this repository lies.
pub fn playbook(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("playbooks")
        .join(name)
        .to_str()
        .unwrap()
        .to_owned()
}

/// Applies a playbook of this repository, with further words.
#[track_caller]
pub fn apply(lab: &Lab, name: &str, words: &[&str]) -> Ended {
    lab.trueup(&[&["apply", &playbook(name)], words].concat())
}

/// Plans a playbook of this repository; exit status 5 says that something differs.
#[track_caller]
pub fn plan(lab: &Lab, name: &str, words: &[&str]) -> Ended {
    lab.trueup(&[&["plan", &playbook(name), "--detailed-exitcode"], words].concat())
}

/// What the controller keeps about a lab's cluster.
pub fn kept(lab: &Lab) -> PathBuf {
    let ended = lab.trueup(&["inventory", "--state"]).with_code(0);
    PathBuf::from(ended.stdout.trim())
}
