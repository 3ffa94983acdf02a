//! Secrets: what is planted on the controller stands in nothing that a run tells or leaves behind.

use crate::command::{Ended, run};
use crate::lab::Lab;
use crate::{Case, Suite};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub const SUITE: Suite = Suite {
    name: "secrets",
    lab,
    cases: &[
        Case {
            name: "no password of a shipped playbook stands in what a plan tells",
            run: shipped,
        },
        Case {
            name: "a password that is given to a host can't be read there by others",
            run: given,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    one: {ansible_host: 10.77.43.11, lab_login: bare, ansible_user: root}
";
    Lab::new("live-secrets", image, hosts, "")
}

/// The passwords that the shipped playbooks make.
const PASSWORDS: [&str; 8] = [
    "app",
    "monitor",
    "pcp",
    "pgpool",
    "pool_key",
    "replicator",
    "rewind",
    "stats",
];

/// How each run is told: for people and for programs, all that there is.
const TOLD: [&[&str]; 2] = [&["-vvv"], &["--output", "json", "-vvv"]];

/// Runs trueup with a log of all that it logs.
fn traced(lab: &Lab, words: &[&str], inventory: &str) -> Ended {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trueup"));
    command
        .args(words)
        .args(["-i", inventory])
        .current_dir(&lab.folder)
        .env("NO_COLOR", "1")
        .env("TRUEUP_LOG", "trace")
        .env("XDG_STATE_HOME", lab.folder.join("state"));
    run(command, 120)
}

fn printed(ended: &Ended) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

/// The lines in which a canary stands; the text itself would be too long to be read.
#[track_caller]
fn quiet(text: &str, canary: &str) {
    let found: Vec<&str> = text.lines().filter(|line| line.contains(canary)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Nothing that is kept may be read by others, and passwords stand in their own files only.
fn kept_well(lab: &Lab) {
    for entry in walkdir::WalkDir::new(lab.folder.join("state/trueup")) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", entry.path().display());
        let text = fs::read(entry.path()).unwrap_or_default();
        let canary = String::from_utf8_lossy(&text).contains("geheimPW");
        let own = entry.path().parent().unwrap().ends_with("passwords");
        assert!(own || !canary, "{}", entry.path().display());
    }
}

fn shipped(lab: &Lab) {
    lab.up();
    // What a package may bring is unknown; of a file that is there it is told how it changes.
    lab.ask(
        "one",
        "mkdir -p /etc/haproxy && touch /etc/haproxy/haproxy.cfg",
    );
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Every host is the one that there is, which has nothing on it; in the cluster each has an address.
    let key = format!("/var/lib/trueup/labs/{}", lab.name);
    let hosts = format!(
        "{{ansible_host: 10.77.43.11, ansible_user: root, ansible_become: false, \
         ansible_ssh_private_key_file: {key}/key, ansible_ssh_known_hosts_file: {key}/known_hosts, \
         cluster_address: '{{% for host in groups.cluster %}}{{% if host == inventory_hostname %}}\
         127.0.0.{{{{ 20 + loop.index }}}}{{% endif %}}{{% endfor %}}'}}"
    );
    for name in ["patroni-etcd", "patroni-zookeeper", "pgpool"] {
        let inventory = here.join("inventories").join(format!("lab-{name}"));
        let inventory = inventory.to_str().unwrap();
        let playbook = here.join("playbooks").join(format!("{name}.yml"));
        let state = traced(lab, &["inventory", "--state"], inventory).with_code(0);
        let passwords = Path::new(state.stdout.trim()).join("passwords");
        fs::create_dir_all(&passwords).unwrap();
        for folder in passwords.ancestors().take(3) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
        for password in PASSWORDS {
            let path = passwords.join(password);
            fs::write(&path, format!("geheimPW{password}0123456789\n")).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        for form in TOLD {
            let words = ["plan", playbook.to_str().unwrap(), "-e", &hosts];
            let ended = traced(lab, &[&words[..], form].concat(), inventory);
            let text = printed(&ended);
            quiet(&text, "geheimPW");
            // It was there to be told.
            if name != "pgpool" {
                assert!(text.contains("stats auth stats:***"), "{}", ended.stdout);
            }
        }
        let status = traced(lab, &["status", "-e", &hosts, "--timeout", "3"], inventory);
        quiet(&printed(&status), "geheimPW");
        kept_well(lab);
    }
}

const GIVEN: &str = "\
- hosts: one
  gather_facts: false
  vars:
    db_password: \"{{ lookup('password', trueup_state ~ '/passwords/db') }}\"
  tasks:
    - name: a configuration
      copy: {content: \"user=app\\npassword={{ db_password }}\\n\", dest: /root/app.conf, mode: '0600'}
    - name: a command that is given it
      command: {cmd: sleep 2, stdin: \"{{ db_password }}\"}
    - name: a command that prints it
      shell: cat /root/app.conf; echo again >&2
    - name: a failure
      command: {cmd: 'cat /root/app.conf /nowhere'}
      ignore_errors: true
    - name: words
      debug: {msg: \"{{ db_password }} and {{ db_password | b64encode }}\"}
    - name: hidden
      shell: sleep 1; cat
      args: {stdin: geheimPWhidden0123456789}
      no_log: true
";

fn given(lab: &Lab) {
    lab.up();
    let playbook = lab.write("given.yml", GIVEN);
    let inventory = lab.inventory.to_str().unwrap().to_owned();
    let state = traced(lab, &["inventory", "--state"], &inventory).with_code(0);
    let passwords = Path::new(state.stdout.trim()).join("passwords");
    fs::create_dir_all(&passwords).unwrap();
    for password in ["geheimPWfirst0123456789", "geheimPWsecond0123456789"] {
        // A new password: the old one stands in what differs too.
        fs::write(passwords.join("db"), format!("{password}\n")).unwrap();
        fs::set_permissions(passwords.join("db"), fs::Permissions::from_mode(0o600)).unwrap();
        for folder in passwords.ancestors().take(3) {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
        for form in TOLD {
            let plan = traced(lab, &[&["plan", &playbook][..], form].concat(), &inventory);
            quiet(&printed(&plan), "geheimPW");
        }
        let watcher = "for i in $(seq 50); do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; sleep 0.1; done \
                       2> /dev/null | tr '\\0' '\\n' | grep 'geheim[P]W' || echo none";
        let seen = std::thread::scope(|scope| {
            let watch = scope.spawn(|| lab.ask("one", watcher));
            let apply = traced(lab, &["apply", &playbook, "--diff", "-vvv"], &inventory);
            quiet(&printed(&apply.with_code(0)), "geheimPW");
            watch.join().unwrap()
        });
        assert_eq!(seen, "none", "a process of the host shows it");
        let open = "find / -xdev -type f -perm /044 -newer /etc/machine-id -exec grep -l geheimPW {} + 2> /dev/null || true";
        assert_eq!(lab.ask("one", open), "", "others may read it");
        kept_well(lab);
    }
}
