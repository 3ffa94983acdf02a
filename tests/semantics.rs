//! Plays, blocks, handlers, loops, includes and variables mean what they mean in Ansible: each
//! `tests/semantics/NAME.expected` was written by ansible-core (see `with-ansible` there) and is
//! held against what trueup does with `NAME.yml`.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use trueup::engine::{self, Event, Mode, Options};
use trueup::model::{Inventory, Loader, VarMap};
use trueup::template::Var;

/// What a run told, in the form of the expected files.
#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    findings: Vec<String>,
    recap: Vec<String>,
}

enum Line {
    Play(String),
    Task {
        id: usize,
        name: String,
        hosts: BTreeSet<String>,
    },
}

impl Told {
    fn take(&mut self, event: Event) {
        match event {
            Event::PlayStarted { name, hosts, .. } if !hosts.is_empty() => {
                self.lines.push(Line::Play(name));
            }
            Event::TaskStarted { task, .. } => self.lines.push(Line::Task {
                id: task.id,
                name: task.name.clone(),
                hosts: BTreeSet::new(),
            }),
            Event::HostFinished { task, host, .. } => self.host(task.id, &task.name, host),
            Event::Finding { diag, .. } => self.findings.push(diag.to_string()),
            Event::RunFinished { recap, .. } => {
                self.recap = recap
                    .into_iter()
                    .filter(|(host, _)| host.len() == 1)
                    .map(|(host, r)| {
                        format!(
                            "{host} : ok={} changed={} unreachable={} failed={} skipped={} rescued={} ignored={}",
                            r.ok, r.changed, r.unreachable, r.failed, r.skipped, r.rescued, r.ignored
                        )
                    })
                    .collect();
            }
            _ => {}
        }
    }

    fn host(&mut self, id: usize, name: &str, host: String) {
        let last = self.lines.iter_mut().rev().find_map(|line| match line {
            Line::Task {
                id: known, hosts, ..
            } if *known == id => Some(hosts),
            _ => None,
        });
        match last {
            // The same task of a later batch begins anew.
            Some(hosts) if !hosts.contains(&host) => drop(hosts.insert(host)),
            _ => self.lines.push(Line::Task {
                id,
                name: name.to_owned(),
                hosts: BTreeSet::from([host]),
            }),
        }
    }

    fn text(&self) -> String {
        let left_out = ["end", "flush", "include", "nested include", "import"];
        let mut text = String::new();
        for line in &self.lines {
            match line {
                Line::Play(name) => text.push_str(&format!("= {name}\n")),
                Line::Task { name, .. } if left_out.iter().any(|w| bare(name).starts_with(w)) => {}
                Line::Task { name, hosts, .. } => {
                    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
                    text.push_str(&format!("{name}: {}\n", hosts.join(" ")));
                }
            }
        }
        text + &self.recap.join("\n") + "\n"
    }
}

/// A task's name without its role's.
fn bare(name: &str) -> &str {
    name.split_once(" : ").map_or(name, |(_, name)| name)
}

async fn run(folder: &Path, name: &str) -> Told {
    let tags = if name == "tags" {
        vec!["one".to_owned()]
    } else {
        Vec::new()
    };
    let extra: VarMap = HashMap::from([("extra", "given")])
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Var::Value(value.into())))
        .collect();
    let extra = Arc::new(extra);
    let (inventory, _) = Inventory::load(&[folder.join("hosts.yml")]).expect("the inventory");
    let (loader, playbook, _) =
        Loader::load(&folder.join(format!("{name}.yml")), extra.clone()).expect("the playbook");
    let options = Options {
        tags,
        extra_vars: extra,
        ..Options::new(Mode::Apply)
    };
    let (events, mut heard) = mpsc::channel(64);
    let (_stop, stopped) = watch::channel(0);
    let run = tokio::spawn(engine::run(
        playbook, inventory, loader, options, events, stopped,
    ));
    let mut told = Told::default();
    while let Some(event) = heard.recv().await {
        told.take(event);
    }
    run.await.expect("the run");
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn playbooks_mean_what_they_mean_in_ansible() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/semantics");
    let mut failures = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "expected") {
            continue;
        }
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let expected = std::fs::read_to_string(&path).expect("what is expected");
        let told = run(&folder, &name).await;
        if told.text() != expected {
            failures.push_str(&format!(
                "== {name}: expected\n{expected}-- told\n{}-- findings\n{}\n",
                told.text(),
                told.findings.join("\n")
            ));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= 8, "only {count} playbooks were found");
}
