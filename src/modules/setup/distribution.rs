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
    let (name, family) = name_and_family(&release);
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
    let codename = codename(&release, exact);
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

/// The family of the distribution that an os-release tells of.
pub fn family(release: &str) -> String {
    name_and_family(&fields(release)).1.to_owned()
}

fn name_and_family(release: &BTreeMap<String, String>) -> (&str, &str) {
    let field = |name: &str| release.get(name).map(String::as_str).unwrap_or_default();
    let id = field("ID");
    if let Some((_, name, family)) = NAMES.iter().find(|(name, ..)| *name == id) {
        return (name, family);
    }
    let name = if id.is_empty() { "NA" } else { field("NAME") };
    let like = |word: &str| field("ID_LIKE").split(' ').any(|like| like == word);
    let family = if like("debian") || like("ubuntu") {
        "Debian"
    } else if like("rhel") || like("fedora") {
        "RedHat"
    } else if like("suse") {
        "Suse"
    } else {
        name
    };
    (name, family)
}

/// The release's own name. Red Hat's kin tell it in brackets behind the version, and Fedora says
/// that it has none.
fn codename<'a>(release: &'a BTreeMap<String, String>, exact: &'a str) -> &'a str {
    let field = |name: &str| release.get(name).map(String::as_str);
    let bracketed = || {
        let (_, behind) = field("VERSION")?.split_once('(')?;
        Some(behind.split(')').next().unwrap_or_default())
    };
    let is_stream = field("ID") == Some("centos") && field("NAME") == Some("CentOS Stream");
    match field("VERSION_CODENAME") {
        None | Some("") if !exact.is_empty() => exact.split('/').next().unwrap_or("NA"),
        None if is_stream => "Stream",
        None => bracketed().unwrap_or("NA"),
        Some(codename) => codename,
    }
}

fn fields(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Question;
    use crate::facts::System;
    use crate::step::Output;

    /// Name, version, major version, release, family.
    fn distribution_of(release: &str, debian: &str) -> [String; 5] {
        let stdout = format!(
            "=#= uname\nLinux\n=#= files\n==> /etc/os-release <==\n{release}\n==> /etc/debian_version <==\n{debian}\n"
        );
        let output = Output {
            stdout: stdout.into(),
            ..Output::default()
        };
        let mut facts = Map::new();
        add(
            &mut facts,
            &(System { network: false }).read(&output).unwrap(),
        );
        let names = [
            "distribution",
            "distribution_version",
            "distribution_major_version",
            "distribution_release",
            "os_family",
        ];
        names.map(|name| {
            facts[&format!("ansible_{name}")]
                .as_str()
                .unwrap()
                .to_owned()
        })
    }

    #[test]
    fn distributions_have_the_names_that_ansible_has_for_them() {
        let cases = [
            (
                "ID=debian\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie",
                ["Debian", "13.2", "13", "trixie", "Debian"],
            ),
            (
                "ID=ubuntu\nNAME=Ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble",
                ["Ubuntu", "24.04", "24", "noble", "Debian"],
            ),
            (
                "NAME=\"Fedora Linux\"\nVERSION=\"42 (Server Edition)\"\nID=fedora\nVERSION_ID=42\nVERSION_CODENAME=\"\"",
                ["Fedora", "42", "42", "", "RedHat"],
            ),
            (
                "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.4 (Plow)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"",
                ["RedHat", "9.4", "9", "Plow", "RedHat"],
            ),
            (
                "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"8.10 (Ootpa)\"\nID=\"rhel\"\nVERSION_ID=\"8.10\"",
                ["RedHat", "8.10", "8", "Ootpa", "RedHat"],
            ),
            (
                "NAME=\"Rocky Linux\"\nVERSION=\"9.3 (Blue Onyx)\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"",
                ["Rocky", "9.3", "9", "Blue Onyx", "RedHat"],
            ),
            (
                "NAME=\"AlmaLinux\"\nVERSION=\"8.9 (Midnight Oncilla)\"\nID=\"almalinux\"\nVERSION_ID=\"8.9\"",
                ["AlmaLinux", "8.9", "8", "Midnight Oncilla", "RedHat"],
            ),
            (
                "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"",
                ["CentOS", "9", "9", "Stream", "RedHat"],
            ),
            (
                "NAME=\"Oracle Linux Server\"\nVERSION=\"9.3\"\nID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.3\"",
                ["OracleLinux", "9.3", "9", "NA", "RedHat"],
            ),
            (
                "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"",
                ["Amazon", "2023", "2023", "NA", "RedHat"],
            ),
            (
                "NAME=\"MIRACLE LINUX\"\nID=\"miraclelinux\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9.2\"",
                ["MIRACLE LINUX", "9.2", "9", "NA", "RedHat"],
            ),
        ];
        for (release, wanted) in cases {
            assert_eq!(distribution_of(release, "13.2"), wanted, "{release}");
            assert_eq!(family(release), wanted[4], "{release}");
        }
    }
}
