//! Tasks that touch the same things are told beforehand as they are then done.

use super::postgres::Server;
use super::postgres::task::foretold;
use super::task;
use std::os::unix::fs::MetadataExt;
use trueup::facts::Foreseen;

const TASKS: &[(&str, &str)] = &[
    ("postgresql_user", "name: readers\nrole_attr_flags: NOLOGIN"),
    (
        "postgresql_user",
        "name: app\npassword: one\nrole_attr_flags: CREATEDB\ncomment: a",
    ),
    (
        "postgresql_user",
        "name: app\npassword: one\nrole_attr_flags: CREATEDB",
    ),
    (
        "postgresql_user",
        "name: app\npassword: two\ngroups: [readers]",
    ),
    (
        "postgresql_user",
        "name: app\nrole_attr_flags: NOCREATEDB\nconn_limit: 5\ncomment: ''",
    ),
    (
        "postgresql_user",
        "name: app\npassword: two\ngroups: [readers]\nconn_limit: 5",
    ),
    (
        "postgresql_db",
        "name: shop\nowner: app\nencoding: UTF8\ntemplate: template0",
    ),
    ("postgresql_db", "name: shop\nowner: app\nencoding: utf-8"),
    ("postgresql_db", "name: shop\nowner: readers\nconn_limit: 3"),
    ("postgresql_db", "name: stall"),
    ("postgresql_db", "name: stall\nowner: app"),
    ("postgresql_set", "name: work_mem\nvalue: 65536kB"),
    ("postgresql_set", "name: work_mem\nvalue: 64mb"),
    ("postgresql_set", "name: work_mem\nvalue: 8MB"),
    ("postgresql_set", "name: max_connections\nvalue: '50'"),
    ("postgresql_set", "name: max_connections\nvalue: '50'"),
    ("postgresql_set", "name: max_connections\nvalue: '60'"),
    ("postgresql_set", "name: max_connections\nvalue: default"),
    ("postgresql_set", "name: search_path\nvalue: 'app,\"c-d\"'"),
    ("postgresql_set", "name: search_path\nvalue: public"),
    ("postgresql_set", "name: statement_timeout\nvalue: 120s"),
    ("postgresql_set", "name: statement_timeout\nvalue: 1h"),
    ("postgresql_set", "name: fsync\nvalue: 'on'"),
    ("postgresql_set", "name: synchronous_commit\nvalue: 'no'"),
    ("postgresql_set", "name: synchronous_commit\nvalue: 'on'"),
    ("postgresql_slot", "name: pg_b"),
    ("postgresql_slot", "name: pg_b"),
    ("postgresql_slot", "name: pg_b\nstate: absent"),
    ("postgresql_slot", "name: pg_b\nstate: absent"),
    ("postgresql_db", "name: shop\nstate: absent"),
    ("postgresql_db", "name: shop\nstate: absent"),
    ("postgresql_db", "name: stall\nstate: absent"),
    ("postgresql_user", "name: readers\nstate: absent"),
    (
        "postgresql_user",
        "name: app\npassword: two\ngroups: [pg_monitor]",
    ),
    ("postgresql_user", "name: app\nstate: absent"),
    ("postgresql_user", "name: app"),
];

#[tokio::test]
async fn tasks_that_touch_are_told_as_they_are_done() {
    let server = Server::primary();
    let at = |params: &str| {
        let (socket, port) = (server.socket(), server.port);
        format!("{params}\nlogin_unix_socket: {socket}\nport: {port}\n")
    };
    let mut pending = Foreseen::default();
    let mut ahead = Vec::new();
    for (module, params) in TASKS {
        let changes = foretold(&mut pending, module, &at(params)).await;
        ahead.push(changes.unwrap_or_else(|why| panic!("{module} {params}: {why}")));
    }
    for ((module, params), expected) in TASKS.iter().zip(ahead) {
        let does = foretold(&mut Foreseen::default(), module, &at(params)).await;
        assert_eq!(does.unwrap(), expected, "{module} {params}");
        let done = task(&server, module, params).await;
        assert_eq!(done.changed, !expected.is_empty(), "{module} {params}");
    }
}

