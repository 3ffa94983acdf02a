//! What others may reach or read.

use super::kept;
use crate::command::Ended;
use crate::lab::Lab;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Where a cluster could be open too wide.
pub struct Exposure {
    /// How its network's addresses begin.
    pub network: &'static str,
    /// On which hosts something listens.
    pub listeners: &'static [(&'static str, u16)],
    /// The hosts to search for passwords.
    pub searched: &'static [&'static str],
    /// The folders to search for files that others may read.
    pub folders: &'static str,
}

/// What shall listen does, and nothing but sshd listens beyond loopback and the cluster's network.
#[track_caller]
pub fn ports(lab: &Lab, exposure: &Exposure) {
    let mut hosts: Vec<&str> = exposure.listeners.iter().map(|(host, _)| *host).collect();
    hosts.dedup();
    for host in hosts {
        let told = lab.ask(host, "ss -Hltn 'sport != :22' | awk '{ print $4 }'");
        let listening: Vec<&str> = told
            .lines()
            .filter(|address| {
                // What is mapped into IPv6 (a Java socket) is the same address. systemd's resolver
                // names its interface.
                let address = address
                    .trim_start_matches("[::ffff:")
                    .trim_start_matches('[');
                !["127.0.0.", "::1"]
                    .iter()
                    .any(|own| address.starts_with(own))
            })
            .collect();
        for address in &listening {
            assert!(
                address
                    .trim_start_matches("[::ffff:")
                    .starts_with(exposure.network),
                "{host} listens on {address}"
            );
        }
        for (_, port) in exposure.listeners.iter().filter(|(at, _)| *at == host) {
            assert!(
                told.lines()
                    .any(|address| address.ends_with(&format!(":{port}"))),
                "nobody listens on port {port} of {host}: {told}"
            );
        }
    }
}

/// The passwords that the controller keeps, in files that nobody else may read.
#[track_caller]
fn kept_passwords(lab: &Lab) -> Vec<String> {
    let mut passwords = Vec::new();
    for entry in fs::read_dir(kept(lab).join("passwords")).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        let kept = fs::read_to_string(&path).unwrap();
        passwords.push(kept.split_whitespace().next().unwrap().to_owned());
    }
    assert!(passwords.len() >= 4, "the controller keeps passwords");
    passwords
}

/// No password that the controller keeps is in what a command told, nor in a file that it left in
/// `folder`.
#[track_caller]
pub fn told_passwords(lab: &Lab, told: &Ended, folder: &Path) {
    let mut texts = vec![("stdout".to_owned(), told.stdout.clone())];
    texts.push(("stderr".to_owned(), told.stderr.clone()));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            texts.push((path.display().to_string(), text));
        }
    }
    assert!(texts.len() > 2, "it left no file in {}", folder.display());
    for password in kept_passwords(lab) {
        for (name, text) in &texts {
            assert!(!text.contains(&password), "a password stands in {name}");
        }
    }
}

/// No password that the controller keeps is in a process list, a log or a file that others read.
#[track_caller]
pub fn passwords(lab: &Lab, exposure: &Exposure) {
    // The words of the search itself are no find: the brackets keep them apart.
    let patterns: Vec<String> = kept_passwords(lab)
        .iter()
        .map(|password| format!("[{}]{}", &password[..1], &password[1..]))
        .collect();
    let pattern = patterns.join("|");
    for host in exposure.searched {
        // What every user may read, every process's words, and the journal without sudo's own line
        // about this search.
        let found = lab.ssh(
            host,
            &format!(
                "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' | grep -cE '{pattern}'; \
                 sudo journalctl -b --no-pager | grep -v ' COMMAND=' | grep -cE '{pattern}'; \
                 grep -rlsE '{pattern}' {}",
                exposure.folders
            ),
        );
        assert_eq!(found.stdout.trim(), "0\n0", "a password is found on {host}");
    }
}
