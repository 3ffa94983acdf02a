//! The machine that carries trueup for those whose own can't: it is filled as Vagrant fills it, and
//! from there, in its own right, a lab's host is brought into a declared state.

use crate::command::run;
use crate::lab::Lab;
use crate::{Case, Suite};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const SUITE: Suite = Suite {
    name: "controller",
    lab,
    cases: &[
        Case {
            name: "a controller is filled, and applies a playbook to a host of its lab",
            run: applies,
        },
        Case {
            name: "filled again it has what is new, and keeps what was changed in it",
            run: again,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    one: {ansible_host: 192.168.63.11}
    controller: {ansible_host: 192.168.63.250}
";
    Lab::new("live-controller", image, hosts, "")
}

/// What the person has on a machine without trueup: the repository, small, with a binary in `dist`.
fn repository(lab: &Lab) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = lab.folder.join("repository");
    let copy = |from: &Path, to: &str| {
        let mut cp = Command::new("cp");
        cp.args(["-rL", "--preserve=timestamps"])
            .arg(from)
            .arg(folder.join(to));
        run(cp, 60).with_code(0);
    };
    fs::create_dir_all(folder.join("inventories")).unwrap();
    fs::create_dir_all(folder.join("dist")).unwrap();
    copy(&here.join("vagrant"), "vagrant");
    copy(&lab.inventory, "inventories/live-controller");
    let binary = folder.join(format!("dist/trueup-{}", std::env::consts::ARCH));
    let mut strip = Command::new("strip");
    strip.args([env!("CARGO_BIN_EXE_trueup"), "-o"]).arg(binary);
    run(strip, 60).with_code(0);
    folder
}

/// The lab's key as Vagrant makes one where there is no trueup: RSA, in the old form.
fn key(lab: &Lab) {
    let key = lab.folder.join("rsa");
    let mut keygen = Command::new("ssh-keygen");
    keygen
        .args(["-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f"])
        .arg(&key);
    run(keygen, 60).with_code(0);
    let public = key.with_extension("pub");
    let text = fs::read_to_string(&public).unwrap();
    lab.ask(
        "one",
        &format!("echo '{}' >>.ssh/authorized_keys", text.trim()),
    );
}

fn fill(lab: &Lab, repository: &Path) {
    let ssh_config = format!("/var/lib/trueup/labs/{}/ssh_config", lab.name);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/cases/controller.rb");
    let mut ruby = Command::new("ruby");
    ruby.arg(script)
        .arg(repository)
        .arg(&lab.inventory)
        .arg(ssh_config)
        .arg(lab.folder.join("rsa.pub"));
    run(ruby, 180).with_code(0);
}

const PLAYBOOK: &str = "\
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - copy: {content: \"{{ words }}\\n\", dest: /etc/told, mode: '0644'}
";

/// Runs trueup in the repository inside the controller.
fn apply(lab: &Lab, words: &str) -> String {
    let apply = "trueup apply site.yml -i inventories/live-controller";
    lab.ask(
        "controller",
        &format!("cd trueup && {apply} -e words={words} 2>&1"),
    )
}

fn applies(lab: &Lab) {
    lab.up();
    key(lab);
    let repository = repository(lab);
    fs::write(repository.join("site.yml"), PLAYBOOK).unwrap();
    fs::write(repository.join("run"), "#!/bin/sh\n").unwrap();
    fs::create_dir_all(repository.join("roles/a")).unwrap();
    // What git makes of a link on Windows.
    fs::write(repository.join("roles/a/templates"), "../../inventories").unwrap();
    fill(lab, &repository);
    apply(lab, "first");
    assert_eq!(lab.ask("one", "cat /etc/told"), "first");
    let modes = "cd .local/state/trueup-labs/live-controller && stat -c '%a %n' key known_hosts";
    assert_eq!(lab.ask("controller", modes), "600 key\n600 known_hosts");
    let found = "cd trueup && test -x run && test ! -x site.yml && readlink roles/a/templates && ls /tmp/key* 2>/dev/null || :";
    assert_eq!(lab.ask("controller", found), "../../inventories");
}

fn again(lab: &Lab) {
    let repository = lab.folder.join("repository");
    lab.ask("controller", "echo changed inside >>trueup/run");
    fs::write(repository.join("news"), "there\n").unwrap();
    fill(lab, &repository);
    let found = lab.ask("controller", "cd trueup && cat run news");
    assert_eq!(found, "#!/bin/sh\nchanged inside\nthere");
    apply(lab, "second");
    assert_eq!(lab.ask("one", "cat /etc/told"), "second");
}
