//! Tasks by chance, as they are told and as they come.

use crate::command::run;
use crate::lab::{Lab, into_file};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// How long a run may take, in seconds.
const LIMIT: u64 = 300;

/// How many tasks a playbook by chance has.
const TASKS: usize = 50;

/// Plans and applies so many playbooks by chance, each on what those before it left.
pub(super) fn by_chance(lab: &Lab, playbooks: u64) {
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
