//! What a plan tells of the past of what differs: since when, and by whom. What moved behind a saved
//! plan's back.

use crate::lab::Lab;
use crate::{Case, Suite};
use serde_json::Value;

pub const SUITE: Suite = Suite {
    name: "drift",
    lab,
    cases: &[
        Case {
            name: "a plan of what drifted says since when and by whom",
            run: since_when,
        },
        Case {
            name: "what moved behind a saved plan's back is named, and nothing acted on",
            run: behind_its_back,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  hosts:
    one: {ansible_host: 10.77.68.11}
";
    Lab::new("live-drift", image, hosts, "")
}

const PLAY: &str = "
- hosts: one
  gather_facts: false
  become: true
  tasks:
    - {name: A file, copy: {dest: /etc/motd, content: declared}}
    - {name: A folder's file, copy: {dest: /srv/app/one, content: one}}
    - {name: A user, user: {name: web, shell: /bin/bash}}
    - {name: A service, service: {name: cron, state: started}}
    - {name: A package, package: {name: hello, state: present}}
";

fn since_when(lab: &Lab) {
    lab.up();
    let play = lab.write("drift.yml", PLAY);
    lab.ask(
        "one",
        "sudo apt-get update -q && sudo apt-get install -y -q --no-install-recommends cron hello && sudo mkdir -p /srv/app",
    );
    lab.trueup(&["apply", &play]).with_code(0);
    lab.trueup(&["plan", "--detailed-exitcode", &play])
        .with_code(0);
    let before = now(lab);
    // Each in the way in which people do it.
    lab.ask(
        "one",
        "cd /etc && sudo sh -c 'echo other >/etc/motd' && sudo rm -r /srv/app",
    );
    lab.ask(
        "one",
        "sudo usermod --shell /bin/sh web && sudo systemctl stop cron.service",
    );
    lab.ask("one", "sudo apt-get remove -y -q hello");
    let after = now(lab);
    let planned = lab.trueup(&["plan", "--detailed-exitcode", "--output", "json", &play]);
    let told = planned.with_code(5).stdout;
    let pasts: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|event| event["outcome"]["changes"].as_array().cloned())
        .flatten()
        .filter(|change| change["how"].is_string())
        .collect();
    for (what, how) in [
        ("/etc/motd", "lab: sudo /usr/bin/sh ... motd"),
        (
            "/srv/app/one",
            "not there; /srv last changed; lab: sudo /usr/bin/rm ... app",
        ),
        ("user web", "usermod: "),
        (
            "service cron",
            "stopped; lab: sudo /usr/bin/systemctl ... cron",
        ),
        (
            "package hello",
            "dpkg: remove; by apt-get remove -y -q hello of lab",
        ),
    ] {
        let past = pasts
            .iter()
            .find(|past| past["what"].as_str().unwrap().contains(what));
        let past = past.unwrap_or_else(|| panic!("nothing of {what}: {pasts:#?}"));
        assert!(past["how"].as_str().unwrap().contains(how), "{past}");
        let since = past["since"].as_str().unwrap();
        assert!(
            (&*before..=&*after).contains(&since),
            "{past} {before} {after}"
        );
    }
}

fn now(lab: &Lab) -> String {
    lab.ask("one", "date -u +%Y-%m-%dT%H:%M:%SZ")
}

const SAVED: &str = "
- hosts: one
  gather_facts: false
  become: true
  tasks:
    - {name: A file, copy: {dest: /etc/issue.net, content: declared}, notify: Tell}
    - {name: A service, service: {name: cron, state: started}}
    - {name: A setting, sysctl: {name: net.ipv4.conf.all.forwarding, value: 1, sysctl_set: true}}
  handlers:
    - {name: Tell, shell: echo told >>/srv/told}
";

/// A service is stopped, and a setting of the kernel changed.
fn behind_its_back(lab: &Lab) {
    lab.up();
    let play = lab.write("saved.yml", SAVED);
    let saved = lab.folder.join("saved.plan").display().to_string();
    let apply = || lab.trueup_alone(&["apply", "--plan", &saved]);
    lab.trueup(&["apply", &play]).with_code(0);
    lab.ask(
        "one",
        "echo other | sudo tee /etc/issue.net; sudo rm -f /srv/told",
    );
    lab.trueup(&["plan", &play, "--out", &saved]).with_code(0);
    lab.ask(
        "one",
        "sudo systemctl stop cron.service && sudo sysctl -w net.ipv4.conf.all.forwarding=0",
    );
    let said = apply().with_code(6).stderr;
    for words in ["2 things moved", "[one] A service,", "[one] A setting,"] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert_eq!(lab.ask("one", "cat /etc/issue.net"), "other");
    lab.ask(
        "one",
        "sudo systemctl start cron.service && sudo sysctl -w net.ipv4.conf.all.forwarding=1",
    );
    apply().with_code(0);
    let said = apply().with_code(0).stderr;
    assert!(said.contains("nothing is left of it"), "{said}");
    assert_eq!(
        lab.ask("one", "cat /etc/issue.net /srv/told"),
        "declaredtold"
    );
}
