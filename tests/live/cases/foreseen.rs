//! A plan on a host where each task changes what another one finds: users and what is theirs, units,
//! packages, settings. What it tells is what apply then does, word for word.

use crate::command::run;
use crate::lab::{Lab, into_file};
use crate::{Case, Suite};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// How long a run may take, in seconds.
const LIMIT: u64 = 300;

pub const SUITE: Suite = Suite {
    name: "foreseen",
    lab,
    cases: &[
        Case {
            name: "users, groups and what is theirs come as they are told",
            run: accounts,
        },
        Case {
            name: "units come, run and go as they are told",
            run: units,
        },
        Case {
            name: "packages and settings come and go as they are told",
            run: packages,
        },
        Case {
            name: "what a package brings is told where the host has it, else why it can't be",
            run: brought,
        },
        Case {
            name: CHANCE,
            run: |lab| by_chance(lab, 1),
        },
    ],
};

/// The same with as many sequences as there is time for: `--truth`.
pub const TRUTH: Suite = Suite {
    name: "foreseen",
    lab,
    cases: &[Case {
        name: CHANCE,
        run: |lab| by_chance(lab, 20),
    }],
};

const CHANCE: &str = "tasks by chance on files, users and groups come as they are told";

fn lab(image: &str) -> Lab {
    let hosts = "all: {hosts: {one: {ansible_host: 10.77.64.10}}}\n";
    Lab::new("live-foreseen", image, hosts, "ansible_become: true\n")
}

/// What ended, in order: the task's name and its outcome.
fn outcomes(lab: &Lab, verb: &str, playbook: &str) -> Vec<(String, Value)> {
    let ended = lab.trueup(&[verb, playbook, "--output", "json"]);
    let events: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let name = |id: &Value| {
        let mut tasks = events.iter().map(|event| &event["task"]);
        let task = tasks.rfind(|task| task["id"] == *id);
        task.map_or_else(String::new, |task| task["name"].to_string())
    };
    let finished = events
        .iter()
        .filter(|event| event["event"] == "host_finished");
    finished
        .map(|event| (name(&event["task"]), event["outcome"].clone()))
        .collect()
}

/// Plans, applies, compares, and finds nothing to do afterwards where nothing acts anew.
fn as_told(lab: &Lab, name: &str, tasks: &str, anew: bool) -> usize {
    lab.up();
    let text = format!("- hosts: all\n  gather_facts: false\n{tasks}");
    let playbook = lab.write(name, &text);
    let plan = outcomes(lab, "plan", &playbook);
    let apply = outcomes(lab, "apply", &playbook);
    assert_eq!(plan.len(), apply.len(), "{plan:#?}\n{apply:#?}");
    for (told, made) in plan.iter().zip(&apply) {
        assert_eq!(told, made);
    }
    if anew {
        for (task, outcome) in outcomes(lab, "plan", &playbook) {
            assert_ne!(outcome["status"], "unknown", "{task}: {outcome}");
        }
    }
    let changed = |(_, outcome): &&(String, Value)| outcome["status"] == "changed";
    apply.iter().filter(changed).count()
}

fn accounts(lab: &Lab) {
    let tasks = r#"
  tasks:
    - group: { name: crew, gid: 3000 }
    - group: { name: crew, gid: 3000 }
    - user: &kim { name: kim, group: crew, groups: [adm], shell: /bin/bash }
    - user: *kim
      register: kim
    - file: { path: "{{ kim.home }}/notes", state: directory, mode: '0700', owner: kim, group: crew }
    - copy: { dest: ~kim/notes/one, content: "one\n" }
      become_user: kim
    - copy: { dest: ~/notes/two, content: "two\n" }
      become_user: kim
    - lineinfile: { path: ~/notes/two, line: three }
      become_user: kim
    - authorized_key: &key
        user: kim
        key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQm8nJhMWdhbqV0bXHn7j6Xk3b3q3mD8l1B8mJr3q5x kim
    - authorized_key: *key
    - user: { name: kim, groups: [adm, sudo], append: true, comment: Kim }
    - user: { name: kim, groups: [sudo] }
    - user: { name: lee }
    - file: { path: /home/lee, state: directory, mode: '0750' }
    - group: { name: lee }
    - user: &gone { name: lee, state: absent, remove: true }
    - user: *gone
    - group: { name: lee, state: absent }
    - file: { path: /home/lee, state: absent }
    - group: { name: mia }
    - user: { name: mia, create_home: false }
    - user: { name: mia, state: absent }
    - group: { name: mia, state: absent }
    - group: { name: mia, state: absent }
"#;
    let changed = as_told(lab, "accounts.yml", tasks, true);
    assert_eq!(changed, 16);
}

