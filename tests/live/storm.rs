//! A storm over a suite's cluster.

use crate::lab::Lab;
use std::path::Path;

/// Three faults that follow from the seed, over a cluster that is put right first: nothing is lost,
/// and the declared layout stands again.
pub fn passes(lab: &Lab, seed: &str) {
    let playbooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let folder = lab.folder.join("storm");
    let words = [
        "drill",
        "storm",
        "--build",
        "--histories",
        "--faults",
        "3",
        "--clients",
        "4",
        "--seed",
        seed,
        "--report",
        folder.to_str().unwrap(),
        "--playbooks",
        playbooks.to_str().unwrap(),
    ];
    lab.trueup(&words)
        .with_code(0)
        .saying("storm on")
        .saying(", 0 of them lost");
}
