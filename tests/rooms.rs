//! A room imports only rooms that stand above it in lib.rs, and `modules` never sees `remote` or `graph`.
//! Within a room no two files need each other.

#![allow(clippy::unwrap_used)] // A helper of a test unwraps as the test does.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
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

/// The first word of each part of a group.
fn first_words(group: &str) -> Vec<String> {
    let first = |part: String| part.split("::").next().unwrap_or_default().to_owned();
    parts(group).into_iter().map(first).collect()
}

/// What stands between the commas that stand in no inner braces.
fn parts(group: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    let parts = parts.into_iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// The paths of a `use`, each written out.
fn written_out(tree: &str) -> Vec<String> {
    let Some((before, inner)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let inner = inner.rsplit_once('}').unwrap().0;
    let paths = parts(inner).into_iter().flat_map(|part| written_out(&part));
    paths.map(|path| format!("{before}{path}")).collect()
}

type Module = Vec<String>;

/// Which module a path leads into, seen from `here`.
fn leads_to(path: &str, here: &Module, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut words = path.split("::").map(str::trim).peekable();
    let mut at = here.clone();
    match *words.peek()? {
        "crate" => at.clear(),
        "super" | "self" => {}
        first => {
            at.push(first.to_owned());
            modules.get(&at)?;
            at.pop();
        }
    }
    for word in words {
        match word {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            _ => {
                at.push(word.to_owned());
                if !modules.contains_key(&at) {
                    at.pop();
                    break;
                }
            }
        }
    }
    Some(at)
}

/// The files of which each needs the others, but for those that need only what they are a part of.
fn circles(room: &str) -> Vec<Vec<String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    for entry in WalkDir::new(src.join(room)).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&src).unwrap();
        if path.extension().is_some_and(|end| end == "rs") {
            let words = path.with_extension("");
            let words = words.iter().map(|word| word.to_string_lossy().into_owned());
            let module: Module = words.filter(|word| word != "mod").collect();
            modules.insert(module, path.display().to_string());
        }
    }
    let import = Regex::new(r"(?m)^ *(?:pub(?:\([a-z]+\))? )?use ([^;]+);").unwrap();
    let inline = Regex::new(r"\b(?:crate|super|self|[a-z_]+)(?:::[A-Za-z_]+)+").unwrap();
    let mut graph = DiGraph::new();
    let nodes: BTreeMap<&Module, _> = modules.keys().map(|m| (m, graph.add_node(m))).collect();
    for (here, path) in &modules {
        let text = fs::read_to_string(src.join(path)).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let uses = import.captures_iter(&code);
        let mut paths: Vec<String> = uses.flat_map(|found| written_out(&found[1])).collect();
        let rest = import.replace_all(&code, "");
        paths.extend(
            inline
                .find_iter(&rest)
                .map(|found| found.as_str().to_owned()),
        );
        for there in paths
            .iter()
            .filter_map(|path| leads_to(path, here, &modules))
        {
            if let (Some(&to), false) = (nodes.get(&there), here.starts_with(&there)) {
                graph.add_edge(nodes[here], to, ());
            }
        }
    }
    let tied = tarjan_scc(&graph).into_iter().filter(|tied| tied.len() > 1);
    let files = |tied: Vec<_>| tied.into_iter().map(|node| modules[graph[node]].clone());
    tied.map(|tied| files(tied).collect()).collect()
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

/// The rooms with files that need each other: what templates, imports of tasks and YAML say is nested
/// without end, and so are those who read it; in the others two files share one thought.
const TIED: [&str; 7] = ["cli", "drill", "lab", "model", "secret", "template", "yaml"];

#[test]
fn files_of_a_room_import_in_no_circle() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in rooms(&src) {
        if !TIED.contains(&room.as_str()) {
            assert_eq!(circles(&room), Vec::<Vec<String>>::new(), "in `{room}`");
        }
    }
    assert!(!circles("template").is_empty(), "a circle is found");
}

#[test]
fn the_engine_lays_variables_in_one_place() {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
    let mut laid = BTreeSet::new();
    for entry in WalkDir::new(&engine).into_iter().map(Result::unwrap) {
        let path = entry.path();
        if path.is_file() && fs::read_to_string(path).unwrap().contains("Layer::") {
            laid.insert(path.strip_prefix(&engine).unwrap().to_owned());
        }
    }
    assert_eq!(laid, [Path::new("variables.rs").to_owned()].into());
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