/// How each task of a run ended, by the run's JSON: what it is, and what it would change or changed.
fn outcomes(words: &[&str], playbook: &std::path::Path) -> Vec<(String, serde_json::Value)> {
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(words)
        .args(["-i", "localhost,", "--output", "json"])
        .arg(playbook)
        .env("XDG_STATE_HOME", playbook.parent().unwrap())
        .output()
        .unwrap();
    let lines = String::from_utf8(run.stdout).unwrap();
    let mut names = std::collections::HashMap::new();
    let mut outcomes = Vec::new();
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        match event["event"].as_str().unwrap() {
            "task_started" => {
                let task = &event["task"];
                names.insert(
                    task["id"].clone(),
                    task["name"].as_str().unwrap().to_owned(),
                );
            }
            "host_finished" => {
                outcomes.push((names[&event["task"]].clone(), event["outcome"].clone()));
            }
            _ => {}
        }
    }
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!outcomes.is_empty(), "{words:?}: {said}{lines}");
    outcomes
}

#[test]
fn a_plan_tells_what_an_apply_does() {
    let server = Server::primary();
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let open = free.local_addr().unwrap().port();
    drop(free);
    let playbook = folder.path().join("play.yml");
    let text = include_str!("foreseen.yml")
        .replace("SOCKET", &server.socket())
        .replace("SERVER", &server.port.to_string())
        .replace("OPEN", &open.to_string())
        .replace("FOLDER", folder.path().to_str().unwrap());
    std::fs::write(&playbook, text).unwrap();
    let told = outcomes(&["plan"], &playbook);
    let waits: Vec<&str> = told
        .iter()
        .filter_map(|(_, outcome)| outcome["waits_for"].as_str())
        .collect();
    let port = format!("127.0.0.1:{open} to be open");
    assert_eq!(waits, [&*port, "done.rc == 0"]);
    let made = outcomes(&["apply"], &playbook);
    assert_eq!(told.len(), made.len(), "{told:#?} {made:#?}");
    for ((name, mut told), (_, made)) in told.into_iter().zip(made) {
        if let Some(told) = told.as_object_mut() {
            told.retain(|word, _| !["waits_for", "until"].contains(&word.as_str()));
        }
        if name.starts_with("Unknown") {
            assert_eq!(told["status"], "unknown", "{name}");
        } else {
            assert_eq!(told, made, "{name}");
        }
    }
}

#[test]
fn a_plan_says_since_when_a_parameter_is_so() {
    let server = Server::primary();
    server.sql("ALTER SYSTEM SET work_mem = '9MB'");
    server.sql("ALTER SYSTEM SET max_connections = 77");
    server.sql("SELECT pg_reload_conf()");
    let folder = tempfile::tempdir().unwrap();
    let playbook = folder.path().join("play.yml");
    let text = "
- hosts: localhost
  connection: local
  gather_facts: false
  environment: {PGHOST: SOCKET}
  module_defaults:
    postgresql_set: {login_unix_socket: SOCKET, port: SERVER}
  tasks:
    - {name: Told, postgresql_set: {name: work_mem, value: 8MB}}
    - {name: Waits, postgresql_set: {name: max_connections, value: '78'}}
    - {name: Nowhere, postgresql_set: {name: statement_timeout, value: 1s}}
";
    let text = text
        .replace("SOCKET", &server.socket())
        .replace("SERVER", &server.port.to_string());
    std::fs::write(&playbook, text).unwrap();
    let auto = format!("{}/postgresql.auto.conf", server.sql("SHOW data_directory"));
    let at = std::fs::metadata(&auto).unwrap().mtime();
    let at = jiff::Timestamp::from_second(at).unwrap().to_string();
    let told = outcomes(&["plan", "--since"], &playbook);
    let past = |task: usize| {
        let changes = told[task].1["changes"].as_array().unwrap();
        let past = changes.last().unwrap();
        assert_eq!(past["since"], at, "{changes:#?}");
        past["how"].as_str().unwrap().to_owned()
    };
    assert_eq!(past(0), format!("the time of {auto}:3"));
    assert_eq!(
        past(1),
        format!("the time of {auto}:4; waits for a restart")
    );
    assert_eq!(past(2), "set nowhere; the time of postgresql.auto.conf");
}
