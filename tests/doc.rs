//! `trueup doc`, and the page that is made by it.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn doc(args: &[&str]) -> (bool, String) {
    let mut trueup = Command::new(env!("CARGO_BIN_EXE_trueup"));
    let output = trueup.arg("doc").args(args).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), said)
}

#[test]
fn the_page_of_all_modules_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/modules.md");
    let (well, page) = doc(&["--markdown"]);
    assert!(well, "{page}");
    let stands = std::fs::read_to_string(path).unwrap();
    assert!(
        page == stands,
        "make it anew: trueup doc --markdown > docs/modules.md"
    );
}

#[test]
fn one_name_is_told_whatever_it_is() {
    for (name, holds) in [
        ("apt", "ansible.builtin.apt\n\nDebian packages."),
        ("community.postgresql.postgresql_user", "Parameters:\n"),
        (
            "systemd",
            "ansible.builtin.systemd_service (also systemd, service)",
        ),
        ("predicts", "trueup's own. What a command makes true"),
        ("async", "a keyword of a task, a handler"),
        ("debugger", "Not supported: look at the plan"),
        ("regex_replace", "ansible/builtin/regex_replace_filter.html"),
        ("selectattr", "jinja-filters.selectattr"),
        ("password", "password_lookup.html"),
    ] {
        let (well, said) = doc(&[name]);
        assert!(well && said.contains(holds), "{name}: {said}");
    }
    let (well, said) = doc(&["aptt"]);
    assert!(!well && said.contains("did you mean `apt`?"), "{said}");
}
