//! What is tried: each reader of foreign input, with what it should be able to read.

use minijinja::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trueup::diag::Source;
use trueup::model::{Inventory, Layer, Layers, Loader, VarMap, var_map};
use trueup::template::{self, FileOptions, Lookups, Templar, Var};
use trueup::yaml::{self, Node};

/// A reader.
pub struct Target {
    pub name: &'static str,
    /// What it reads when nobody is hostile.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
    pub run: fn(&[u8]),
}

/// The files below a folder of the repository whose names end so.
pub fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut ahead = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = ahead.pop() {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                ahead.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(std::fs::read(path).expect("a file"));
            }
        }
    }
    found
}

pub fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn playbooks() -> Vec<Vec<u8>> {
    ["playbooks", "tests/wrong", "tests/semantics"]
        .iter()
        .flat_map(|folder| files(folder, ".yml"))
        .collect()
}

/// The input in a file of that name, in the memory of the machine where it has one.
fn in_file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    (folder, path)
}

fn inventory(name: &str, bytes: &[u8]) {
    let (_folder, path) = in_file(name, bytes);
    if let Ok((inventory, _)) = Inventory::load(&[path]) {
        for host in inventory.hosts.keys().take(20) {
            let _ = inventory.variables(host, None);
        }
        let _ = inventory.select("all:!ungrouped");
    }
}

fn templar() -> Templar {
    const VARS: &str =
        "a: '{{ b.c }}'\nb: {c: 1, d: '{{ a }}'}\nusers: [{name: x, uid: 1}]\nself: ['{{ self }}']";
    let node = yaml::parse(&Source::new("vars.yml", VARS)).expect("good YAML");
    let told: VarMap = [("r".to_owned(), Var::Value(Value::from("{{ said }}")))].into();
    let layers = Layers::new()
        .with(
            Layer::PlayVars,
            Arc::new(var_map(node.as_map().expect("a mapping"))),
        )
        .with(Layer::SetFacts, Arc::new(told));
    Templar::new(Arc::new(layers), Arc::new(Lookups::default()))
}

fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source = Source::new("t.j2", text.as_str());
    let node = Node::new(yaml::Value::Str(text.clone()), source.whole());
    let templar = templar();
    let _ = templar.value(&node);
    let _ = templar.test(&node);
    let _ = templar.expression(&text, &node.span);
    let _ = templar.file(&source, &FileOptions::default());
    let _ = template::check_node(&node);
    let _ = template::check_file(&source);
}

const YAML: &[&str] = &[
    "- ",
    ": ",
    "{{",
    "}}",
    "[",
    "{",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!vault |",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "\t",
    "---\n",
    "...\n",
    "? ",
    "block:",
    "rescue:",
    "include_tasks: ",
    "import_playbook: ",
    "hosts: ",
    "loop: ",
    "when: ",
    "roles: ",
    "\u{2028}",
    "\u{feff}",
    "é",
];

const CODE: &[&str] = &[
    "{{ ",
    " }}",
    "{% for x in users %}",
    "{% endfor %}",
    "{% if a %}",
    "{% elif b %}",
    "{% endif %}",
    "{% set x = ",
    "{% macro m(a) %}",
    "{% endmacro %}",
    "{% raw %}",
    "{% endraw %}",
    "{#",
    "#}",
    "(",
    ")",
    "[",
    "]",
    "not ",
    "- ",
    " + 1",
    " ~ ",
    " * ",
    " ** ",
    " // ",
    " % ",
    " and ",
    " | ",
    " is ",
    ".a",
    "[0]",
    "range(99999)",
    "lookup('vars', 'a')",
    "| default(1)",
    "| map('upper')",
    "| regex_replace('a', ",
    "| format(1)",
    "%99999999d",
    "99999999999999999999",
    "self",
    "users",
    "r",
    "loop.index",
    "namespace(",
    "'",
    "\"",
    "\\",
];

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "yaml",
        seeds: playbooks,
        words: YAML,
        run: |bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Ok(node) = yaml::parse(&Source::new("a.yml", &*text)) {
                let _ = node.to_json();
            }
        },
    },
    Target {
        name: "playbook",
        seeds: playbooks,
        words: YAML,
        run: |bytes| {
            let (_folder, path) = in_file("site.yml", bytes);
            let _ = Loader::load(&path, Arc::default());
        },
    },
    Target {
        name: "inventory-ini",
        seeds: || {
            texts(&[
                "a\nb ansible_port=22 x='y z'\n[web]\nw[01:10:2].example.org:2222\n[all:vars]\nk=[1, 2]\n[dc:children]\nweb\n",
                "[a]\nh[a:f] u=\"q\" # c\n[a:vars]\nx = {'a': 1}\n",
            ])
        },
        words: &[
            "[",
            "]",
            ":vars]",
            ":children]",
            "[1:99999]",
            "[a:z]",
            "=",
            "'",
            "\"",
            "#",
            "\n",
            ":22",
            "all",
            "ungrouped",
            "é",
        ],
        run: |bytes| inventory("hosts.x", bytes),
    },
    Target {
        name: "inventory-yaml",
        seeds: || {
            let mut seeds = files("inventories", ".yml");
            seeds.extend(files("tests/inventories", ".yml"));
            seeds
        },
        words: &[
            "all:",
            "hosts:",
            "children:",
            "vars:",
            "[1:99999]",
            "ansible_group_priority: ",
            "\n  ",
            "{",
            "[",
            "~",
        ],
        run: |bytes| inventory("hosts.yml", bytes),
    },
    Target {
        name: "pattern",
        seeds: || {
            texts(&[
                "all", "web:!a", "web:&b*", "~(a|b).*", "a[0:1]", "a,b", "w[-1]",
            ])
        },
        words: &[
            "all",
            "web",
            ":",
            "!",
            "&",
            "~",
            "*",
            "?",
            "[",
            "]",
            "[0:]",
            "(",
            ")",
            ",",
            "99999999999",
        ],
        run: |bytes| {
            // `@` names a file with hosts.
            let text = String::from_utf8_lossy(bytes).replace('@', "");
            let list = [PathBuf::from("a,b,w1,w2,")];
            let (inventory, _) = Inventory::load(&list).expect("a list of hosts");
            let _ = inventory.select(&text);
        },
    },
    Target {
        name: "template",
        seeds: || {
            let mut seeds = files("templates", ".j2");
            seeds.extend(files("tests/wrong", ".j2"));
            seeds.extend(texts(&[
                "{{ users | map(attribute='name') | join(',') }}",
                "{% for u in users if u.uid > 0 %}{{ loop.index }}{% endfor %}",
                "{{ a is defined and b.c | int == 1 }}",
                "{{ '%05d' | format(7) }} {{ self }}",
            ]));
            seeds
        },
        words: CODE,
        run: template,
    },
];
