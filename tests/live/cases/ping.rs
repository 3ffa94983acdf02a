//! What `trueup ping` says of hosts: one is well, another asks for a password, one is cut off, one is
//! a copy.

use crate::lab::Lab;
use crate::wait::wait_until;
use crate::{Case, Suite};
use serde_json::Value;

pub const SUITE: Suite = Suite {
    name: "ping",
    lab,
    cases: &[
        Case {
            name: "hosts that were just made are ready, as a login with sudo and as root",
            run: ready,
        },
        Case {
            name: "what stands in the way is told with what mends it, in seconds",
            run: in_the_way,
        },
        Case {
            name: "with the password, the port free and the host back there are only warnings",
            run: mended,
        },
        Case {
            name: "a lab whose inventory was written for it comes up, and is ready",
            run: written,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  children:
    databases:
      hosts:
        one: {ansible_host: 10.77.53.11, pg_role: primary}
        two: {ansible_host: 10.77.53.12, pg_role: synchronous}
    pool:
      hosts:
        three:
          ansible_host: 10.77.53.13
          lab_login: bare
          ansible_user: root
";
    Lab::new("live-ping", image, hosts, "")
}

/// The JSON document, and the exit status.
fn ping(lab: &Lab, words: &[&str]) -> (Value, Option<i32>) {
    let ended = lab.trueup(&[&["ping", "--json", "-T", "2"], words].concat());
    (serde_json::from_str(&ended.stdout).unwrap(), ended.code)
}

fn ready(lab: &Lab) {
    lab.up();
    let (told, code) = ping(lab, &[]);
    assert_eq!(code, Some(0), "{told:#}");
    assert_eq!(told["version"], 1);
    assert_eq!(told["verdict"]["ready"], true, "{told:#}");
    let [one, _, three] = told["hosts"].as_array().unwrap().as_slice() else {
        panic!("three hosts: {told:#}");
    };
    assert_eq!(
        (&one["user"], &one["sudo"]["state"]),
        (&"lab".into(), &"free".into())
    );
    assert_eq!(
        (&three["user"], &three["sudo"]["state"]),
        (&"root".into(), &"root".into())
    );
    assert_eq!(one["address"]["host"], "10.77.53.11");
    assert_eq!(one["system"]["distribution"], "Debian");
    assert_eq!(one["system"]["container"], true);
    // The clock is that of this machine.
    let (offset, error) = (
        &one["clock"]["offset_seconds"],
        &one["clock"]["error_seconds"],
    );
    let beyond = offset.as_f64().unwrap().abs() - error.as_f64().unwrap();
    assert!(beyond < 0.5, "{offset} {error}");
    assert_eq!(one["ports"][0]["port"], 5432);
    assert_eq!(one["ports"][0]["taken_by"], Value::Null);
    let table = lab
        .trueup(&["ping"])
        .with_code(0)
        .saying("3 hosts reached, ready");
    assert!(
        table.stdout.contains("9999 free, 9898 free"),
        "{}",
        table.stdout
    );
    let few = lab.trueup(&["ping", "databases:!two"]).with_code(0);
    assert!(few.saying("1 host reached").stdout.contains("one "));
    lab.trueup(&["ping", "nobody"]).with_code(4);
}

fn in_the_way(lab: &Lab) {
    lab.up();
    lab.ask(
        "one",
        "sudo sh -c 'echo lab:geheim | chpasswd; echo \"lab ALL=(ALL) ALL\" >/etc/sudoers.d/lab'",
    );
    let id = lab.ask("one", "cat /etc/machine-id");
    lab.ask("three", &format!("echo {id} >/etc/machine-id"));
    let squat = "perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 9999, Listen => 1, ReuseAddr => 1) or die; sleep 600'";
    lab.ask(
        "three",
        &format!("setsid {squat} >/dev/null 2>&1 </dev/null &"),
    );
    wait_until("the port is taken", 20, || {
        lab.ssh("three", "grep -q ':270F .* 0A ' /proc/net/tcp")
            .code
            == Some(0)
    });
    lab.lab(&["cut", "two"]);
    let ended = lab.trueup(&["ping", "-T", "2"]).with_code(2);
    assert!(ended.took.as_secs() < 30, "{:?}", ended.took);
    let up = format!("    trueup lab up -i {}", lab.inventory.display());
    for words in [
        "2 of 3 hosts reached, 2 faults, 1 warning",
        "fault: two: can't connect to 10.77.53.12:22: no answer within 2 s",
        &up,
        "fault: one: sudo asks lab for a password",
        " -K\n",
        "fault: three: port 9999, needed by pgpool, is taken by perl",
        "warning: one and three have the same machine-id",
    ] {
        assert!(
            ended.stdout.contains(words),
            "no `{words}`:\n{}",
            ended.stdout
        );
    }
    // Nothing of it was changed.
    assert_eq!(lab.ask("three", "cat /etc/machine-id"), id);
}

fn mended(lab: &Lab) {
    let password = "ansible_become_password=geheim";
    let (told, code) = ping(lab, &["one", "-e", password]);
    assert_eq!(code, Some(0), "{told:#}");
    assert_eq!(told["hosts"][0]["sudo"]["state"], "password-taken");
    let (told, code) = ping(lab, &["one", "-e", "ansible_become_password=falsch"]);
    assert_eq!(code, Some(2), "{told:#}");
    assert_eq!(told["hosts"][0]["sudo"]["state"], "refused");
    let (told, code) = ping(lab, &["two"]);
    assert_eq!(code, Some(3), "{told:#}");
    assert_eq!(told["hosts"][0]["kind"], "no-connection");
    lab.ask(
        "three",
        "kill $(grep -lx perl /proc/[0-9]*/comm | cut -d/ -f3)",
    );
    lab.lab(&["heal", "two"]);
    let (told, code) = ping(lab, &["-e", password]);
    assert_eq!(code, Some(0), "{told:#}");
    let findings = told["verdict"]["findings"].as_array().unwrap();
    assert!(
        findings.iter().all(|finding| finding["level"] == "warning"),
        "{told:#}"
    );
    // A login that nobody knows, and a key that nobody knows.
    let (told, code) = ping(lab, &["one", "-e", "ansible_user=eve"]);
    assert_eq!(
        (code, &told["hosts"][0]["kind"]),
        (Some(3), &"login".into())
    );
    let (told, code) = ping(
        lab,
        &["one", "-e", "ansible_ssh_known_hosts_file=/dev/null"],
    );
    assert_eq!(
        (code, &told["hosts"][0]["kind"]),
        (Some(3), &"host-key".into())
    );
}

fn written(lab: &Lab) {
    // Its network is needed.
    lab.lab(&["destroy"]);
    let inventory = lab.folder.join("live-init");
    let _not_there = std::fs::remove_dir_all(&inventory);
    let words = "lab init live-init --topology none --hosts 1 --network 10.77.53.0/24";
    let words: Vec<&str> = words.split(' ').collect();
    let ended = lab.trueup(&words).with_code(0);
    ended.saying("  trueup lab up -i live-init\n");
    let made = Lab {
        name: "live-init",
        inventory,
        folder: lab.folder.clone(),
        seed: lab.seed,
    };
    made.begin(false);
    made.up();
    let ended = made.trueup(&["ping"]).with_code(0);
    ended.saying("1 host reached, ready");
}
