//! `templates/restore/log-beyond` under each shell, with a stand-in for `pg_waldump` that prints a log.

use super::PgBeyond;
use crate::modules::trial::{Shell, settled};
use crate::step::Script;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const ENDED: &str = "pg_waldump: error: error in WAL record at 0/5000002: invalid record length";

fn program(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What is told of a log in which this stands, each part ending so, by each shell.
fn answer_to_log(log: &str, parts: &[&str], ended: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("log"), log).unwrap();
    program(
        &at("pg_controldata"),
        "echo 'Latest checkpoint location:           0/1000028'",
    );
    let here = folder.path().display();
    // It is asked for a part that ends, and ends there without a word.
    program(
        &at("pg_waldump"),
        &format!(
            "echo \"$*\" >> '{here}/asked'; cat '{here}/log'; case \" $* \" in *' -e '*) ;; *) echo '{ended}' >&2; exit 1 ;; esac"
        ),
    );
    let script = include_str!("../../../templates/restore/log-beyond");
    let script = format!("set -- /srv/main '{here}' {}\n{script}", parts.join(" "));
    let mut results = Vec::new();
    for shell in Shell::all() {
        let output = shell.run(&Script::new(&script));
        let args = json!({
            "fork": {"timeline": 1, "lsn": "0/5000000", "next": 2, "end": "0/5000F00"},
            "log": output.out(),
        });
        results.push(json!(
            settled::<PgBeyond>(&Shell::dash(), Path::new("/"), args).values
        ));
        let asked = fs::read_to_string(at("asked")).unwrap();
        let asked: Vec<&str> = asked.lines().collect();
        assert_eq!(asked.len(), parts.len(), "{}", output.err());
        fs::remove_file(at("asked")).unwrap();
    }
    assert!(
        results.windows(2).all(|pair| pair[0] == pair[1]),
        "{results:#?}"
    );
    results.swap_remove(0)
}

fn record(rmgr: &str, xid: usize, at: usize, told: &str) -> String {
    format!(
        "rmgr: {rmgr:<11} len (rec/tot):     54/    54, tx: {xid:>10}, lsn: 0/{at:08X}, prev 0/00000000, desc: {told}\n"
    )
}

#[test]
fn each_shell_hands_out_the_log_that_only_a_node_has() {
    let wrote = "INSERT off 1, blkref #0: rel 1663/5/16384 blk 0";
    let log = [
        record("Heap", 10, 0x500_0001, wrote),
        record(
            "Transaction",
            10,
            0x500_0002,
            "COMMIT 2026-01-01 00:00:00 UTC",
        ),
        record(
            "Heap2",
            0,
            0x500_0003,
            "PRUNE blkref #0: rel 1663/5/16999 blk 0",
        ),
    ];
    let told = answer_to_log(
        &log.concat(),
        &["1:0/5000000:0/5100000", "2:0/5100000:"],
        ENDED,
    );
    assert_eq!(
        told["lines"],
        json!(["timeline 2, LSN 0/5000002, xid 10, committed: file 1663/5/16384"])
    );
    assert_eq!(
        (&told["complete"], &told["files"]),
        (&json!(true), &json!(["1663/5/16384"]))
    );
}

#[test]
fn a_log_without_end_is_told_to_a_bound() {
    let mut log = String::new();
    for xid in 1..20_000 {
        let wrote = "INSERT off 1, blkref #0: rel 1663/5/16384 blk 0";
        log += &record("Heap", xid, 0x500_0000 + 2 * xid, wrote);
        let ended = record(
            "Transaction",
            xid,
            0x500_0001 + 2 * xid,
            "COMMIT 2026-01-01 00:00:00 UTC",
        );
        log += &ended;
    }
    let told = answer_to_log(&log, &["1:0/5000000:"], ENDED);
    assert_eq!(told["complete"], json!(false));
    assert_eq!(told["why"], json!("it is longer than what is read of it"));
    let count = told["count"].as_u64().unwrap();
    assert!((10_000..20_000).contains(&count), "{count}");
    let lines = told["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 52, "{lines:?}");
}

#[test]
fn a_program_that_is_not_there_tells_of_no_whole_log() {
    let told = answer_to_log("", &["1:0/5000000:"], "sh: pg_waldump: not found");
    assert_eq!(told["complete"], json!(false));
    assert_eq!(told["why"], json!("sh: pg_waldump: not found"));
}

/// Prints what is recorded of a part, and how that ended.
const REPLAY: &str = r#"
while [ $# -gt 0 ]; do [ "$1" != -t ] || timeline=$2; shift; done
part() { awk -v timeline="$timeline" -v mark="$1" '/^part / { on = $2 == timeline } on && index($0, mark) == 1 { print substr($0, length(mark) + 1) }' "${0%/*}/recorded"; }
part '| '
part 'ended ' >&2"#;

/// Where no controller is, a shorter program counts: it must come to the same.
#[test]
fn what_is_counted_on_a_host_is_what_is_counted_here() {
    let recorded = [
        include_str!("../../decide/waldump/recorded/13.log"),
        include_str!("../../decide/waldump/recorded/18.log"),
    ];
    for recorded in recorded {
        // Whole, and without what the end of each part says.
        let broken: Vec<&str> = recorded
            .lines()
            .filter(|line| !line.starts_with("ended "))
            .collect();
        for recorded in [recorded.to_owned(), broken.join("\n") + "\n"] {
            counted_alike(&recorded);
        }
    }
}

fn counted_alike(recorded: &str) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let log = at("data/pg_wal");
    fs::create_dir_all(&log).unwrap();
    fs::write(log.join("000000010000000000000001"), "").unwrap();
    fs::write(log.join("000000020000000000000002"), "").unwrap();
    let part = recorded
        .lines()
        .find_map(|line| line.strip_prefix("part 1 "))
        .unwrap();
    let (from, until) = part.split_once(' ').unwrap();
    fs::write(
        log.join("00000002.history"),
        format!("1\t{until}\tno recovery target\n"),
    )
    .unwrap();
    fs::write(at("recorded"), recorded).unwrap();
    let known = recorded
        .lines()
        .find_map(|line| line.strip_prefix("checkpoint "))
        .unwrap();
    program(
        &at("pg_controldata"),
        &format!("echo 'Latest checkpoint location: {known}'"),
    );
    program(&at("pg_waldump"), REPLAY);
    program(
        &at("log-beyond"),
        include_str!("../../../templates/restore/log-beyond"),
    );
    program(
        &at("pg-beyond"),
        include_str!("../../../templates/restore/pg-beyond"),
    );
    let here = folder.path().display();
    let script = format!("sh '{here}/pg-beyond' '{here}/data' '{here}' '1:{from} 3' '{here}/list'");
    let listed = crate::decide::listed(recorded);
    for shell in Shell::all() {
        let output = shell.run(&Script::new(&script));
        let counted = format!(
            "timeline 1\nnewest 2\ncount {}\ncommitted {}\nfrom {from}\n",
            listed.count, listed.committed
        );
        let told = output.out();
        assert!(told.starts_with(&counted), "{told}\n{}", output.err());
        let complete = if listed.complete { "yes" } else { "no" };
        let ending = format!("complete {complete}\nwhy {}\n", listed.why);
        assert!(told.ends_with(&ending), "{told}");
        assert_eq!(fs::read_to_string(at("list")).unwrap(), recorded);
    }
}