fn units(lab: &Lab) {
    let tasks = r#"
  tasks:
    - copy: &unit
        dest: /etc/systemd/system/watch.service
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
      notify: Restart it
    - systemd_service: &run { name: watch, state: started, enabled: true, daemon_reload: true }
    - systemd_service: *run
    - meta: flush_handlers
    - copy: { dest: /etc/systemd/system/once.service, content: "[Service]\nType=oneshot\nExecStart=/bin/true\n" }
    - systemd_service: { name: once, state: started }
    - systemd_service: { name: once.service, state: stopped, enabled: true }
    - copy: { dest: '/etc/systemd/system/many@.service', content: "[Service]\nExecStart=/bin/sleep 1000\n" }
    - systemd_service: { name: many@a, state: started }
    - systemd_service: { name: many@a, state: restarted }
    - systemd_service: { name: many@b, state: stopped }
    - file: { path: /etc/systemd/system/watch.service.d, state: directory, mode: '0755' }
    - copy: { dest: /etc/systemd/system/watch.service.d/more.conf, content: "[Service]\nNice=5\n" }
    - systemd_service: *run
    - systemd_service: { name: watch, state: stopped, enabled: false }
    - systemd_service: { name: watch, state: stopped, enabled: false }
    - systemd_service: { name: other, masked: true }
    - systemd_service: { name: other, masked: true }
    - systemd_service: { name: many@a, state: stopped }
    - file: { path: '/etc/systemd/system/many@.service', state: absent }
    - file: { path: /etc/systemd/system/watch.service, state: absent }
    - copy: *unit
    - systemd_service: *run
  handlers:
    - name: Restart it
      systemd_service: { name: watch, state: restarted }
"#;
    as_told(lab, "units.yml", tasks, false);
}

fn packages(lab: &Lab) {
    lab.up();
    lab.ask("one", "sudo apt-get -q update >/dev/null && echo done");
    let tasks = r"
  tasks:
    - apt: { name: [xxd], install_recommends: false }
    - apt: { name: xxd, install_recommends: false }
    - apt: { name: xxd, state: absent }
    - apt: { name: xxd, state: absent }
    - apt: { name: xxd, install_recommends: false }
    - sysctl: &hops { name: net.ipv4.ip_default_ttl, value: '63', sysctl_set: true, sysctl_file: /etc/sysctl.d/60-lab.conf }
    - sysctl: *hops
    - sysctl: { name: net.ipv4.ip_nonlocal_bind, value: '1', sysctl_set: true, sysctl_file: /etc/sysctl.d/60-lab.conf }
    - hostname: { name: crew-one }
    - hostname: { name: crew-one }
    - file: { path: /etc/hostname, mode: '0644' }
";
    let changed = as_told(lab, "packages.yml", tasks, true);
    assert_eq!(changed, 6);
}

/// A package of a configuration file, folders, programs, a unit, and scripts.
fn brought(lab: &Lab) {
    lab.up();
    let tasks = r"
  tasks:
    - apt: { name: haproxy, install_recommends: false }
    - lineinfile: { path: /etc/haproxy/haproxy.cfg, line: '# ours' }
    - file: { path: /usr/sbin/haproxy, mode: '0750' }
    - file: { path: /etc/haproxy/errors/400.http, state: absent }
    - file: { path: /etc/haproxy/errors, mode: '0750' }
    - systemd_service: { name: haproxy, state: stopped }
";
    let text = format!("- hosts: all\n  gather_facts: false\n{tasks}");
    let playbook = lab.write("brought.yml", &text);
    lab.ask(
        "one",
        "sudo apt-get -q update >/dev/null && sudo apt-get clean",
    );
    let why = |told: &(String, Value)| {
        assert_eq!(told.1["status"], "unknown", "{told:?}");
        told.1["why"].to_string()
    };
    let plan = outcomes(lab, "plan", &playbook);
    let said = why(&plan[1]);
    assert!(
        said.contains("not in the host's cache: say with `predicts`"),
        "{said}"
    );
    lab.ask(
        "one",
        "sudo apt-get -q -y --no-install-recommends --download-only install haproxy >/dev/null",
    );
    let plan = outcomes(lab, "plan", &playbook);
    let apply = outcomes(lab, "apply", &playbook);
    assert_eq!(plan.len(), apply.len(), "{plan:#?}\n{apply:#?}");
    let (service, known) = plan.split_last().unwrap();
    for (told, made) in known.iter().zip(&apply) {
        assert_eq!(told, made);
    }
    let said = why(service);
    assert!(said.contains("is up to its scripts"), "{said}");
    lab.ask("one", "sudo apt-get -q -y purge haproxy >/dev/null");
}

