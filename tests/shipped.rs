//! The shipped playbooks: none of their commands changes something without saying what.

#![allow(clippy::expect_used)] // A test may panic: that is how it fails.

use std::path::Path;
use trueup::diag::Source;
use trueup::yaml::{Mapping, Node, parse};
use walkdir::WalkDir;

/// The modules whose effect only their author knows.
const COMMANDS: [&str; 4] = ["command", "shell", "raw", "script"];

/// What a file's tasks say: how many predict what they make true, and those that ought to.
#[derive(Default)]
struct Found {
    predicting: usize,
    silent: Vec<String>,
}

impl Found {
    /// A list of plays or tasks, and what stands in them. A gate only asks.
    fn list(&mut self, node: Option<&Node>, asks: bool) {
        for map in node.and_then(Node::as_seq).into_iter().flatten() {
            let Some(map) = map.as_map() else { continue };
            let asks = asks || is(map, "check_mode", "false");
            for part in [
                "block",
                "rescue",
                "always",
                "tasks",
                "pre_tasks",
                "post_tasks",
                "handlers",
            ] {
                self.list(map.get(part), asks);
            }
            self.list(map.get("gate"), true);
            self.task(map, asks);
        }
    }

    fn task(&mut self, map: &Mapping, asks: bool) {
        let command = |key: &Node| {
            let name = key.as_str().and_then(|name| name.rsplit('.').next());
            name.is_some_and(|name| COMMANDS.contains(&name))
        };
        let Some((key, _)) = map.iter().find(|(key, _)| command(key)) else {
            return;
        };
        if map.get("predicts").is_some() {
            assert!(!asks, "{}: it asks, and predicts nothing", key.span);
            self.predicting += 1;
        } else if !asks {
            self.silent.push(key.span.to_string());
        }
    }
}

fn is(map: &Mapping, key: &str, value: &str) -> bool {
    let text = map.get(key).map(|node| node.to_json().to_string());
    text.as_deref() == Some(value)
}

fn found_in(text: &str, name: &str) -> Found {
    let mut found = Found::default();
    let node = parse(&Source::new(name, text)).expect("YAML");
    found.list(Some(&node), false);
    found
}

#[test]
fn every_command_that_is_not_run_in_a_plan_predicts_what_it_makes_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let mut all = Found::default();
    for entry in WalkDir::new(&folder) {
        let path = entry.expect("an entry").into_path();
        if path.extension().is_none_or(|end| end != "yml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a playbook");
        let found = found_in(&text, &path.display().to_string());
        all.predicting += found.predicting;
        all.silent.extend(found.silent);
    }
    assert!(
        all.silent.is_empty(),
        "these say nothing: {:#?}",
        all.silent
    );
    // Otherwise the walk has lost its way.
    assert!(all.predicting > 20, "{}", all.predicting);
}

#[test]
fn one_that_says_nothing_is_found_wherever_it_stands() {
    let text = "
- hosts: all
  gate: [{command: pg_isready}]
  tasks:
    - block:
        - {name: Silent, ansible.builtin.shell: 'rm x'}
        - {command: ls, check_mode: false}
      rescue:
        - {raw: reboot, predicts: []}
";
    let found = found_in(text, "site.yml");
    assert_eq!(found.silent, ["site.yml:6:26"]);
    assert_eq!(found.predicting, 1);
}
