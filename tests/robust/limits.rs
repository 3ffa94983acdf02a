//! What would hang, fall over or fill the memory ends with an error that says what and where.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Far more than any of these needs on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Whether `trueup VERB p.yml -i INVENTORY` succeeds, and what it says; it must end by itself.
fn ended(verb: &str, folder: &Path, inventory: &str) -> (bool, String) {
    let said = folder.join("said");
    let said = std::fs::File::create(said).expect("a file");
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args([verb, "p.yml", "-i", inventory])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(said.try_clone().expect("a handle"))
        .stderr(said)
        .spawn()
        .expect("a run");
    let begun = Instant::now();
    while begun.elapsed() < LIMIT && child.try_wait().expect("its state").is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Nothing happens to one that has ended.
    let _ = child.kill();
    let status = child.wait().expect("its end");
    let said = std::fs::read(folder.join("said")).expect("what it said");
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(
        status.code().is_some(),
        "it hangs or fell over ({status}): {said}"
    );
    (status.success(), said)
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn refused(verb: &str, files: &[(&str, &str)], words: &[&str]) {
    let folder = folder(files);
    let (done, said) = ended(verb, folder.path(), "localhost,");
    assert!(!done, "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
}

fn play(body: &str) -> String {
    format!("- hosts: localhost\n  gather_facts: false\n  connection: local\n{body}")
}

/// A play that tells what `expression` comes to.
fn play_that_shows(expression: &str) -> String {
    play(&format!(
        "  tasks:\n    - debug:\n        msg: \"{{{{ {expression} }}}}\"\n"
    ))
}

#[test]
fn an_expression_is_only_so_deep() {
    let many = |one: &str| one.repeat(32_000);
    for expression in [
        format!("{}true", many("not ")),
        format!("1{}", many(" + 1")),
        format!("{}1", many("- ")),
        format!("'a'{}", many(" ~ 'a'")),
        format!("'a'{}", many(" | upper")),
        format!("a{}", many(".a")),
        format!("a{}", many("[0]")),
        format!("a{}", many("()")),
        format!("1{}", many(" if true else 1")),
        format!("a{}", many(" is defined")),
        format!("{}1{}", many("("), many(")")),
    ] {
        for verb in ["check", "plan"] {
            let words = ["p.yml:6:14"];
            refused(verb, &[("p.yml", &play_that_shows(&expression))], &words);
        }
    }
}

#[test]
fn a_text_takes_only_so_many_steps_and_so_much_memory() {
    let lines: Vec<String> = (1..10)
        .map(|at| {
            format!(
                "    v{at}: '{}'\n",
                format!("{{{{ v{} }}}}", at - 1).repeat(10)
            )
        })
        .collect();
    let lists: Vec<String> = (1..10)
        .map(|at| {
            format!(
                "    l{at}: [{}]\n",
                format!("'{{{{ l{} }}}}',", at - 1).repeat(10)
            )
        })
        .collect();
    let vars = format!(
        "  vars:\n    v0: xxxxxxxxxx\n    l0: [1]\n    self: ['{{{{ self }}}}']\n    one: ['{{{{ two }}}}']\n    two: {{a: '{{{{ one }}}}'}}\n{}{}",
        lines.concat(),
        lists.concat()
    );
    let with_vars = |text: &str| {
        play(&format!(
            "{vars}  tasks:\n    - debug:\n        msg: \"{text}\"\n"
        ))
    };
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    for (text, words) in [
        ("{{ v9 }}", "64 MiB"),
        ("{{ v9 ~ v9 }}", "64 MiB"),
        ("{{ l9 }}", "error"),
        ("{{ l9 ~ 'x' }}", "error"),
        ("{{ self }}", "holds itself"),
        ("{{ self ~ '' }}", "error"),
        ("{{ self | string }}", "holds itself"),
        ("{{ one | to_json }}", "holds itself"),
        (loops, "20000000 steps"),
        ("{{ '%10000000000d' | format(1) }}", "65535 wide"),
        ("{{ '%.10000000000f' % 1.5 }}", "65535 wide"),
        ("{{ '%*d' | format(10000000000, 1) }}", "65535 wide"),
        ("{{ '{:10000000000}'.format(1) }}", "65535 wide"),
        (
            "{{ lookup('sequence', 'end=1 format=%010000000000d') }}",
            "65535 wide",
        ),
        ("{{ range(10 ** 12) | list }}", "too many elements"),
        ("{{ 'x' * 10 ** 10 }}", "too large"),
        ("{{ ('[' * 100000) | from_json }}", "error"),
        ("{{ ('[' * 100000) | from_yaml }}", "100 deep"),
        ("{{ 'a' | regex_search('(' * 100000) }}", "error"),
        ("{{ 'a' | regex_search('(a{1000}){1000}{1000}') }}", "error"),
        (
            "{{ lookup('nested', range(9999) | list, range(9999) | list) }}",
            "a million",
        ),
        ("{{ lookup('file', '/dev/zero') }}", "no file"),
    ] {
        let files = [("p.yml", with_vars(text))];
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        refused("apply", &files, &[words, "p.yml:"]);
    }
}

#[test]
fn a_template_does_not_read_itself_for_ever() {
    for text in [
        "{{ lookup('template', 't.j2') }}",
        "{% extends 't.j2' %}",
        "{% include 't.j2' %}",
        "{% import 't.j2' as t %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% extends 'u.j2' %}",
    ] {
        let task = play("  tasks:\n    - template: {src: t.j2, dest: out}\n");
        let files = [
            ("p.yml", task.as_str()),
            ("t.j2", text),
            ("u.j2", "{% extends 't.j2' %}"),
        ];
        refused("apply", &files, &["t.j2:1:"]);
    }
}

#[test]
fn imports_and_includes_end() {
    let tasks = |name: &str| play(&format!("  tasks:\n    - import_tasks: {name}\n"));
    let fan: Vec<(String, String)> = (0..25)
        .map(|at| {
            (
                format!("t{at}.yml"),
                format!("- import_tasks: t{}.yml\n", at + 1).repeat(2),
            )
        })
        .collect();
    let (first, role) = (tasks("t0.yml"), play("  roles: [a]\n"));
    let mut files = vec![("p.yml", first.as_str()), ("t25.yml", "- ping:\n")];
    files.extend(
        fan.iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    refused("check", &files, &["more than 10000 imports", ".yml:"]);
    let own = tasks("t.yml");
    let itself = [
        ("p.yml", own.as_str()),
        ("t.yml", "- import_tasks: t.yml\n"),
    ];
    refused("check", &itself, &["import each other", "t.yml:1:3"]);
    let books: Vec<(String, String)> = (0..25)
        .map(|at| {
            (
                format!("b{at}.yml"),
                format!("- import_playbook: b{}.yml\n", at + 1).repeat(2),
            )
        })
        .collect();
    let mut files = vec![("p.yml", "- import_playbook: b0.yml"), ("b25.yml", "[]")];
    files.extend(
        books
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    refused("check", &files, &["more than 10000 files", ".yml:"]);
    let files = [
        ("p.yml", role.as_str()),
        ("roles/a/tasks/main.yml", "- include_role: {name: a}\n"),
    ];
    refused(
        "apply",
        &files,
        &[
            "250 includes stand in each other: role a -> role a",
            "main.yml:1:3",
        ],
    );
}

#[test]
fn what_is_no_file_is_no_inventory() {
    let ping = play("  tasks:\n    - ping:\n");
    let files = [
        ("p.yml", ping.as_str()),
        ("i/h", "localhost\n"),
        ("i/group_vars/all/a.yml", "a: 1\n"),
    ];
    let made = |make: &dyn Fn(&Path)| {
        let folder = folder(&files);
        make(folder.path());
        folder
    };
    let pipe = |path: &Path| {
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo").success());
    };
    let link = |to: &str, path: &Path| symlink(to, path).expect("a link");
    for (inventory, words, make) in [
        (
            "i",
            "i/pipe is no file",
            &(|f: &Path| pipe(&f.join("i/pipe"))) as &dyn Fn(&Path),
        ),
        ("i", "i/zero is no file", &|f| {
            link("/dev/zero", &f.join("i/zero"));
        }),
        ("i", "i/self leads back", &|f| link(".", &f.join("i/self"))),
        ("i", "i/root leads back", &|f| link("/", &f.join("i/root"))),
        ("pipe", "did not end", &|f| pipe(&f.join("pipe"))),
        ("/dev/zero", "64 MiB", &|_| ()),
    ] {
        let folder = made(make);
        let (done, said) = ended("check", folder.path(), inventory);
        assert!(!done && said.contains(words), "no {words:?} in: {said}");
    }
    // Variables: a link back is passed over, a pipe is told.
    let folder = made(&|f| link("..", &f.join("i/group_vars/all/self")));
    let (done, said) = ended("check", folder.path(), "i");
    assert!(done, "{said}");
}

#[test]
fn an_inventory_of_many_hosts_takes_no_square_of_the_time() {
    let time = |hosts: usize| {
        let lines: String = (0..hosts).map(|at| format!("h{at} a=1\n")).collect();
        let folder = folder(&[("i", &format!("[a]\n{lines}\n[b]\n{lines}"))]);
        let begun = Instant::now();
        let loaded = trueup::model::Inventory::load(&[folder.path().join("i")]);
        assert!(loaded.is_ok_and(|(inventory, _)| inventory.hosts.len() == hosts));
        begun.elapsed()
    };
    time(1_000);
    let (few, many) = (time(5_000), time(40_000));
    // Eight times as many: a square would take 64 times as long.
    assert!(many < few * 24, "{few:?}, {many:?}");
}

#[test]
fn a_run_that_only_renders_ends_when_it_is_told_to() {
    let body =
        "{% for a in range(99999) %}{{ lookup('sequence', 'end=99999') | length }}{% endfor %}";
    let task = play(&format!(
        "  tasks:\n    - debug:\n        msg: \"{body}\"\n"
    ));
    let folder = folder(&[("p.yml", &task)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["apply", "p.yml", "-i", "localhost,"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a run");
    let begun = Instant::now();
    while child.try_wait().expect("its state").is_none() {
        assert!(begun.elapsed() < LIMIT, "it goes on");
        std::thread::sleep(Duration::from_millis(300));
        let id = child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
    }
}
