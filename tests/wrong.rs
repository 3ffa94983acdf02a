//! What `trueup check` says of playbooks that are wrong.
//!
//! Each folder of `tests/wrong` is a case: `site.yml`, `hosts.yml` (else the hosts `a` and `b`),
//! and in `expected` the whole text on stderr. Set `TRUEUP_WRITE_EXPECTED` to write those anew.

use std::path::Path;
use std::process::Command;

#[test]
fn every_wrong_playbook_is_refused_with_its_words() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong");
    let mut told = Vec::new();
    let mut count = 0;
    for case in std::fs::read_dir(&cases).unwrap() {
        let case = case.unwrap().path();
        count += 1;
        let hosts = if case.join("hosts.yml").exists() {
            "hosts.yml"
        } else {
            "a,b,"
        };
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["check", "site.yml", "-i", hosts])
            .current_dir(&case)
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = case.join("expected");
        if std::env::var_os("TRUEUP_WRITE_EXPECTED").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        if said.trim_end() != wanted.trim_end() || output.status.code() != Some(4) {
            told.push(format!(
                "{}: {}\n--- wanted\n{wanted}\n--- said\n{said}",
                case.display(),
                output.status
            ));
        }
    }
    assert!(count > 5, "the cases are not where they should be");
    assert!(told.is_empty(), "{}", told.join("\n"));
}
