//! No text can make the room panic.

use super::*;
use crate::template::environment::registry;
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{-",
    "-%}",
    " ",
    "\n",
    "'",
    "\"",
    "\\",
    "a",
    "b.c",
    "users",
    "users[0].name",
    "nowhere",
    "pending",
    "pending.x",
    "1",
    "2.5",
    "-1",
    "99999999999999999999",
    "+",
    "-",
    "*",
    "//",
    "**",
    "%",
    "~",
    "==",
    "<",
    "in",
    "not",
    "and",
    "or",
    "is",
    "defined",
    "if",
    "else",
    "endif",
    "for",
    "x in users",
    "endfor",
    "set",
    "raw",
    "endraw",
    "macro m(a)",
    "endmacro",
    "|",
    "default",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "=",
    "none",
    "true",
    "lookup",
    "omit",
    "ä",
    "\u{feff}",
    "\0",
    "#jinja2: trim_blocks: x",
    "'%s' %",
];

const ARGUMENTS: &[&str] = &[
    "",
    "1",
    "-1",
    "99999999999",
    "'x'",
    "''",
    "none",
    "true",
    "[1, 'a']",
    "[]",
    "{'a': 1}",
    "users",
    "'(', ')'",
    "'a', 2",
    "1, 2",
    "attribute='name'",
    "nowhere",
    "pending",
    "'%Y'",
    "1.5",
    "'[', 'b', 3",
    "0",
    "'gt', 1",
    "'name', 'eq', 'a'",
];

fn soup() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![3 => proptest::sample::select(PIECES).prop_map(str::to_owned), 1 => ".{0,4}"],
        0..24,
    )
    .prop_map(|pieces| pieces.concat())
}

fn try_all(templar: &Templar, from: &str) {
    let node = text(from);
    let _ = templar.value(&node);
    let _ = templar.test(&node);
    let _ = templar.expression(from, &node.span);
    let _ = templar.file(&Source::new("x.j2", from), &FileOptions::default());
    let _ = check_node(&node);
    let _ = check_expression(from, &node.span);
    let _ = check_file(&Source::new("x.j2", from));
}

const VARS: &str = "a: '{{ b.c }}'\nb: {c: 1, d: '{{ a }}'}\nusers: [{name: a, uid: 1}, {name: b}]";

proptest! {
    #[test]
    fn no_text_panics(from in soup()) {
        try_all(&templar(VARS), &from);
    }

    #[test]
    fn no_code_panics(inner in soup()) {
        try_all(&templar(VARS), &format!("x{{{{ {inner} }}}}"));
    }
}

/// What keeps something, or runs what it is given.
const ACTING: [&str; 4] = ["certificate", "lines", "password", "pipe"];

#[test]
fn no_filter_test_or_lookup_panics_whatever_it_is_given() {
    let templar = templar(VARS);
    for value in ARGUMENTS {
        let value = value
            .split(", ")
            .next()
            .filter(|value| !value.is_empty() && !value.contains('='))
            .unwrap_or("'x'");
        let value = if value.starts_with('[') || value.starts_with('{') {
            "[1, 'a']"
        } else {
            value
        };
        for arguments in ARGUMENTS {
            // A hash takes a second: that is what it is for.
            let quick = |name: &&&str| **name != "password_hash";
            for name in registry().filters().iter().filter(quick) {
                let _ = templar.value(&text(&format!("{{{{ {value} | {name}({arguments}) }}}}")));
            }
            for name in registry().tests() {
                let _ = templar.value(&text(&format!("{{{{ {value} is {name}({arguments}) }}}}")));
            }
            for name in registry()
                .lookups()
                .iter()
                .filter(|name| !ACTING.contains(name))
            {
                let _ = templar.value(&text(&format!(
                    "{{{{ lookup('{name}', {value}, {arguments}) }}}}"
                )));
            }
        }
    }
}
