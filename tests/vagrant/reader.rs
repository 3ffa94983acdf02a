//! Vagrant's reader of inventories against trueup's: there is one truth about what an inventory says.

use super::{HERE, inventories, printed, ruby_list, run, trueup_list};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

fn both(inventory: &Path) -> (Value, Value) {
    let read = |mut command: Command| serde_json::from_str(&printed(&mut command)).unwrap();
    (read(trueup_list(inventory)), read(ruby_list(inventory)))
}

#[test]
fn every_inventory_says_the_same_to_vagrant_and_to_trueup() {
    for inventory in inventories() {
        let (trueup, ruby) = both(&inventory);
        assert_eq!(trueup, ruby, "{}", inventory.display());
    }
}

/// Texts that look like numbers, or nearly so: the same chance each time, so that a failure stays.
fn texts() -> Vec<String> {
    let alphabet = b"00112789abefnotxXeE__..+-+-::/";
    let mut chance: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |below: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        usize::try_from(chance >> 33).unwrap() % below
    };
    (0..6000)
        .map(|_| {
            let length = 1 + next(6);
            let text: String = (0..length)
                .map(|_| char::from(alphabet[next(alphabet.len())]))
                .collect();
            text
        })
        // Those are YAML's own marks, not scalars.
        .filter(|text| !text.ends_with(':') && text != "-" && !text.starts_with("---"))
        .collect()
}

/// Equal but for what the reading of JSON does to the last digit of a float.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 1e-15,
        _ => one == other,
    }
}

#[test]
fn whatever_a_text_looks_like_both_take_it_for_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut yaml = String::from("all:\n  hosts:\n    a:\n");
    let mut ini = String::from("a\n[all:vars]\n");
    for (at, text) in texts().iter().enumerate() {
        writeln!(yaml, "      v{at}: {text}").unwrap();
        writeln!(ini, "v{at}={text}").unwrap();
    }
    for (file, text) in [("a.yml", yaml), ("a.ini", ini)] {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let (trueup, ruby) = both(&path);
        let of = |list: &Value| list["_meta"]["hostvars"]["a"].as_object().unwrap().clone();
        let (trueup, ruby) = (of(&trueup), of(&ruby));
        let lines = std::fs::read_to_string(&path).unwrap();
        let differ: Vec<String> = trueup
            .iter()
            .filter(|(name, value)| !ruby.get(*name).is_some_and(|other| same(value, other)))
            .map(|(name, value)| {
                let mut lines = lines.lines();
                let line = lines.find(|line| line.trim().starts_with(name.as_str()));
                format!("{file}: {line:?} is {value}, not {:?}", ruby.get(name))
            })
            .collect();
        assert!(
            trueup.len() > 5000 && differ.is_empty(),
            "{}",
            differ.join("\n")
        );
    }
}

#[test]
fn what_trueup_refuses_makes_no_machines() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("twice.yml", "all: {hosts: {a: {x: 1, x: 2}}}\n"),
        ("tag.yml", "all: {hosts: {a: {x: !vault y}}}\n"),
        ("cycle.yml", "a: {children: {b: {children: {a: }}}}\n"),
        ("range.yml", "all: {hosts: {'a[2:1]': }}\n"),
        ("list.yml", "- a\n"),
        ("two.yml", "all: {hosts: {a: }}\n---\nall:\n"),
        ("broken.yml", "all: [\n"),
        ("quote.ini", "a x='\n"),
        ("kind.ini", "[a:wars]\n"),
        ("word.ini", "a b\n"),
        ("script", "#!/bin/sh\n"),
    ];
    for (file, text) in cases {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        assert_eq!(
            run(&mut trueup_list(&path)).status.code(),
            Some(4),
            "{file}"
        );
        let output = run(&mut ruby_list(&path));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && words.contains("Lab::Wrong") && words.contains(file),
            "{file}: {words}"
        );
    }
}

#[test]
fn the_machines_are_those_of_the_inventory() {
    let mut ruby = Command::new("ruby");
    let script = "Lab::Declared.new(ARGV[0], '/nowhere', {}).machines.each { |machine| puts machine.to_a.inspect }";
    ruby.current_dir(HERE)
        .args(["-r", "./vagrant/machines.rb", "-e", script])
        .arg("tests/inventories/machines/inventory.ini");
    insta::assert_snapshot!(printed(&mut ruby), @r##"
    ["db1", "bento/debian-13", ["192.168.57.11", "192.168.58.11"], "255.255.255.0", 1536, 2, #<struct Lab::Disk path="/srv", mib=64>, "sudo"]
    ["db2", "bento/debian-13", ["192.168.57.12", "192.168.58.12"], "255.255.255.0", 512, 2, nil, "sudo"]
    ["client", "bento/debian-12", ["192.168.57.15"], "255.255.255.0", 1024, 1, nil, "bare"]
    "##);
}

#[test]
fn every_image_has_its_box_or_a_word_about_it() {
    let mut ruby = Command::new("ruby");
    ruby.current_dir(HERE)
        .args(["-r", "./vagrant/machines.rb", "-e", "puts Lab::BOXES.keys"]);
    let known = printed(&mut ruby);
    for image in trueup::lab::Image::ALL {
        assert!(known.lines().any(|name| name == image.name()), "{known}");
    }
}
