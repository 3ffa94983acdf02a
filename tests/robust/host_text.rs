//! What a host says is a text: never a template, never an expression.

use super::{printed, trueup};
use std::path::Path;
use std::process::Output;

/// Applies a playbook of this folder. A host's text that became code makes the file `PWNED`.
fn applied(playbook: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/robust/host_text");
    for case in std::fs::read_dir(cases).expect("the cases") {
        let case = case.expect("a case");
        std::fs::copy(case.path(), folder.path().join(case.file_name())).expect("a copy");
    }
    let output = trueup("apply", playbook, "localhost,", folder.path());
    assert!(
        !folder.path().join("PWNED").exists(),
        "it ran: {}",
        printed(&output)
    );
    output
}

#[test]
fn a_hosts_text_is_never_rendered_again() {
    let output = applied("templates.yml");
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn a_hosts_text_is_never_an_expression() {
    let output = applied("expressions.yml");
    let said = printed(&output);
    assert!(output.status.success(), "{said}");
    let mut task = "";
    for line in said.lines() {
        if let Some(name) = ["refused ", "taken "]
            .iter()
            .find_map(|word| line.find(word).map(|at| &line[at..]))
        {
            task = name;
        }
        let failed = line.trim_start().starts_with("failed");
        assert!(!failed || task.starts_with("refused"), "{task}: {said}");
    }
    let refused = "error: a text that comes from a host is no expression";
    assert_eq!(said.matches(refused).count(), 11, "{said}");
    assert!(said.contains("expressions.yml:13:40"), "no place: {said}");
}
