//! What hosts say and what authors get wrong stays harmless: a text is no code, and nothing hangs,
//! falls over or takes the machine's memory.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

mod host_text;
mod limits;

use std::path::Path;
use std::process::{Command, Output};

/// `trueup VERB` on this machine in `folder`, with a home of its own.
fn trueup(verb: &str, playbook: &str, inventory: &str, folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args([verb, playbook, "-i", inventory])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("HOME", folder)
        .env_remove("XDG_STATE_HOME")
        .output()
        .expect("a run")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
