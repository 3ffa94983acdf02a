//! What pgpool's keeper does by itself, without a cluster.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A function of the keeper, as text.
fn function(name: &str) -> String {
    let keeper = include_str!("../templates/pgpool/pg-keeper.j2");
    let from = keeper.find(&format!("\n{name}() {{\n")).unwrap();
    let length = keeper[from..].find("\n}\n").unwrap() + 3;
    keeper[from..from + length].to_owned()
}

/// A process in pgpool's place; it runs once this returns.
fn process(script: &str) -> Child {
    let script = format!("{script}; echo ready; while :; do sleep 0.1; done");
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    child
}

/// Has the keeper start pgpool anew, and tells how the old one ended.
fn restarted(mut pool: Child) -> (String, ExitStatus) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgpool.pid");
    std::fs::write(&file, format!("{}\n", pool.id())).unwrap();
    let body = function("restart_pool").replace("{{ pool_pid_file }}", file.to_str().unwrap());
    // pgpool is asked by its own command, which here is a signal; a second is a moment.
    let script = format!(
        "say() {{ echo \"$*\"; }}\npcp() {{ kill -TERM {}; }}\nsleep() {{ command sleep 0.1; }}\n{body}restart_pool",
        pool.id()
    );
    // Whoever ended is gone only when somebody asked for its status.
    let waiting = std::thread::spawn(move || pool.wait().unwrap());
    let keeper = Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(keeper.stdout).unwrap();
    (said, waiting.join().unwrap())
}

#[test]
fn a_pgpool_that_hears_nothing_is_killed_and_one_that_hears_is_not() {
    use std::os::unix::process::ExitStatusExt;
    let (said, ended) = restarted(process("trap 'exit 7' TERM"));
    assert_eq!((said.as_str(), ended.code()), ("", Some(7)));
    let (said, ended) = restarted(process("trap '' TERM"));
    assert_eq!(
        said,
        "pgpool does not hear that it shall end: it is killed\n"
    );
    assert_eq!(ended.signal(), Some(9));
}
