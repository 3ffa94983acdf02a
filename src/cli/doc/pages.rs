//! What is printed, from what the rooms say of themselves.

use crate::model::{Keyword, keywords};
use crate::modules::{Entry, Parameter, find, registry};
use crate::template::{collection, vocabulary};
use std::fmt::Write;

/// Where Ansible tells what a plugin of its own does.
const ANSIBLE: &str = "https://docs.ansible.com/ansible/latest";

/// The filters and tests that Jinja's own documentation tells about.
const JINJA: [&str; 60] = [
    "abs",
    "attr",
    "batch",
    "boolean",
    "callable",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "defined",
    "dictsort",
    "divisibleby",
    "e",
    "escape",
    "escaped",
    "even",
    "false",
    "filter",
    "first",
    "float",
    "format",
    "groupby",
    "in",
    "indent",
    "integer",
    "items",
    "iterable",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "mapping",
    "max",
    "min",
    "none",
    "number",
    "odd",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "sameas",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "true",
    "truncate",
    "undefined",
];

/// Everything there is to tell about.
pub fn known() -> Vec<&'static str> {
    let words = vocabulary();
    let modules = registry().iter().map(|entry| entry.name);
    let keywords = keywords().into_iter().map(|keyword| keyword.word);
    let plugins = [words.filters, words.tests, words.lookups]
        .into_iter()
        .flatten();
    modules.chain(keywords).chain(plugins).collect()
}

/// The names, by what they are.
pub fn names() -> String {
    let words = vocabulary();
    let mut text = String::new();
    let mut list = |title: &str, mut names: Vec<&str>| {
        names.sort_unstable();
        // Writing to a String can't fail.
        let _ = writeln!(text, "{title}:\n{}", folded(&names));
    };
    list(
        "Modules",
        registry().iter().map(|entry| entry.name).collect(),
    );
    list(
        "Keywords",
        keywords().iter().map(|keyword| keyword.word).collect(),
    );
    list("Filters", words.filters);
    list("Tests", words.tests);
    list("Lookups", words.lookups);
    text.push_str("More about one: trueup doc NAME\n");
    text
}

/// Names in lines that a terminal holds.
fn folded(names: &[&str]) -> String {
    let mut text = String::new();
    let mut width = 100;
    for name in names {
        if width + name.len() + 1 > 98 {
            text.push_str(if text.is_empty() { " " } else { "\n " });
            width = 1;
        }
        text.push(' ');
        text.push_str(name);
        width += name.len() + 1;
    }
    text.push('\n');
    text
}

/// All that goes by a name: a word may be a test and a filter.
pub fn about(name: &str) -> Vec<String> {
    let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
    let mut told: Vec<String> = find(name).map(module).into_iter().collect();
    let keywords = keywords()
        .into_iter()
        .filter(|keyword| keyword.word == name);
    told.extend(keywords.map(|found| keyword(&found)));
    let words = vocabulary();
    for (kind, names) in [
        ("filter", words.filters),
        ("test", words.tests),
        ("lookup", words.lookups),
    ] {
        if names.contains(&short) {
            let (whose, page) = if JINJA.contains(&short) {
                let page = format!(
                    "https://jinja.palletsprojects.com/en/stable/templates/#jinja-{kind}s.{short}"
                );
                ("Jinja", page)
            } else {
                let whose = collection(short);
                let page = format!("{ANSIBLE}/collections/{whose}/{short}_{kind}.html");
                ("Ansible", page)
            };
            told.push(format!(
                "{short}: a {kind} of {whose}'s, with its meaning.\n  {page}\n"
            ));
        }
    }
    told
}

fn module(entry: &Entry) -> String {
    let full = format!("{}.{}", entry.collection, entry.name);
    let mut text = format!("{full}{}\n\n{}\n", others(entry), (entry.head)());
    let (taken, refused) = entry.parameters();
    if !taken.is_empty() {
        text.push_str("\nParameters:\n");
    }
    for parameter in &taken {
        let also = match &parameter.also[..] {
            [] => String::new(),
            names => format!("also {}", names.join(", ")),
        };
        let facts = [parameter.takes.clone(), need(parameter), also];
        let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
        let facts = match facts.join(", ") {
            none if none.is_empty() => none,
            facts => format!(" ({facts})"),
        };
        let _ = writeln!(text, "  {}{facts}", parameter.name);
        for line in parameter.about.lines().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "      {line}");
        }
    }
    if !refused.is_empty() {
        let _ = writeln!(
            text,
            "\nOf Ansible's, refused in words: {}",
            refused.join(", ")
        );
    }
    text
}

/// Whether a task has to say it, or what is taken for it.
fn need(parameter: &Parameter) -> String {
    match &parameter.default {
        _ if parameter.required => "required".to_owned(),
        Some(default) => format!("default {default}"),
        None => String::new(),
    }
}

fn others(entry: &Entry) -> String {
    match entry.also {
        [] => String::new(),
        names => format!(" (also {})", names.join(", ")),
    }
}

fn keyword(keyword: &Keyword) -> String {
    let places = keyword.places.join(", ");
    let mut text = format!("{}: a keyword of {places}.\n", keyword.word);
    let _ = match (keyword.own, keyword.instead) {
        (Some(own), _) => writeln!(text, "  trueup's own. {own}"),
        (None, Some(instead)) => writeln!(text, "  Not supported: {instead}."),
        (None, None) => writeln!(
            text,
            "  {ANSIBLE}/reference_appendices/playbooks_keywords.html"
        ),
    };
    text
}

/// The page of all modules, as markdown.
pub fn modules() -> String {
    let mut text = "\
# Modules

What each module does and takes. This page is made from their sources: `trueup doc --markdown`; of one,
`trueup doc NAME` tells the same. Where a module has the name of one of Ansible's, its parameters, defaults
and return values are Ansible's; a parameter of Ansible's that trueup refuses in words is named below it.
"
    .to_owned();
    for entry in registry() {
        let (collection, name) = (entry.collection, entry.name);
        let _ = write!(
            text,
            "\n## {name}\n\n`{collection}.{name}`{}\n\n",
            others(entry)
        );
        text.push_str((entry.head)());
        text.push('\n');
        let (taken, refused) = entry.parameters();
        if !taken.is_empty() {
            text.push_str("\n| Parameter | Takes | |\n|---|---|---|\n");
        }
        for parameter in taken {
            let names: Vec<&str> = std::iter::once(parameter.name.as_str())
                .chain(parameter.also.iter().copied())
                .collect();
            let facts = [parameter.takes.clone(), need(&parameter)];
            let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
            let about = parameter.about.replace("\n\n", " ").replace('|', "\\|");
            let _ = writeln!(
                text,
                "| `{}` | {} | {about} |",
                names.join("`, `"),
                facts.join(", ").replace('|', "\\|")
            );
        }
        if !refused.is_empty() {
            let _ = writeln!(text, "\nRefused: `{}`.", refused.join("`, `"));
        }
    }
    text
}
