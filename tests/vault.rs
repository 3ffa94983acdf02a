//! Files and values of ansible-vault: what it encrypted is opened, and what is encrypted here keeps to
//! its form; plain text is never readable for others.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// `ansible-vault` made it with the password `secret`.
const OF_ANSIBLE: &str = include_str!("fixtures/expressions/files/x.vault");

fn trueup(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(words)
        .current_dir(folder)
        .env_remove("ANSIBLE_VAULT_PASSWORD_FILE")
        .env("HOME", folder)
        .output()
        .unwrap()
}

fn well(folder: &Path, words: &[&str]) -> String {
    let done = trueup(folder, words);
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{words:?}: {out}{err}");
    out
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("pw"), "secret\n").unwrap();
    std::fs::write(at.join("new"), "other\n").unwrap();
    std::fs::write(at.join("of_ansible.yml"), OF_ANSIBLE).unwrap();
    folder
}

fn program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

const PW: [&str; 2] = ["--vault-password-file", "pw"];

#[test]
fn files_go_both_ways_and_are_for_their_owner_only() {
    let folder = folder();
    let at = folder.path();
    let file = at.join("of_ansible.yml");
    assert_eq!(
        well(at, &["vault", "view", "of_ansible.yml", PW[0], PW[1]]),
        "hello: world\n"
    );
    well(at, &["vault", "decrypt", "of_ansible.yml", PW[0], PW[1]]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "hello: world\n");
    assert_eq!(mode(&file), 0o600);
    well(at, &["vault", "encrypt", "of_ansible.yml", PW[0], PW[1]]);
    let sealed = std::fs::read_to_string(&file).unwrap();
    assert!(
        sealed.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"),
        "{sealed}"
    );
    let again = trueup(at, &["vault", "encrypt", "of_ansible.yml", PW[0], PW[1]]);
    assert_eq!(again.status.code(), Some(4));
    // Another password, under an id.
    well(
        at,
        &[
            "vault",
            "rekey",
            "of_ansible.yml",
            PW[0],
            PW[1],
            "--new-vault-id",
            "prod@new",
        ],
    );
    let sealed = std::fs::read_to_string(&file).unwrap();
    assert!(
        sealed.starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"),
        "{sealed}"
    );
    let refused = trueup(at, &["vault", "view", "of_ansible.yml", PW[0], PW[1]]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("under the id `prod`"));
    // A program that has the passwords of several ids.
    program(
        &at.join("keys-client.sh"),
        "#!/bin/sh\n[ \"$1 $2\" = '--vault-id prod' ] && echo other\n",
    );
    let both = ["--vault-id", "prod@keys-client.sh", "--vault-id", "dev@pw"];
    let view = ["vault", "view", "of_ansible.yml"];
    assert_eq!(well(at, &[&view[..], &both].concat()), "hello: world\n");
}

#[test]
fn an_editor_sees_a_file_of_its_own_that_is_gone_afterwards() {
    let folder = folder();
    let at = folder.path();
    program(
        &at.join("editor"),
        "#!/bin/sh\nstat -c '%a %n' \"$1\" \"$(dirname \"$1\")\" >seen\necho 'more: 1' >>\"$1\"\n",
    );
    let done = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["vault", "edit", "of_ansible.yml", PW[0], PW[1]])
        .current_dir(at)
        .env("EDITOR", at.join("editor"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let view = ["vault", "view", "of_ansible.yml", PW[0], PW[1]];
    assert_eq!(well(at, &view), "hello: world\nmore: 1\n");
    let seen = std::fs::read_to_string(at.join("seen")).unwrap();
    let places: Vec<(&str, &str)> = seen
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    assert_eq!((places[0].0, places[1].0), ("600", "700"), "{seen}");
    assert!(!Path::new(places[1].1).exists());
}

#[test]
fn values_and_files_are_opened_where_a_run_uses_them_and_are_not_told() {
    let folder = folder();
    let at = folder.path();
    let value = well(
        at,
        &[
            "vault",
            "encrypt-string",
            "very hidden",
            "--name",
            "word",
            PW[0],
            PW[1],
        ],
    );
    let vars = value.replace("          ", "      ");
    std::fs::write(
        at.join("site.yml"),
        format!(
            "- hosts: all\n  gather_facts: false\n  vars_files: [of_ansible.yml]\n  vars:\n    unused: !vault |\n      $ANSIBLE_VAULT;1.2;AES256;lost\n      00\n    {}\n  tasks:\n    - assert: {{that: [\"word == 'very hidden'\", \"hello == 'world'\"]}}\n    - debug: {{var: word}}\n    - copy: {{src: of_ansible.yml, dest: \"{}/out\", mode: '0600'}}\n",
            vars.trim_end(),
            at.display()
        ),
    )
    .unwrap();
    std::fs::write(
        at.join("hosts.yml"),
        "all: {hosts: {h: {ansible_connection: local}}}\n",
    )
    .unwrap();
    let apply = ["apply", "site.yml", "-i", "hosts.yml", PW[0], PW[1]];
    let told = well(at, &apply);
    assert!(!told.contains("very hidden"), "{told}");
    assert_eq!(
        std::fs::read_to_string(at.join("out")).unwrap(),
        "hello: world\n"
    );
    let locked = trueup(at, &["check", "site.yml", "-i", "hosts.yml"]);
    assert_eq!(locked.status.code(), Some(4));
    let said = String::from_utf8_lossy(&locked.stderr);
    assert!(
        said.contains("no password was given") && said.contains("--vault-password-file"),
        "{said}"
    );
}
