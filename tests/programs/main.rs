//! What stays on the hosts, since no controller may be needed there: the failover script, the keeper, the
//! planned switchover, the guard, what a node may be asked, and what Patroni takes for `pg_rewind`. Each of `cases/` is run under every shell
//! that a host may have for `sh`, with stand-ins for PostgreSQL, pgpool and ssh that answer from files; a new
//! case needs no code.
//!
//! A case says the `program`, its `args`, the nodes that answer, the `record`, and what comes of it: the
//! `status`, what it `said`, what each node was `told`, the record `then`, and the `files` that it wrote.

#![allow(clippy::unwrap_used)]

mod world;

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use trueup::diag::Source;
use trueup::yaml;
use world::World;

/// The shells that are `sh` somewhere.
const SHELLS: [&[&str]; 3] = [&["dash"], &["bash"], &["busybox", "sh"]];

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.display().to_string();
    match yaml::parse(&Source::new(&name, &text)) {
        Ok(node) => node.to_json(),
        Err(diags) => panic!("{name}: {diags:?}"),
    }
}

/// Writes the programs into a folder, as a playbook does, with what a case declares otherwise.
fn render(into: &Path, declared: &Value) {
    let mut trueup = Command::new(env!("CARGO_BIN_EXE_trueup"));
    trueup
        .arg("apply")
        .arg(here().join("render.yml"))
        .arg("-i")
        .arg(here().join("hosts.yml"))
        .arg("-e")
        .arg(format!("@{}", here().join("values.yml").display()))
        .arg("-e")
        .arg(declared.to_string())
        .arg("-e")
        .arg(format!("into={}", into.display()));
    let output = trueup.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn each_case_ends_as_it_says_under_every_shell() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(here().join("cases"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 100, "{} cases", files.len());
    let programs = tempfile::tempdir().unwrap();
    render(programs.path(), &json!({}));
    let (next, wrong) = (Mutex::new(files.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(file) = next.lock().unwrap().next() else {
                        break;
                    };
                    let case = read(file);
                    let own = tempfile::tempdir().unwrap();
                    let rendered = case["declared"].is_object();
                    if rendered {
                        render(own.path(), &case["declared"]);
                    }
                    let programs = if rendered {
                        own.path()
                    } else {
                        programs.path()
                    };
                    for shell in SHELLS {
                        let world = World::new(&case, programs);
                        let came = world.run(&case, shell);
                        let wanted = &case["then"];
                        if came != *wanted {
                            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
                            let how = format!("{name} under {shell:?}:\n{came:#}\nnot\n{wanted:#}");
                            wrong.lock().unwrap().push(how);
                            break;
                        }
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn shellcheck_has_no_word_about_them() {
    let folder = tempfile::tempdir().unwrap();
    render(folder.path(), &json!({}));
    let mut shellcheck = Command::new("shellcheck");
    shellcheck.args(["-x", "-f", "gcc"]);
    let shared = folder.path().join("pg-cluster.sh");
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("/usr/local/lib/pg-cluster.sh", shared.to_str().unwrap());
        std::fs::write(&path, text).unwrap();
        shellcheck.arg(path);
    }
    for shipped in ["pg-beyond", "log-beyond", "table-names"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/restore");
        shellcheck.arg(folder.join(shipped));
    }
    shellcheck.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facts/pg_node.sh"));
    for stand_in in std::fs::read_dir(here().join("stand-ins")).unwrap() {
        shellcheck.arg(stand_in.unwrap().path());
    }
    let output = shellcheck.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
}