/// How many tasks a playbook by chance has.
const TASKS: usize = 50;

/// Plans and applies so many playbooks by chance, each on what those before it left.
fn by_chance(lab: &Lab, playbooks: u64) {
    lab.up();
    lab.write("note.j2", "{{ word }}\n");
    let mut there = BTreeSet::new();
    for at in 0..playbooks {
        let seed = lab.seed.wrapping_mul(1000) + at;
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut text = "- hosts: all\n  gather_facts: false\n  tasks:\n".to_owned();
        for number in 0..TASKS {
            for task in tasks(&mut chance, &mut there) {
                text += &format!("    - name: Task {number}\n      {task}\n");
            }
        }
        let playbook = lab.write("chance.yml", &text);
        let streams = ["plan", "apply"].map(|verb| lab.folder.join(format!("{verb}.jsonl")));
        for (verb, stream) in ["plan", "apply"].into_iter().zip(&streams) {
            let command = lab.command(&[verb, &playbook, "--output", "json"]);
            run(into_file(&command, stream), LIMIT).with_code(0);
        }
        let mut compare = Command::new(env!("CARGO_BIN_EXE_trueup"));
        compare.arg("truth").args(&streams).env("NO_COLOR", "1");
        let table = run_of(&mut compare);
        let document = run_of(compare.arg("--json"));
        let truth: Value = serde_json::from_str(&document).unwrap();
        let wrong = ["otherwise", "not_made", "not_told", "failed"];
        let wrong: u64 = wrong
            .map(|class| truth["counts"][class].as_u64().unwrap())
            .iter()
            .sum();
        assert_eq!(wrong, 0, "seed {seed} of\n{text}\n{table}");
        let unknown = truth["percent_unknown"].as_f64().unwrap();
        assert!(unknown < 2.0, "seed {seed} of\n{text}\n{table}");
        println!("live   playbook {seed}: {}", truth["counts"]);
    }
}

fn run_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A few tasks by chance, none of which can fail. `there` are the users that there are by then.
fn tasks(chance: &mut Chance, there: &mut BTreeSet<&'static str>) -> Vec<String> {
    // Two of them are one place.
    let base = chance.of(&["/srv/t", "/run/t", "/var/run/t"]);
    let folder = format!("{base}/{}", chance.of(&["one", "two"]));
    let file = format!("{folder}/{}", chance.of(&["f", "g"]));
    let mode = chance.of(&["'0600'", "'0640'", "'0755'"]);
    let word = chance.of(&["alpha", "beta", "gamma"]);
    let users: Vec<&str> = there.iter().copied().chain(["root"]).collect();
    let owner = chance.of(&users);
    let name = chance.of(&["ann", "lucy"]);
    let group = chance.of(&["north", "south"]);
    let made = format!("file: {{ path: {folder}, state: directory }}");
    let copied = format!("copy: {{ dest: {file}, content: \"{word}\\n\", owner: {owner} }}");
    match chance.below(13) {
        0 => vec![format!(
            "file: {{ path: {folder}, state: directory, owner: {owner}, mode: {mode} }}"
        )],
        1 => vec![format!("file: {{ path: {folder}, state: absent }}")],
        2 => vec![format!("file: {{ path: {file}, state: absent }}")],
        3 => vec![made, copied],
        4 => vec![
            made,
            copied,
            format!("file: {{ path: {file}, owner: {owner}, mode: {mode} }}"),
        ],
        5 => vec![
            made,
            format!(
                "template: {{ dest: {file}, src: note.j2, mode: {mode} }}\n      vars: {{ word: {word} }}"
            ),
        ],
        6 => vec![format!(
            "lineinfile: {{ path: {file}, line: {word}, create: true }}"
        )],
        7 => vec![format!(
            "blockinfile: {{ path: {file}, block: {word}, create: true }}"
        )],
        8 | 9 => vec![
            made,
            format!("file: {{ path: {base}/link, state: link, src: {folder} }}"),
            format!("lineinfile: {{ path: {base}/link/f, line: {word}, create: true }}"),
        ],
        10 => {
            there.insert(name);
            // A number that the host picks may be one that a lost file has; that is unknown.
            let uid = 3000 + name.len();
            vec![format!(
                "user: {{ name: {name}, uid: {uid}, comment: {word} }}"
            )]
        }
        11 => {
            there.remove("lucy");
            vec!["user: { name: lucy, state: absent, remove: true }".to_owned()]
        }
        _ => {
            let state = chance.of(&["present", "absent"]);
            vec![format!("group: {{ name: {group}, state: {state} }}")]
        }
    }
}

/// Numbers by chance: the same for a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}
