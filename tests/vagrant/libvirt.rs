//! A lab of virtual machines from its first `up` to `destroy`, by Vagrant and libvirt: machines that
//! run, which VirtualBox without its kernel module can't show.

use super::{HERE, said};
use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "it needs root, 1.5 GB and the time of emulated machines: `make test-vagrant`"]
fn a_lab_of_two_machines_lives_its_life() {
    let here = Path::new(HERE);
    let libvirt = said(&mut Command::new(here.join("dev/libvirt")));
    let libvirt = Path::new(libvirt.trim());
    let work = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // What the room can see of this machine is the sources and this folder.
    for file in [
        env!("CARGO_BIN_EXE_trueup").as_ref(),
        libvirt.join("libvirt.box").as_path(),
    ] {
        std::fs::copy(file, work.path().join(file.file_name().unwrap())).unwrap();
    }
    let mut life = Command::new(here.join("tests/vagrant/libvirt/boxed"));
    life.arg(libvirt.join("root"))
        .arg(work.path())
        .arg(here.join("tests/vagrant/libvirt/lab"))
        .arg(work.path());
    println!("{}", said(&mut life));
}
