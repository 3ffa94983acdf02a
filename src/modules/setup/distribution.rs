//! Which distribution, in the words that Ansible has for it.

use super::set;
use crate::facts::Said;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `ID` of os-release, Ansible's name, its family.
const NAMES: [(&str, &str, &str); 20] = [
    ("debian", "Debian", "Debian"),
    ("raspbian", "Debian", "Debian"),
    ("ubuntu", "Ubuntu", "Debian"),
    ("linuxmint", "Linux Mint", "Debian"),
    ("kali", "Kali", "Debian"),
    ("devuan", "Devuan", "Debian"),
    ("pop", "Pop!_OS", "Debian"),
    ("rhel", "RedHat", "RedHat"),
    ("centos", "CentOS", "RedHat"),
    ("fedora", "Fedora", "RedHat"),
    ("rocky", "Rocky", "RedHat"),
    ("almalinux", "AlmaLinux", "RedHat"),
    ("ol", "OracleLinux", "RedHat"),
    ("amzn", "Amazon", "RedHat"),
    ("opensuse-leap", "openSUSE Leap", "Suse"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed", "Suse"),
    ("sles", "SLES", "Suse"),
    ("alpine", "Alpine", "Alpine"),
    ("arch", "Archlinux", "Archlinux"),
    ("void", "Void", "Void"),
];

/// Adds them.
pub fn add(facts: &mut Map<String, Value>, said: &Said) {
    let release = fields(said.file("/etc/os-release").unwrap_or_default());
    let field = |name: &str| release.get(name).map(String::as_str).unwrap_or_default();
    let id = field("ID");
    let known = NAMES.iter().find(|(name, ..)| *name == id);
    let name = known.map_or_else(
        || if id.is_empty() { "NA" } else { field("NAME") },
        |(_, name, _)| name,
    );
    let like = |word: &str| field("ID_LIKE").split(' ').any(|like| like == word);
    let family = known.map_or_else(
        || {
            if like("debian") || like("ubuntu") {
                "Debian"
            } else if like("rhel") || like("fedora") {
                "RedHat"
            } else if like("suse") {
                "Suse"
            } else {
                name
            }
        },
        |(_, _, family)| *family,
    );
    let exact = said
        .file("/etc/debian_version")
        .map(str::trim)
        .filter(|_| id == "debian")
        .unwrap_or_default();
    let version = match (
        exact.starts_with(|c: char| c.is_ascii_digit()),
        field("VERSION_ID"),
    ) {
        (true, _) => exact,
        (false, "") => "n/a",
        (false, version) => version,
    };
    let codename = match field("VERSION_CODENAME") {
        "" if !exact.is_empty() => exact.split('/').next().unwrap_or("NA"),
        "" => "NA",
        codename => codename,
    };
    set(facts, "distribution", name);
    set(facts, "distribution_version", version);
    let mut parts = version.split('.');
    set(
        facts,
        "distribution_major_version",
        parts.next().unwrap_or_default(),
    );
    if let Some(minor) = parts.next().filter(|_| id == "debian") {
        set(facts, "distribution_minor_version", minor);
    }
    set(facts, "distribution_release", codename);
    set(facts, "distribution_file_path", "/etc/os-release");
    set(facts, "distribution_file_variety", family);
    set(facts, "distribution_file_parsed", !release.is_empty());
    set(facts, "os_family", family);
    let mut lsb = Map::new();
    for (lsb_name, value) in [
        ("id", name),
        ("release", field("VERSION_ID")),
        ("codename", codename),
        ("description", field("PRETTY_NAME")),
        (
            "major_release",
            field("VERSION_ID").split('.').next().unwrap_or_default(),
        ),
    ] {
        lsb.insert(lsb_name.into(), value.into());
    }
    set(facts, "lsb", lsb);
}

fn fields(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect()
}
