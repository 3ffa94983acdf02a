//! Labs of virtual machines: what Vagrant reads, and what VirtualBox makes of it.

#![allow(clippy::unwrap_used)]

mod libvirt;
mod reader;
mod validate;
mod virtualbox;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the sources.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Every inventory that stands in the repository.
fn inventories() -> Vec<PathBuf> {
    let mut all = vec![Path::new(HERE).join("tests/inventories/machines/inventory.ini")];
    for folder in ["inventories", "tests/inventories"] {
        let entries = std::fs::read_dir(Path::new(HERE).join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        all.extend(paths.filter(|path| path.is_dir()));
    }
    all.sort();
    assert!(
        all.len() > 6,
        "the inventories are not where they should be"
    );
    all
}

/// Runs a program that a Debian package brings.
fn run(command: &mut Command) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("there is no {program} here: `make test-deps` installs it")
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

/// What a program printed; it must have done well.
fn printed(command: &mut Command) -> String {
    let output = run(command);
    let words = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        words(&output.stdout),
        words(&output.stderr)
    );
    words(&output.stdout)
}

/// `trueup inventory --list`.
fn trueup_list(inventory: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.args(["inventory", "--list", "-i"]).arg(inventory);
    command
}

/// The same by the reader beside the Vagrantfile.
fn ruby_list(inventory: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("ruby");
    command
        .arg(Path::new(HERE).join("tests/vagrant/list.rb"))
        .arg(inventory);
    command
}
