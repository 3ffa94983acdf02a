//! A laptop and two boards: the shipped inventory, in which one host is a node, pgpool's host and a
//! client, and a drill of hosts that are no lab's, whose plugs a person pulls.

use crate::cluster::playbook;
use crate::command::{Ended, run, start_typed};
use crate::lab::{Lab, in_terminal};
use crate::wait::wait_until;
use crate::{Case, Suite};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const PASSWORD: &str = "Sesam-offne-dich";
const LIMIT: u64 = 600;

pub const SUITE: Suite = Suite {
    name: "boards",
    lab,
    cases: &[
        Case {
            name: "three machines as their installers leave them become a cluster, pgpool beside the primary",
            run: built,
        },
        Case {
            name: "a second run changes nothing",
            run: second_run,
        },
        Case {
            name: "the primary's data deleted beside pgpool: the way back to the declared layout",
            run: deleted,
        },
        Case {
            name: "a drill asks a person for what no command does, and refuses where nobody is there",
            run: refused,
        },
        Case {
            name: "a person pulls the plug of primary and pgpool, and writes wait until it is in again",
            run: by_hand,
        },
    ],
};

/// The machines, and nothing of a cluster.
fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    laptop: {ansible_host: 10.77.52.10}
    board-1: {ansible_host: 10.77.52.11}
    board-2: {ansible_host: 10.77.52.12}
";
    Lab::new("live-boards", image, hosts, "")
}

/// The shipped inventory at the lab's addresses. Nothing in it says that there is a lab.
fn inventory(lab: &Lab) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("inventories/bare-metal");
    let folder = lab.folder.join("bare-metal");
    fs::create_dir_all(folder.join("group_vars")).unwrap();
    let hosts = fs::read_to_string(shipped.join("hosts.yml")).unwrap();
    let moved = hosts.replace("192.168.77.", "10.77.52.");
    assert_ne!(hosts, moved);
    fs::write(folder.join("hosts.yml"), moved).unwrap();
    let all = "group_vars/all.yml";
    fs::copy(shipped.join(all), folder.join(all)).unwrap();
    let state = "/var/lib/trueup/labs/live-boards";
    let own = format!(
        "timings: fast\napp_networks: [10.77.52.1/32]\nansible_user: lab\n\
         ansible_become_password: \"{{{{ lookup('ansible.builtin.env', 'SUDO_PASSWORD') }}}}\"\n\
         ansible_ssh_private_key_file: {state}/key\n\
         ansible_ssh_known_hosts_file: {state}/known_hosts\ndrill_allowed: true\n"
    );
    fs::write(folder.join("group_vars/cluster.yml"), own).unwrap();
    folder
}

fn command(lab: &Lab, words: &[&str]) -> std::process::Command {
    let mut command = lab.command_of(&inventory(lab), words);
    command.env("SUDO_PASSWORD", PASSWORD);
    command
}

#[track_caller]
fn trueup(lab: &Lab, words: &[&str]) -> Ended {
    run(command(lab, words), LIMIT)
}

#[track_caller]
fn apply(lab: &Lab, name: &str) -> Ended {
    trueup(lab, &["apply", &playbook(name)])
}

/// Runs shell text as root, for which sudo wants the password.
fn sudo(lab: &Lab, host: &str, text: &str) -> Ended {
    lab.ssh(host, &format!("echo {PASSWORD} | sudo -S -p '' {text}"))
}

/// SQL as a client on the laptop, through pgpool.
fn client(lab: &Lab, sql: &str) -> Ended {
    sudo(
        lab,
        "laptop",
        &format!("timeout 30 psql service=app -XAtqc \"{sql}\""),
    )
}

#[track_caller]
fn as_declared(lab: &Lab) {
    wait_until("the declared layout", 120, || {
        trueup(lab, &["status", "--detailed-exitcode"]).code == Some(0)
    });
}

/// A login that may become root by a password, and the machine's own name where Debian puts it.
fn as_installed(lab: &Lab) {
    lab.up();
    for host in ["laptop", "board-1", "board-2"] {
        let text = format!(
            "printf '127.0.0.1\\tlocalhost\\n127.0.1.1\\t{host}.home {host}\\n' | sudo tee /etc/hosts; \
             echo 'lab:{PASSWORD}' | sudo chpasswd; \
             echo 'lab ALL=(ALL:ALL) ALL' | sudo tee /etc/sudoers.d/lab; sudo -k; ! sudo -n true"
        );
        lab.ask(host, &text);
    }
}

fn built(lab: &Lab) {
    as_installed(lab);
    // No firewall is there, only the words by which one is known.
    sudo(
        lab,
        "board-2",
        "sh -c 'mkdir /etc/ufw; echo ENABLED=yes > /etc/ufw/ufw.conf'",
    );
    apply(lab, "pgpool.yml").with_code(0).saying(
        "board-2: ufw is on. It must let in TCP 22 and 5432 from 10.77.52.10, 10.77.52.11, 10.77.52.12",
    );
    as_declared(lab);
    client(
        lab,
        "create table words (word text, at timestamptz default clock_timestamp())",
    )
    .with_code(0);
    client(lab, "insert into words values ('through pgpool')").with_code(0);
    let rows = |host: &str| {
        let asked = "-u postgres psql -XAtq -d app -c 'select word from words'";
        sudo(lab, host, asked).stdout.trim().to_owned()
    };
    for host in ["board-1", "board-2"] {
        wait_until("the row on both boards", 30, || {
            rows(host) == "through pgpool"
        });
    }
    wait_until("a row that board-2 keeps back", 120, || {
        kept_back(lab) > 2.5
    });
    let own = lab.ask("laptop", "getent ahosts laptop | cut -d ' ' -f 1 | sort -u");
    assert_eq!(own, "10.77.52.10");
    let hosts = lab.ask("laptop", "grep ^127 /etc/hosts | tr '\\t' ' '");
    assert_eq!(hosts, "127.0.0.1 localhost\n127.0.1.1 laptop.home");
}

