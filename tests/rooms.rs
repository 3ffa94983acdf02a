//! A room imports only rooms that stand above it in lib.rs, and `modules` never sees `remote` or `graph`.

#![allow(clippy::unwrap_used)] // A helper of a test unwraps as the test does.

use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// What a room must not see even though it stands above.
const HIDDEN: [(&str, &str); 2] = [("modules", "remote"), ("modules", "graph")];

/// The rooms in the order of lib.rs.
fn rooms(src: &Path) -> Vec<String> {
    let lib = fs::read_to_string(src.join("lib.rs")).unwrap();
    let rooms = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    rooms.map(str::to_owned).collect()
}

/// The rooms that a text names after `crate::`, also in `use crate::{a, b::c}`.
fn named(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let single = Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let group = Regex::new(r"(?s)\bcrate::\{(.*?)\};").unwrap();
    let mut names: BTreeSet<String> = single
        .captures_iter(&code)
        .map(|found| found[1].to_owned())
        .collect();
    for found in group.captures_iter(&code) {
        names.extend(first_words(&found[1]));
    }
    names
}

/// The first word of each part between the commas that stand in no inner braces.
fn first_words(group: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => words.push(String::new()),
            _ => {}
        }
        if depth == 0 && c != ',' {
            words.last_mut().unwrap().push(c);
        }
    }
    let first = |part: String| {
        part.split("::")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    words
        .into_iter()
        .map(first)
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn rooms_import_downwards_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = rooms(&src);
    let place = |name: &str| rooms.iter().position(|room| room == name);
    let mut wrong = Vec::new();
    let mut files = 0;
    for entry in WalkDir::new(&src).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&src).unwrap();
        let room = path
            .iter()
            .next()
            .map(|room| room.to_string_lossy().into_owned());
        let Some(room) = room.filter(|_| path.extension().is_some_and(|end| end == "rs")) else {
            continue;
        };
        let room = room.trim_end_matches(".rs");
        if room == "lib" || room == "main" {
            continue;
        }
        let here = place(room).unwrap_or_else(|| panic!("lib.rs does not name the room `{room}`"));
        files += 1;
        for name in named(&fs::read_to_string(entry.path()).unwrap()) {
            let above = place(&name).is_none_or(|there| there <= here);
            if !above || HIDDEN.contains(&(room, name.as_str())) {
                wrong.push(format!(
                    "{}: `{room}` must not see `{name}`",
                    path.display()
                ));
            }
        }
    }
    assert!(files > 50, "only {files} files were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_are_found_however_they_are_written() {
    let text = "use crate::yaml::Node;\nuse crate::{\n    engine,\n    report::{self, x},\n    diag,\n};\n\
                fn f() -> crate::step::Step {}\n// use crate::cli;\n";
    let found: Vec<_> = named(text).into_iter().collect();
    assert_eq!(found, ["diag", "engine", "report", "step", "yaml"]);
}

/// The files that write to a terminal: each takes out what would steer it. The log of those who look
/// into trueup itself does so in a way of its own.
const WRITERS: [&str; 3] = ["cli/logging.rs", "report/diagnostic.rs", "report/screen.rs"];

#[test]
fn only_those_files_write_to_a_terminal_that_let_nothing_steer_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let writes = Regex::new(r"\be?print(ln)?!\(|\bio::std(out|err)\b").unwrap();
    let mut writers = BTreeSet::new();
    for entry in WalkDir::new(&src).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&src).unwrap();
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        if code.into_iter().any(|line| writes.is_match(line)) {
            writers.insert(path.display().to_string());
        }
    }
    assert_eq!(writers.into_iter().collect::<Vec<_>>(), WRITERS);
}
