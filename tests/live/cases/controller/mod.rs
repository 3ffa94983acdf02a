//! Vagrant's side of a lab in full, with containers in the machines' place: hosts become hosts of their
//! own, and the machine that carries trueup brings one of them into a declared state.

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
            name: "vagrant makes hosts of clones, and a controller that applies a playbook to them",
            run: made,
        },
        Case {
            name: "vagrant brings what is new, and changes nothing else",
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
    // No box is used; debian-14 has none.
    Lab::new("live-controller", image, hosts, "lab_box: none\n")
}

/// What the person has on a machine without trueup: the repository, small, with an archive in `dist`.
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
    let hosts = folder.join("inventories/live-controller/hosts.yml");
    fs::write(
        hosts,
        "all: {hosts: {one: {ansible_host: 192.168.63.11}}}\n",
    )
    .unwrap();
    // As an archive of `make dist` has it.
    let name = format!("trueup-0.1.0-{}-linux", std::env::consts::ARCH);
    let bin = lab.folder.join(&name).join("bin");
    fs::create_dir_all(&bin).unwrap();
    let mut strip = Command::new("strip");
    strip
        .args([env!("CARGO_BIN_EXE_trueup"), "-o"])
        .arg(bin.join("trueup"));
    run(strip, 60).with_code(0);
    let mut pack = Command::new("tar");
    pack.args(["--use-compress-program", "gzip -1", "-cf"])
        .arg(folder.join("dist").join(name.clone() + ".tar.gz"))
        .arg("-C")
        .args([lab.folder.as_os_str(), name.as_ref()]);
    run(pack, 60).with_code(0);
    folder
}

/// Vagrant with the repository's Vagrantfile, and containers for machines.
fn vagrant(lab: &Lab, repository: &Path, words: &[&str]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let state = lab.folder.join("vagrant");
    let mut vagrant = Command::new("vagrant");
    vagrant
        .args(words)
        .env("VAGRANT_CWD", here.join("tests/live/cases/controller"))
        .env("VAGRANT_HOME", state.join("home"))
        .env("VAGRANT_DOTFILE_PATH", state.join("lab"))
        .env("VAGRANT_CHECKPOINT_DISABLE", "1")
        .env(
            "TRUEUP_INVENTORY",
            repository.join("inventories/live-controller"),
        )
        .env(
            "PLACED_KEY",
            format!("/var/lib/trueup/labs/{}/key", lab.name),
        )
        .env("PLACED_REPOSITORY", repository);
    run(vagrant, 300).with_code(0);
}

const PLAYBOOK: &str = "\
- hosts: one
  become: true
  gather_facts: false
  tasks:
    - copy: {content: \"{{ words }}\\n\", dest: /etc/told, mode: '0644'}
";

/// What a shell command prints on a host, whose key is not the lab's any more.
fn ask(lab: &Lab, host: &str, script: &str) -> String {
    let config = format!("/var/lib/trueup/labs/{}/ssh_config", lab.name);
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", &config, "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"])
        .args([
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ])
        .args([host, "--", script]);
    run(ssh, 120).with_code(0).stdout.trim().to_owned()
}

/// Runs trueup in the repository inside the controller.
fn apply(lab: &Lab, words: &str) {
    let apply = format!("trueup apply site.yml -i inventories/live-controller -e words={words}");
    ask(lab, "controller", &format!("cd trueup && {apply} 2>&1"));
    assert_eq!(ask(lab, "one", "cat /etc/told"), words);
}

/// All that machine.sh gives a host.
const OWN: [&str; 3] = [
    "cat /etc/machine-id",
    "cat /etc/ssh/ssh_host_ed25519_key.pub",
    "hostname; cat /etc/hosts /etc/fstab .ssh/authorized_keys; sudo cat /etc/sudoers.d/lab",
];

fn made(lab: &Lab) {
    lab.up();
    let repository = repository(lab);
    fs::write(repository.join("site.yml"), PLAYBOOK).unwrap();
    fs::write(repository.join("run"), "#!/bin/sh\n").unwrap();
    fs::create_dir_all(repository.join("roles/a")).unwrap();
    // What git makes of a link on Windows.
    fs::write(repository.join("roles/a/templates"), "../../inventories").unwrap();
    let before = OWN.map(|own| ask(lab, "one", own));
    vagrant(
        lab,
        &repository,
        &["up", "--provider", "placed", "one", "controller"],
    );
    let after = OWN.map(|own| ask(lab, "one", own));
    assert!(
        before
            .iter()
            .zip(&after)
            .all(|(before, after)| before != after)
    );
    assert_eq!(after[0].len(), 32);
    assert!(
        after[2].contains("192.168.63.11 one") && !after[2].contains("127.0.1.1"),
        "{}",
        after[2]
    );
    assert!(
        after[2].contains("ssh-rsa"),
        "the lab's key is Vagrant's: {}",
        after[2]
    );

    apply(lab, "first");
    let kept = "cd .local/state/trueup-labs/live-controller && stat -c '%a %n' key known_hosts";
    assert_eq!(ask(lab, "controller", kept), "600 key\n600 known_hosts");
    let found = "cd trueup && test -x run && test ! -x site.yml && readlink roles/a/templates";
    assert_eq!(ask(lab, "controller", found), "../../inventories");
    assert_eq!(
        ask(lab, "controller", "ls /tmp | grep -E 'key|known' || :"),
        ""
    );
}

fn again(lab: &Lab) {
    let repository = lab.folder.join("repository");
    let before = OWN.map(|own| ask(lab, "one", own));
    ask(lab, "controller", "echo changed inside >>trueup/run");
    fs::write(repository.join("news"), "there\n").unwrap();
    vagrant(lab, &repository, &["provision"]);
    assert_eq!(OWN.map(|own| ask(lab, "one", own)), before);
    let found = ask(lab, "controller", "cd trueup && cat run news");
    assert_eq!(found, "#!/bin/sh\nchanged inside\nthere");
    apply(lab, "second");
}
