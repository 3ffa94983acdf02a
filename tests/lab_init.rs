//! The inventories that `trueup lab init` writes are inventories that the playbooks can be used with.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn trueup(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.args(words).current_dir(folder).env("NO_COLOR", "1");
    command.env("XDG_STATE_HOME", folder).env("USER", "ann");
    command.stdin(Stdio::null()).output().unwrap()
}

fn printed(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[test]
fn every_topology_on_every_kind_of_machine_is_what_its_playbook_takes() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().unwrap();
    for topology in ["pgpool", "patroni-etcd", "patroni-zookeeper", "none"] {
        for machines in ["containers", "vagrant", "own"] {
            let name = format!("{topology}-on-{machines}");
            let mut words = vec![
                "lab",
                "init",
                &name,
                "--topology",
                topology,
                "--on",
                machines,
            ];
            if machines == "own" {
                words.extend(["--network", "10.1.2.0/24"]);
            }
            let ended = trueup(scratch.path(), &words);
            assert!(ended.status.success(), "{name}: {}", printed(&ended));
            let first = if machines == "own" { "ping" } else { "lab up" };
            assert!(printed(&ended).contains(&format!("  trueup {first} -i {name}\n")));

            let inventory = scratch.path().join(&name);
            let inventory = inventory.to_str().unwrap();
            let list = trueup(sources, &["inventory", "--list", "-i", inventory]);
            let list: Value = serde_json::from_slice(&list.stdout).unwrap();
            let hosts = list["_meta"]["hostvars"].as_object().unwrap();
            assert!(hosts.len() >= 3, "{name}: {list:#}");
            let prefix = if machines == "own" {
                "10.1.2.1"
            } else {
                "192.168.57.1"
            };
            for vars in hosts.values() {
                let address = vars["ansible_host"].as_str().unwrap();
                assert!(address.starts_with(prefix), "{name}: {address}");
            }
            if topology != "none" {
                let playbook = format!("playbooks/{topology}.yml");
                let checked = trueup(sources, &["check", &playbook, "-i", inventory]);
                assert!(checked.status.success(), "{name}: {}", printed(&checked));
            }
        }
    }
}

#[test]
fn few_hosts_play_several_parts() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().unwrap();
    for (topology, count) in [
        ("pgpool", "3"),
        ("pgpool", "4"),
        ("patroni-etcd", "4"),
        ("patroni-zookeeper", "3"),
    ] {
        let name = format!("{topology}-{count}");
        let words = [
            "lab",
            "init",
            &name,
            "--topology",
            topology,
            "--hosts",
            count,
        ];
        let ended = trueup(scratch.path(), &words);
        assert!(ended.status.success(), "{name}: {}", printed(&ended));
        let inventory = scratch.path().join(&name);
        let playbook = format!("playbooks/{topology}.yml");
        let checked = trueup(
            sources,
            &["check", &playbook, "-i", inventory.to_str().unwrap()],
        );
        assert!(checked.status.success(), "{name}: {}", printed(&checked));
    }
}

#[test]
fn what_can_not_be_written_is_refused_with_words() {
    let scratch = tempfile::tempdir().unwrap();
    let refused = |words: &[&str], expected: &str| {
        let ended = trueup(scratch.path(), &[&["lab", "init"], words].concat());
        assert_eq!(
            ended.status.code(),
            Some(4),
            "{words:?}: {}",
            printed(&ended)
        );
        assert!(
            printed(&ended).contains(expected),
            "{words:?}: {}",
            printed(&ended)
        );
    };
    refused(&[], "trueup lab init mine --topology pgpool");
    refused(&["x", "--topology", "pgpool", "--on", "own"], "--addresses");
    refused(
        &["x", "--topology", "pgpool", "--hosts", "2"],
        "names no 3 hosts",
    );
    refused(
        &["x", "--topology", "pgpool", "--hosts", "a,b,a"],
        "each once",
    );
    refused(
        &[
            "x",
            "--topology",
            "pgpool",
            "--hosts",
            "3",
            "--addresses",
            "10.0.0.1",
        ],
        "3 hosts have 1 addresses",
    );
    refused(
        &["x", "--topology", "pgpool", "--network", "8.8.8.0/24"],
        "private",
    );
    refused(
        &[
            "x",
            "--topology",
            "none",
            "--hosts",
            "30",
            "--network",
            "10.0.0.0/28",
        ],
        "no room",
    );
    refused(
        &["x", "--topology", "pgpool", "--image", "debian-9"],
        "debian-13",
    );
    let words = "lab init x --topology none --provider vagrant";
    let words: Vec<&str> = words.split(' ').collect();
    let first = trueup(scratch.path(), &words);
    assert!(first.status.success(), "{}", printed(&first));
    let vars = std::fs::read_to_string(scratch.path().join("x/group_vars/all.yml")).unwrap();
    assert!(vars.contains("lab_provider: vagrant\n"), "{vars}");
    let before = std::fs::read(scratch.path().join("x/hosts.yml")).unwrap();
    refused(&["x", "--topology", "pgpool"], "not overwritten");
    assert_eq!(
        std::fs::read(scratch.path().join("x/hosts.yml")).unwrap(),
        before
    );
}

#[test]
fn at_a_terminal_it_asks_and_asks_again() {
    let scratch = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_trueup");
    let mut script = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            &format!("{program} lab init"),
            "/dev/null",
        ])
        .current_dir(scratch.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script of util-linux is needed by this test");
    let answers = "patroni\npgpool\nown\nlaptop,board-1,board-2\n10.0.0.10, 10.0.0.11, 10.0.0.12\npi\nboards\n";
    script
        .stdin
        .take()
        .unwrap()
        .write_all(answers.as_bytes())
        .unwrap();
    let ended = script.wait_with_output().unwrap();
    let said = printed(&ended);
    assert!(ended.status.success(), "{said}");
    assert!(
        said.contains("`patroni` is none of pgpool, patroni-etcd"),
        "{said}"
    );
    assert!(
        said.contains("in the order of laptop, board-1, board-2?"),
        "{said}"
    );
    let hosts = std::fs::read_to_string(scratch.path().join("boards/hosts.yml")).unwrap();
    assert!(
        hosts.contains("board-2:\n              ansible_host: 10.0.0.12\n"),
        "{hosts}"
    );
    let vars = std::fs::read_to_string(scratch.path().join("boards/group_vars/all.yml")).unwrap();
    assert!(vars.contains("ansible_user: pi\n"), "{vars}");
}