/// How long after its commit a row was last seen to be missing on board-2, in seconds. Nothing where
/// the look began too late.
fn kept_back(lab: &Lab) -> f64 {
    let look = "do $$declare absent timestamptz; since interval; begin
        for i in 1..600 loop
          select absent - max(at) into since from words having count(*) > 1;
          exit when found;
          absent := clock_timestamp();
          perform pg_sleep(0.05);
        end loop;
        raise notice 'kept back %', extract(epoch from since); end$$";
    client(lab, "delete from words where word = 'later'").with_code(0);
    wait_until("the end of the row before", 30, || {
        let count = "-u postgres psql -XAtq -d app -c 'select count(*) from words'";
        sudo(lab, "board-2", count).stdout.trim() == "1"
    });
    let text = format!(
        "echo {PASSWORD} | sudo -S -p '' -u postgres psql -XAtq -d app -c \"{}\"",
        look.replace('$', "\\$")
    );
    let looking = lab.start_ssh("board-2", &text);
    client(lab, "insert into words values ('later')").with_code(0);
    let told = looking.end(60).stderr;
    let seconds = told.rsplit_once("kept back ").map(|(_, rest)| rest.trim());
    seconds.and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

fn second_run(lab: &Lab) {
    apply(lab, "pgpool.yml")
        .with_code(0)
        .saying("Nothing changed");
}

fn deleted(lab: &Lab) {
    sudo(
        lab,
        "laptop",
        "timeout 20 sh -c 'until rm -rf /var/lib/postgresql/*/main; do :; done'",
    )
    .with_code(0);
    wait_until("the promotion of board-1", 60, || {
        let asked = "-u postgres psql -XAtqc 'select pg_is_in_recovery()'";
        sudo(lab, "board-1", asked).stdout.trim() == "f"
    });
    wait_until("writes", 30, || {
        client(lab, "insert into words values ('after the loss')").code == Some(0)
    });
    apply(lab, "restore-primary.yml").with_code(0);
    as_declared(lab);
    let words = client(lab, "select count(distinct word) from words").stdout;
    assert_eq!(words.trim(), "3");
}

/// The words of a drill, without what names the scenario.
fn drill(lab: &Lab, scenario: &str, words: &[&str]) -> std::process::Command {
    let playbooks = playbook("pgpool.yml").replace("/pgpool.yml", "");
    let mut all = vec!["drill", scenario, "--playbooks", &playbooks];
    all.extend(words);
    command(lab, &all)
}

fn refused(lab: &Lab) {
    let told = |scenario, words: &[&str]| run(drill(lab, scenario, words), 120).with_code(4);
    told("synchronous-off", &[])
        .saying("say power_off_command and power_on_command in the inventory")
        .saying("or do it yourself with --by-hand");
    told("synchronous-off", &["--by-hand"]).saying("needs a person at a terminal");
    told("primary-cut-from-coordinator", &[]).saying("laptop is pgpool's host too");
    let secret = format!("power_off_command='plug --password {PASSWORD}' power_on_command=true");
    told("synchronous-off", &["-e", &secret])
        .saying("`plug --password ***`")
        .saying("put it into power_environment");
}

fn by_hand(lab: &Lab) {
    let report = lab.folder.join("report");
    let seen = lab.folder.join("seen");
    let words = [
        "--by-hand",
        "--clients",
        "4",
        "--report",
        report.to_str().unwrap(),
    ];
    let drill = in_terminal(&drill(lab, "primary-off", &words), seen.to_str().unwrap());
    let (drilling, mut keys) = start_typed(drill);
    let shown = |words: &str| fs::read_to_string(&seen).is_ok_and(|text| text.contains(words));
    wait_until("the drill's wish", 120, || {
        shown("PULL THE PLUG of laptop now")
    });
    // Who says so and has not done it, or pulled another's, is told so.
    keys.write_all(b"\n").unwrap();
    wait_until("a doubt", 20, || shown("still answers: the right plug?"));
    lab.lab(&["poweroff", "laptop"]);
    wait_until("the drill's next wish", 120, || {
        shown("PUT THE PLUG of laptop IN")
    });
    lab.lab(&["poweron", "laptop"]);
    let ended = drilling.end(LIMIT).with_code(0);
    assert!(ended.stdout.contains("primary-off on pgpool: passed"));
    let report: Value =
        serde_json::from_str(&fs::read_to_string(report.join("report.json")).unwrap()).unwrap();
    let at = |kind: &str| {
        let mut events = report["events"].as_array().unwrap().iter();
        events.find(|event| event["kind"] == kind).unwrap()["at"]
            .as_f64()
            .unwrap()
    };
    let gap = report["write_gaps"][0]["from"].as_f64().unwrap();
    assert!(at("fault") > at("asked"), "{report}");
    // Measured, and not when somebody pressed a key: the last write that came through.
    assert!((at("fault") - gap).abs() < 2.0, "{} and {gap}", at("fault"));
    as_declared(lab);
}
