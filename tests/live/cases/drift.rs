//! What a plan tells of the past of what differs: since when, and by whom.

use crate::lab::Lab;
use crate::{Case, Suite};
use serde_json::Value;

pub const SUITE: Suite = Suite {
    name: "drift",
    lab,
    cases: &[Case {
        name: "a plan of what drifted says since when and by whom",
        run: since_when,
    }],
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
