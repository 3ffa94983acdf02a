//! The disk that the machine boots from: made once, and only read afterwards.

use crate::command::run;
use crate::processor::Processor;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the pgpool role installs on a node: fetched where the processor is real.
const PACKAGES: [&str; 2] = ["postgresql-common", "postgresql-17"];

const CACHE: &str = "/var/cache/trueup/vm";

/// Held while a machine runs: two at once would starve each other, and share their folder.
pub fn turn() -> File {
    let lock = File::create(std::env::temp_dir().join("trueup-vm.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// The disk's path; its name says what it is made of. To be called by whose turn it is.
pub fn ensure(processor: Processor) -> PathBuf {
    let maker = Path::new(env!("CARGO_MANIFEST_DIR")).join("dev/vm-image");
    let mut hash = Sha256::new();
    hash.update(fs::read(&maker).unwrap());
    hash.update(PACKAGES.join(" "));
    let hash = hash.finalize();
    let name: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let kind = format!("debian-13-{}", processor.name());
    let disk = Path::new(CACHE).join(format!("{kind}-{name}.raw"));

    if !disk.exists() {
        println!("vm: making {}", disk.display());
        let mut make = as_root();
        make.args([
            "sh",
            "-c",
            "mkdir -p $0 && rm -rf $0/$1-* $0/.making-*",
            CACHE,
            &kind,
        ]);
        run(make, 60).with_code(0);
        let mut make = as_root();
        make.arg(&maker)
            .arg(&disk)
            .args(processor.image_words())
            .args(PACKAGES);
        run(make, processor.image_limit()).with_code(0);
    }
    disk
}

fn as_root() -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new("env");
    }
    Command::new("sudo")
}
