//! Words that must not be told, planted wherever a secret can stand, and looked for in all that
//! trueup prints and leaves behind.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How each run is told: for people and for programs, and all that there is.
const TOLD: [&[&str]; 3] = [&[], &["-vvv"], &["--output", "json", "-vvv"]];

/// The pages that a plan writes besides, by the words that ask for them.
const PAGES: [&str; 2] = ["plan.html", "plan.md"];
const WITH_PAGES: [&str; 5] = ["plan", "--html", PAGES[0], "--markdown", PAGES[1]];

/// A controller of its own.
struct Controller {
    home: tempfile::TempDir,
}

impl Controller {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            path,
            text.replace("HERE", &self.home.path().display().to_string()),
        )
        .unwrap();
    }

    /// What a command prints, on stdout and stderr; its log too, and the plan that it saves.
    fn printed(&self, words: &[&str]) -> String {
        let begun = Instant::now();
        let ended = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(words)
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TRUEUP_LOG", "trace")
            .env("NO_COLOR", "1")
            .env_remove("TRUEUP_INVENTORY")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(begun.elapsed() < Duration::from_secs(300), "{words:?}");
        let saved = words.iter().position(|word| *word == "--out");
        let saved = saved.map(|at| fs::read_to_string(self.path(words[at + 1])).unwrap());
        let pages = PAGES.iter().filter(|word| words.contains(word));
        let pages = pages.map(|name| fs::read_to_string(self.path(name)).unwrap());
        format!(
            "$ trueup {}\n{}{}{}",
            words.join(" "),
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr),
            saved.into_iter().chain(pages).collect::<String>()
        )
    }
}

/// The lines in which a canary stands.
fn leaks<'a>(told: &'a str, canary: &str) -> Vec<&'a str> {
    told.lines().filter(|line| line.contains(canary)).collect()
}

const CANARIES: &str = include_str!("canary/no_log.yml");

#[test]
fn what_no_log_hides_stands_in_no_word_of_a_run() {
    let controller = Controller::new();
    controller.write("site.yml", CANARIES);
    controller.write("hosts", "h2 ansible_connection=local\n");
    controller.write("nl.j2", "line geheimNL35\n{{ hidden + 1 }} geheimNL36\n");
    controller.write(
        "nlv.yml",
        "a: geheimNL33\nb: \"{{ nothere }} geheimNL34\"\n",
    );
    let mut seen = 0;
    let saves = ["plan", "--out", "saved"];
    for verb in [&WITH_PAGES[..], &saves, &["apply"], &["apply", "--diff"]] {
        for form in TOLD {
            let words = [verb, &["site.yml", "-i", "hosts", "--timeout", "3"], form].concat();
            let told = controller.printed(&words);
            assert!(told.contains("hidden by no_log"), "{told}");
            assert!(told.contains("AJ changed"), "{told}");
            assert_eq!(leaks(&told, "geheimNL"), [""; 0], "{told}");
            seen += told.matches("hidden by no_log").count();
        }
    }
    assert!(seen > 100, "the tasks were not told of: {seen}");
}

#[test]
fn what_is_wrong_with_a_hidden_task_is_told_without_its_words() {
    let controller = Controller::new();
    controller.write("wrong.yml", include_str!("canary/wrong.yml"));
    controller.write("bad.j2", "{{ geheimNL51\n");
    controller.write("bad.yml", "a: {geheimNL52\n");
    controller.write("hosts", "h2 ansible_connection=local\n");
    let told = controller.printed(&["check", "wrong.yml", "-i", "hosts"]);
    assert_eq!(leaks(&told, "geheimNL"), [""; 0], "{told}");
    for word in [
        "`copy` has no parameter `contnet`",
        "there is no module `cpoy`",
        "wrong.yml:7:",
    ] {
        assert!(told.contains(word), "{word} is not in {told}");
    }
    // Each of them is told, and where.
    let count = fs::read_to_string(controller.path("wrong.yml")).unwrap();
    let tasks = count.matches("no_log: true").count();
    assert!(told.contains(&format!("{tasks} errors")), "{told}");
}

#[test]
fn diff_false_shows_no_text_that_differs() {
    let controller = Controller::new();
    controller.write("hosts", "h1 ansible_connection=local\n");
    controller.write(
        "site.yml",
        "- hosts: h1
  gather_facts: false
  tasks:
    - {name: a task, copy: {content: 'geheimDF1', dest: HERE/one, mode: '0600'}, diff: false}
    - diff: '{{ 1 == 2 }}'
      block:
        - {name: in a block, copy: {content: 'geheimDF2', dest: HERE/two}}
        - {name: shown, copy: {content: 'shown all the same', dest: HERE/three}, diff: true}
- hosts: h1
  gather_facts: false
  diff: false
  tasks:
    - {name: in a play, lineinfile: {path: HERE/old, line: 'geheimDF3'}}
",
    );
    controller.write("old", "geheimDF4\n");
    let by_host = ["plan", "--by", "host"];
    let saves = ["plan", "--out", "saved"];
    for verb in [&WITH_PAGES[..], &by_host, &saves, &["apply"]] {
        for form in [&[][..], &["--diff"], &["--diff", "--output", "json"]] {
            // What is made is taken away again, so that each run has it to make.
            for name in ["one", "two", "three"] {
                let _ = fs::remove_file(controller.path(name));
            }
            controller.write("old", "geheimDF4\n");
            let told = controller.printed(&[verb, &["site.yml", "-i", "hosts"], form].concat());
            assert_eq!(leaks(&told, "geheimDF"), [""; 0], "{told}");
            assert!(told.contains("shown all the same"), "{told}");
            assert!(told.contains("in a play"), "{told}");
        }
    }
}
