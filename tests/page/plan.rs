//! The page of a plan, as the program writes it.

use super::browser::{Window, measure, sheets};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Files that are long enough to be folded, and enough of them.
const FILES: usize = 12;

/// A controller with hosts of which each is itself, and something to do on them.
struct Controller {
    home: tempfile::TempDir,
}

impl Controller {
    fn new() -> Self {
        let controller = Self {
            home: tempfile::tempdir().unwrap(),
        };
        controller.write(
            "hosts",
            "pg-a ansible_connection=local\npg-b ansible_connection=local\n",
        );
        controller
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let here = self.home.path().display().to_string();
        fs::write(self.path(name), text.replace("HERE", &here)).unwrap();
    }

    /// The exit status, and what was printed.
    fn plan(&self, words: &[&str]) -> (Option<i32>, String) {
        let ended = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["plan", "site.yml", "-i", "hosts"])
            .args(words)
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("NO_COLOR", "1")
            .env_remove("TRUEUP_INVENTORY")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(told).unwrap())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

/// What breaks out of a page that does not look at what it shows.
const HOSTILE: &str = "</script></style></pre><script>hacked = 1</script><img id=hacked src=x onerror='hacked=1'>\"'&lt;";

/// What is asked, changed, taken away, run and not known, with hostile words among it.
fn site() -> String {
    let hostile = HOSTILE.replace('\'', "''");
    let lines: String = (0..60).map(|line| format!("UNFOLDED {line}\\n")).collect();
    let files: String = (0..FILES)
        .map(|file| {
            format!(
                "    - name: Write file {file}\n      copy: {{content: \"{{{{ inventory_hostname }}}} {lines}\", dest: HERE/file{file}}}\n      when: inventory_hostname == 'pg-a' or {file} == 3\n"
            )
        })
        .collect();
    format!(
        "- name: A play of {hostile_name}\n  hosts: all\n  gather_facts: false\n  tasks:\n    \
         - name: Remove what is old\n      file: {{path: HERE/old, state: absent}}\n    \
         - name: '{hostile}'\n      copy: {{content: '{hostile}', dest: HERE/new}}\n    \
         - name: A script of several lines\n      shell: |\n        set -eu\n        echo one | tr a-z A-Z\n        echo two\n      register: said\n    \
         - name: What rests on it\n      copy: {{content: '{{{{ said.stdout }}}}', dest: HERE/rests}}\n{files}",
        hostile_name = "many \\u202e things"
    )
}

fn planned() -> (Controller, String, String) {
    let controller = Controller::new();
    controller.write("site.yml", &site());
    controller.write("old", "old\n");
    let (status, told) = controller.plan(&["--html", "plan.html", "--markdown", "plan.md"]);
    assert_eq!(status, Some(0), "{told}");
    let ending = told.split("Takes away or stops:\n  - [pg-").nth(1);
    let first = ending.and_then(|ending| ending.lines().next());
    assert!(
        first.is_some_and(|line| line.ends_with("/old (Remove what is old)")),
        "{told}"
    );
    let page = controller.read("plan.html");
    (controller, page, told)
}

#[test]
fn a_plan_is_a_page_for_the_desk_the_phone_and_the_night() {
    let (_controller, page, _) = planned();
    for (width, dark) in [(1200, false), (360, false), (1200, true), (360, true)] {
        let window = Window { width, dark };
        let said = measure("plan", &page, window);
        let of = |key: &str| said[key].clone();
        assert_eq!(of("wrong"), json!([]), "{window:?}: {said:#}");
        assert_eq!(of("errors"), json!([]), "{window:?}");
        assert_eq!(of("hacked"), json!(false), "{window:?}");
        // Its own script, and the one that hears errors.
        assert_eq!((of("foreign"), of("scripts")), (json!(0), json!(2)));
        assert_eq!((of("width"), of("dark")), (json!(width), json!(dark)));
        assert_eq!(of("verdict"), "verdict warned");
        // What takes something away is open, the rest of so many is not.
        assert_eq!(of("open"), json!(1));
        let all = FILES + 4;
        let found = |tasks: usize, words: &str| json!([tasks, tasks, words]);
        let expected = [
            found(all, ""),
            found(1, &format!("1 of {all}")),
            found(1, &format!("1 of {all}")),
            found(0, &format!("0 of {all}")),
            found(all, ""),
        ];
        assert_eq!(of("found"), json!(expected), "{window:?}");
    }
}

#[test]
fn a_plan_on_paper_is_unfolded() {
    let (_controller, page, _) = planned();
    let all = sheets("plan", &page);
    // A dozen files of sixty lines each; folded they take two or three.
    assert!(all >= FILES / 2 + 3, "{all}");
}

#[test]
fn pages_are_whole_files_that_others_may_read_or_what_is_there_stays() {
    let (controller, _, _) = planned();
    let mode = |name: &str| {
        fs::metadata(controller.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    let umask = 0o666 & !mode("hosts");
    assert_eq!(
        (mode("plan.html"), mode("plan.md")),
        (0o666 & !umask, 0o666 & !umask)
    );
    let left = |controller: &Controller| {
        let names = fs::read_dir(controller.home.path()).unwrap();
        names
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with(".trueup-")
            })
            .count()
    };
    assert_eq!(left(&controller), 0);
    assert!(
        controller
            .read("plan.md")
            .starts_with("### Plan of <code>site.yml</code>\n")
    );
    // A link stays one, and what it leads to is replaced.
    fs::rename(controller.path("plan.md"), controller.path("real.md")).unwrap();
    std::os::unix::fs::symlink("real.md", controller.path("plan.md")).unwrap();
    controller.write("real.md", "before");
    let (status, told) = controller.plan(&["--markdown", "plan.md"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(
        fs::symlink_metadata(controller.path("plan.md"))
            .unwrap()
            .is_symlink()
    );
    assert!(controller.read("real.md").starts_with("### Plan"));
    // What is wrong with the input writes nothing, and nothing is asked for a page that has no place.
    controller.write("site.yml", "- hosts: all\n  tasks: [{nope: {}}]\n");
    controller.write("real.md", "before");
    let (status, _) = controller.plan(&["--markdown", "plan.md"]);
    assert_eq!(
        (status, controller.read("real.md").as_str()),
        (Some(4), "before")
    );
    controller.write("site.yml", &site());
    let (status, told) = controller.plan(&["--html", "nowhere/plan.html"]);
    assert_eq!(status, Some(1), "{told}");
    assert_eq!(
        told,
        "error: can't write nowhere/plan.html: No such file or directory (os error 2)\n"
    );
    assert_eq!(left(&controller), 0);
}

#[test]
fn a_plan_that_fails_says_so_on_its_pages() {
    let controller = Controller::new();
    controller.write(
        "site.yml",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: Look\n      fail: {msg: it is wrong}\n      when: inventory_hostname == 'pg-b'\n",
    );
    let (status, told) = controller.plan(&[
        "--html",
        "plan.html",
        "--markdown",
        "plan.md",
        "--by",
        "host",
    ]);
    assert_eq!(status, Some(2), "{told}");
    let page = controller.read("plan.html");
    assert!(page.contains("This plan is not whole"), "{page}");
    let said = measure(
        "plan-failed",
        &page,
        Window {
            width: 360,
            dark: false,
        },
    );
    assert_eq!(
        (&said["wrong"], &said["errors"], &said["open"]),
        (&json!([]), &json!([]), &json!(1))
    );
    assert!(
        controller
            .read("plan.md")
            .contains("- `!` fails:\n\n```\nit is wrong\n```\n"),
        "{}",
        controller.read("plan.md")
    );
}
