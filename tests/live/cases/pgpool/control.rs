//! Control runs of the drill: what is broken on purpose behind its back is found by it, or what it
//! finds to be well proves nothing.

use super::home::as_declared;
use crate::cluster::{apply, is_primary, playbook, poweroff, sql, told_passwords};
use crate::command::{Running, run, start};
use crate::lab::Lab;
use crate::wait::wait_until;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What the probe on a node has written.
const PROBE: &str = "/var/lib/trueup-drill/writable";

/// A drill that runs.
struct Drill<'a> {
    lab: &'a Lab,
    running: Running,
    folder: String,
    /// Its tables' schema.
    schema: String,
}

/// Begins a drill, and waits until its clients work.
#[track_caller]
fn begin<'a>(lab: &'a Lab, scenario: &str) -> Drill<'a> {
    let folder = lab.folder.join(format!("report-{scenario}"));
    let _not_there = fs::remove_dir_all(&folder);
    let folder = folder.to_str().unwrap().to_owned();
    let playbooks = Path::new(&playbook("pgpool.yml"))
        .parent()
        .unwrap()
        .to_owned();
    let running = start(lab.command(&[
        "drill",
        scenario,
        "--clients",
        "4",
        "--seed",
        "1",
        "--report",
        &folder,
        "--playbooks",
        playbooks.to_str().unwrap(),
    ]));
    // Those of a drill that failed stay there.
    let made = format!(
        "select nspname from pg_namespace where nspname like 'drill_{}%'",
        scenario.replace('-', "_")
    );
    let mut drill = Drill {
        lab,
        running,
        folder,
        schema: String::new(),
    };
    wait_until("the drill's tables", 120, || {
        drill.schema = drill.rows("pg-a", &made);
        !drill.schema.is_empty()
    });
    drill.wait_for_orders("pg-a", 40);
    drill
}

impl Drill<'_> {
    /// SQL in the application's database; nothing where it can't be had.
    fn rows(&self, node: &str, sql: &str) -> String {
        let asked = format!("sudo -u postgres timeout 20 psql -XAtq -d app -c \"{sql}\"");
        self.lab.ssh(node, &asked).stdout.trim().to_owned()
    }

    fn orders(&self, node: &str) -> u64 {
        let count = format!("select count(*) from {}.orders", self.schema);
        self.rows(node, &count).parse().unwrap_or(0)
    }

    #[track_caller]
    fn wait_for_orders(&self, node: &str, more: u64) {
        let before = self.orders(node);
        wait_until("the clients' orders", 60, || {
            self.orders(node) >= before + more
        });
    }

    /// Stops it as Ctrl-C does; it still looks for every row, and tells what it found.
    #[track_caller]
    fn interrupted(self) -> Value {
        self.running.signal("INT");
        let ended = self.running.end(600).with_code(130);
        told_passwords(self.lab, &ended, Path::new(&self.folder));
        let report = Path::new(&self.folder).join("report.json");
        serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap()
    }
}

fn number(report: &Value, name: &str) -> u64 {
    report["ledger"][name].as_u64().unwrap()
}

/// A word of a line of the probe, a Unix time; nothing before there is such a line.
fn moment(lab: &Lab, node: &str, line: &str, word: usize) -> Option<f64> {
    let asked = format!("grep ^0 {PROBE} | {line} | cut -d ' ' -f {word}");
    lab.ssh(node, &asked).stdout.trim().parse().ok()
}

/// An inventory elsewhere whose name and whose hosts' names are the lab's.
pub fn not_the_lab_s(lab: &Lab) {
    let other = lab.folder.join("elsewhere").join(lab.name);
    fs::create_dir_all(other.join("group_vars")).unwrap();
    let hosts = fs::read_to_string(lab.inventory.join("hosts.yml")).unwrap();
    let moved = hosts.replace("ansible_host: 10.77.", "ansible_host: 10.76.");
    assert_ne!(hosts, moved);
    fs::write(other.join("hosts.yml"), moved).unwrap();
    for entry in fs::read_dir(lab.inventory.join("group_vars")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(
            &path,
            other.join("group_vars").join(path.file_name().unwrap()),
        )
        .unwrap();
    }
    run(lab.command_of(&other, &["drill", "primary-off"]), 120)
        .with_code(4)
        .saying("no hosts of a lab on this machine");
}

pub fn foreign_torn_and_second(lab: &Lab) {
    let drill = begin(lab, "asynchronous-off");
    let schema = &drill.schema;
    drill.rows(
        "pg-a",
        &format!(
            "insert into {schema}.orders values (1, 1000000, 'x'); \
             delete from {schema}.lines where session = 2 and number = \
             (select min(number) from {schema}.lines where session = 2)"
        ),
    );
    // The keeper would stop one of the two at once.
    lab.ask("pgpool", "sudo systemctl stop pg-keeper");
    sql(lab, "pg-c", "select pg_promote()");
    wait_until("commits of both primaries", 30, || {
        let first = moment(lab, "pg-c", "head -n 1", 3);
        let last = moment(lab, "pg-a", "tail -n 1", 2);
        first.zip(last).is_some_and(|(first, last)| last > first)
    });
    // Its rows are read on the one that is left.
    lab.ask("pg-c", "sudo systemctl stop 'postgresql@*'");
    let report = drill.interrupted();
    assert_eq!(
        (
            number(&report, "foreign"),
            number(&report, "torn"),
            number(&report, "lost")
        ),
        (1, 1, 1),
        "{}",
        report["ledger"]
    );
    let two = report["two_primaries"].to_string();
    assert!(two.contains("pg-c acknowledged a commit"), "{two}");
    assert_eq!(report["verdict"]["passed"], false);
    let left = lab.ssh("pg-a", &format!("ls {PROBE}"));
    assert_ne!(left.code, Some(0), "the probe was left behind");
    // What C wrote as the second primary is nobody's.
    lab.ask("pgpool", "sudo systemctl start pg-keeper");
    apply(
        lab,
        "restore-replica.yml",
        &["-e", "node=pg-c", "-e", "accept_loss=true"],
    )
    .with_code(0);
    as_declared(lab);
}

pub fn lost(lab: &Lab) {
    sql(lab, "pg-a", "alter system set synchronous_commit = local");
    sql(lab, "pg-a", "select pg_reload_conf()");
    let drill = begin(lab, "primary-off");
    // B is sent nothing any more, and the commits do not wait for it. Cut at B's end, what is on its
    // way would still come in.
    lab.ask("pg-a", "sudo ip route add blackhole 10.77.10.12/32");
    drill.wait_for_orders("pg-a", 40);
    poweroff(lab, &["pg-a"]);
    wait_until("B's promotion", 120, || is_primary(lab, "pg-b"));
    let report = drill.interrupted();
    let lost = number(&report, "lost");
    assert!(lost > 0, "nothing is lost: {}", report["ledger"]);
    assert_eq!(number(&report, "foreign"), 0, "{}", report["ledger"]);
    let said = report["verdict"]["failures"].to_string();
    assert!(said.contains("acknowledged transaction"), "{said}");
    let named = report["ledger"]["named"][0].as_str().unwrap();
    assert!(
        named.ends_with("was acknowledged and is not there"),
        "{named}"
    );
    println!(
        "live: {lost} of {} acknowledged transactions lost, as they should be",
        number(&report, "acknowledged")
    );
}
