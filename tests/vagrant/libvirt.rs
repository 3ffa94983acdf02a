//! Labs of virtual machines that run, by Vagrant and libvirt, which VirtualBox without its kernel module
//! can't show.

use super::{HERE, printed};
use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "it needs root, 1.5 GB and the time of emulated machines: `make test-vagrant`"]
fn a_lab_of_two_machines_lives_its_life() {
    in_the_room("lab");
}

#[test]
#[ignore = "it needs root, 3 GB and the time of emulated machines: `make test-vagrant`"]
fn a_controller_reaches_the_other_machine() {
    in_the_room("controller");
}

/// Runs a script where libvirt, Vagrant, a box, trueup and the sources are.
fn in_the_room(script: &str) {
    let here = Path::new(HERE);
    let libvirt = printed(&mut Command::new(here.join("dev/libvirt")));
    let libvirt = Path::new(libvirt.trim());
    let work = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // What the room can see of this machine is the sources and this folder.
    std::fs::copy(libvirt.join("libvirt.box"), work.path().join("libvirt.box")).unwrap();
    let mut strip = Command::new("strip");
    strip
        .args([env!("CARGO_BIN_EXE_trueup"), "-o"])
        .arg(work.path().join("trueup"));
    printed(&mut strip);
    let mut life = Command::new(here.join("tests/vagrant/libvirt/boxed"));
    life.arg(libvirt.join("root"))
        .arg(work.path())
        .arg(here.join("tests/vagrant/libvirt").join(script))
        .arg(work.path())
        .arg(here);
    println!("{}", printed(&mut life));
}
