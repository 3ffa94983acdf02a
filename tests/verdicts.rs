//! What the shipped playbooks refuse before any host is touched: here no host can be reached, and each
//! address is this machine's own.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use std::path::Path;
use std::process::Command;

const PATRONI: &str = "
all:
  vars: {ansible_port: 1, ansible_user: nobody, ansible_become: false}
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 127.0.0.11, pg_role: primary}
            pg-b: {ansible_host: 127.0.0.12, pg_role: replica}
            pg-c: {ansible_host: 127.0.0.13, pg_role: replica}
        STORE
        proxy: {hosts: {proxy: {ansible_host: 127.0.0.14}}}
        clients: {hosts: {client: {ansible_host: 127.0.0.15}}}
";
const ETCD: &str = "etcd: {hosts: {pg-a: {}, pg-b: {}, pg-c: {}}}";
const ZOOKEEPER: &str = "zookeeper: {hosts: {pg-a: {zookeeper_id: 1}, pg-b: {zookeeper_id: 2}, pg-c: {zookeeper_id: 3}}}";
const PGPOOL: &str = "
all:
  vars: {ansible_port: 1, ansible_user: nobody, ansible_become: false}
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 127.0.0.11, pg_role: primary}
            pg-b: {ansible_host: 127.0.0.12, pg_role: synchronous}
            pg-c: {ansible_host: 127.0.0.13, pg_role: asynchronous}
        pool: {hosts: {pool: {ansible_host: 127.0.0.14}}}
        clients: {hosts: {client: {ansible_host: 127.0.0.15}}}
";

/// An apply of a playbook is refused with these words.
#[track_caller]
fn refused(playbook: &str, hosts: &str, words: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory = folder.path().join("hosts.yml");
    std::fs::write(&inventory, hosts).expect("an inventory");
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["apply", &format!("playbooks/{playbook}.yml"), "-i"])
        .arg(&inventory)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env("XDG_STATE_HOME", folder.path())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "1000")
        .output()
        .expect("trueup");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn hosts_that_can_not_be_reached_are_not_built_upon() {
    let etcd = PATRONI.replace("STORE", ETCD);
    refused(
        "patroni-etcd",
        &etcd,
        "pg-a, pg-b, pg-c cannot be reached. An etcd cluster is founded by all",
    );
    let zookeeper = PATRONI.replace("STORE", ZOOKEEPER);
    refused(
        "patroni-zookeeper",
        &zookeeper,
        "pg-a, pg-b, pg-c can't be reached, and the others hold nothing",
    );
    refused(
        "pgpool",
        PGPOOL,
        "pg-a, pg-b, pg-c cannot be reached, and may be the primary",
    );
}

#[test]
fn two_members_of_etcd_are_refused() {
    let two = PATRONI.replace("STORE", &ETCD.replace(", pg-c: {}", ""));
    refused(
        "patroni-etcd",
        &two,
        "etcd would have two members, pg-a and pg-b, and stops when either is lost",
    );
}

#[test]
fn hosts_of_one_address_are_refused() {
    let one = |hosts: &str| hosts.replace("127.0.0.12", "127.0.0.11");
    let words = "pg-a and pg-b have one address in the inventory, 127.0.0.11";
    refused("patroni-etcd", &one(&PATRONI.replace("STORE", ETCD)), words);
    let zookeeper = PATRONI.replace("STORE", ZOOKEEPER);
    refused("patroni-zookeeper", &one(&zookeeper), words);
    refused("pgpool", &one(PGPOOL), words);
    // A network of etcd's own.
    let apart = ETCD.replace(
        "{pg-a: {}, pg-b: {}",
        "{pg-a: {etcd_address: 127.0.1.1}, pg-b: {etcd_address: 127.0.1.1}",
    );
    refused(
        "patroni-etcd",
        &PATRONI.replace("STORE", &apart),
        "pg-a and pg-b have one address in the inventory, 127.0.1.1",
    );
}
