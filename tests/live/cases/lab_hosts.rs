//! The lab itself: what the other suites stand on.

use crate::command::run;
use crate::lab::{Lab, as_root};
use crate::wait::wait_until;
use crate::{Case, Suite};
use std::fs;
use std::path::Path;
use std::process::Command;

const BRIDGES: [&str; 2] = ["tub-0a4d0900", "tub-0a4e0900"];

pub const SUITE: Suite = Suite {
    name: "lab",
    lab,
    cases: &[
        Case {
            name: "hosts that were made answer, each with an identity of its own",
            run: hosts_answer,
        },
        Case {
            name: "a second up leaves hosts that run alone",
            run: second_up,
        },
        Case {
            name: "a lab stays with the provider that made it",
            run: one_provider,
        },
        Case {
            name: "hosts find the package registries",
            run: registries,
        },
        Case {
            name: "a small disk is small",
            run: small_disk,
        },
        Case {
            name: "a pulled plug is silent, and nothing is shut down",
            run: pulled_plug,
        },
        Case {
            name: "a cut takes the network and nothing else",
            run: cut,
        },
        Case {
            name: "a further network joins its hosts and leads nowhere else",
            run: further_network,
        },
        Case {
            name: "the lab comes back with its data after its machine restarted",
            run: machine_restarts,
        },
        Case {
            name: "an unknown host key is refused in the lab too",
            run: host_keys,
        },
        Case {
            name: "another subnet's lab and its rules stay",
            run: taken_subnet,
        },
        Case {
            name: "destroy leaves nothing behind",
            run: destroy,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    one:
      ansible_host: 10.77.9.11
      lab_addresses: [10.78.9.11]
      lab_disk_limit: {path: /srv/small, mib: 16}
    bare: {ansible_host: 10.77.9.12, lab_addresses: [10.78.9.12], lab_login: bare, ansible_user: root}
";
    Lab::new("live-lab", image, hosts, "")
}

fn boot_id(lab: &Lab, host: &str) -> String {
    lab.ask(
        host,
        "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1",
    )
}

fn hosts_answer(lab: &Lab) {
    lab.up();
    assert!(
        lab.status()
            .iter()
            .all(|host| host["on"] == true && host["linked"] == true && host["ssh"] == true)
    );
    assert_eq!(
        lab.ask("one", "id -un && sudo -n id -un && hostname"),
        "lab\nroot\none"
    );
    // Ubuntu's sudo-rs, which its image has for the others, depends on Python.
    assert_eq!(
        lab.ask(
            "bare",
            ". /etc/os-release; [ $VERSION_ID = 26.04 ] || command -v python3
             id -un; command -v sudo; getent passwd 1000; true"
        ),
        "root"
    );
    let identity = "cat /etc/machine-id; cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub";
    assert_ne!(lab.ask("one", identity), lab.ask("bare", identity));
    for host in ["one", "bare"] {
        wait_until("the boot", 60, || {
            lab.ssh(host, "systemctl is-system-running").stdout.trim() == "running"
        });
    }
    let mode = fs::metadata("/var/lib/trueup/labs/live-lab/key").unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o600
    );
}

fn second_up(lab: &Lab) {
    lab.up();
    let before = boot_id(lab, "one");
    lab.up()
        .saying("one: up already")
        .saying("bare: up already");
    assert_eq!(boot_id(lab, "one"), before);
}

fn one_provider(lab: &Lab) {
    for verb in ["status", "up", "destroy"] {
        lab.trueup(&["lab", verb, "--provider", "vagrant"])
            .with_code(4)
            .saying("was made with the provider containers, not with vagrant");
    }
    assert_eq!(lab.status().len(), 2);
}

fn registries(lab: &Lab) {
    lab.up();
    lab.ask("bare", "apt-get -q update");
}

fn small_disk(lab: &Lab) {
    lab.up();
    let full = lab.ssh(
        "one",
        "sudo dd if=/dev/zero of=/srv/small/x bs=1M count=20; s=$?; sudo rm /srv/small/x; exit $s",
    );
    full.with_code(1).saying("No space left on device");
}

fn pulled_plug(lab: &Lab) {
    lab.up();
    lab.ask("one", "echo kept > before");
    let script =
        "trap 'echo told > told; sync' TERM HUP EXIT; echo begun > begun; sleep 600 & wait";
    let mut session = lab.start_ssh("one", script);
    wait_until("the session", 20, || {
        lab.ssh("one", "test -s begun").code == Some(0)
    });
    lab.lab(&["poweroff", "one"]);
    assert!(
        session.runs(),
        "the peer learned of the host's death, so it was no pulled plug"
    );
    let status = lab.status();
    assert_eq!(
        (&status[0]["on"], &status[1]["on"]),
        (&false.into(), &true.into())
    );
    session.signal("KILL");
    session.end(20);
    lab.lab(&["poweron", "one"]);
    assert_eq!(
        lab.ask("one", "cat before; cat told 2>&1 || true"),
        "kept\ncat: told: No such file or directory"
    );
}

fn cut(lab: &Lab) {
    lab.up();
    let before = boot_id(lab, "one");
    lab.lab(&["cut", "one"]);
    assert_eq!(lab.status()[0]["linked"], false);
    lab.ssh("one", "true").with_code(255);
    lab.lab(&["heal", "one"]);
    assert_eq!(boot_id(lab, "one"), before);
}

/// The other's sshd greets over the further network.
const GREETED: &str = "timeout 5 bash -c 'exec 3<>/dev/tcp/10.78.9.12/22; head -c 4 <&3'";

fn further_network(lab: &Lab) {
    lab.up();
    assert_eq!(lab.ask("one", GREETED), "SSH-");
    assert_eq!(
        lab.ask("one", "ip -4 -o route show default"),
        "default via 10.77.9.1 dev host0 proto static"
    );
    let status = lab.status();
    assert_eq!(
        status[0]["more_addresses"],
        serde_json::json!(["10.78.9.11"])
    );
    lab.lab(&["cut", "bare"]);
    assert_eq!(lab.status()[1]["linked"], false);
    lab.ssh("one", GREETED).with_code(124);
    lab.lab(&["heal", "bare"]);
    assert_eq!(lab.ask("one", GREETED), "SSH-");
    lab.lab(&["poweroff", "bare"]);
    lab.lab(&["poweron", "bare"]);
    assert_eq!(lab.ask("one", GREETED), "SSH-");
}

/// A restart takes all that lives in memory: processes, mounts, the bridge, the rules.
fn machine_restarts(lab: &Lab) {
    lab.up();
    lab.ask(
        "one",
        "echo data > kept; sudo sh -c 'echo small > /srv/small/kept'",
    );
    lab.lab(&["down"]);
    for bridge in BRIDGES {
        let mut del = as_root("ip");
        del.args(["link", "del", bridge]);
        run(del, 20).with_code(0);
    }
    for table in ["nat", "filter"] {
        for rule in rules(table) {
            let mut words = as_root("iptables");
            words
                .args(["-w", "10", "-t", table, "-D"])
                .args(rule.split(' ').skip(1));
            run(words, 20).with_code(0);
        }
    }
    lab.up();
    assert_eq!(
        lab.ask("one", "cat kept; sudo cat /srv/small/kept"),
        "data\nsmall"
    );
    registries(lab);
}

/// The lab's rules in a table of the firewall.
fn rules(table: &str) -> Vec<String> {
    let mut save = as_root("iptables");
    save.args(["-w", "10", "-t", table, "-S"]);
    let rules = run(save, 20).with_code(0).stdout;
    rules
        .lines()
        .filter(|line| line.contains("trueup-lab:live-lab"))
        .map(|rule| rule.replace('"', ""))
        .collect()
}

fn host_keys(lab: &Lab) {
    lab.up();
    let known = fs::read_to_string("/var/lib/trueup/labs/live-lab/known_hosts").unwrap();
    let swapped = known
        .replace("one,10.77.9.11", "x")
        .replace("bare,10.77.9.12", "one,10.77.9.11");
    let path = lab.write("swapped_known_hosts", &swapped);
    let mut ssh = Command::new("ssh");
    ssh.args([
        "-F",
        "/var/lib/trueup/labs/live-lab/ssh_config",
        "-o",
        &format!("UserKnownHostsFile={path}"),
        "one",
        "true",
    ]);
    run(ssh, 20)
        .with_code(255)
        .saying("Host key verification failed");
}

fn taken_subnet(lab: &Lab) {
    lab.up();
    let other = Lab::new(
        "live-other",
        "debian-13",
        "all: {hosts: {x: {ansible_host: 10.77.9.21}}}\n",
        "",
    );
    let mut up = as_root(env!("CARGO_BIN_EXE_trueup"));
    up.args(["lab", "-i"]).arg(&other.inventory).arg("up");
    run(up, 900)
        .with_code(4)
        .saying("the network 10.77.9.0/24 is taken by the lab `live-lab`");
    other.lab(&["destroy"]);
    lab.ask("one", "true");
}

fn destroy(lab: &Lab) {
    lab.up();
    assert_eq!(rules("nat").len() + rules("filter").len(), 4);
    lab.lab(&["destroy"]);
    assert_eq!(rules("nat").len() + rules("filter").len(), 0);
    assert!(
        !Path::new("/var/lib/trueup/labs/live-lab").exists(),
        "the state is still there"
    );
    assert!(
        !fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .contains("live-lab"),
        "mounts are still there"
    );
    let names = fs::read_dir("/sys/class/net")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names
        .filter(|name| {
            BRIDGES.contains(&name.as_str())
                || name.starts_with("vb-tu0a4d09")
                || name.starts_with("vb-tu0a4e09")
        })
        .collect();
    assert!(left.is_empty(), "interfaces are still there: {left:?}");
    let mut ps = Command::new("ps");
    ps.args(["ax", "-o", "args"]);
    let processes = run(ps, 20).with_code(0).stdout;
    assert!(
        !processes.contains("--machine=tu0a4d09"),
        "processes are still there"
    );
    lab.lab(&["destroy"]);
}
