//! What others may reach or read.

use super::kept;
use crate::lab::Lab;
use std::fs;
use std::os::unix::fs::PermissionsExt;

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

/// Every listener is bound to loopback or to the cluster's network.
#[track_caller]
pub fn ports(lab: &Lab, exposure: &Exposure) {
    for (host, port) in exposure.listeners {
        let listening = lab.ask(
            host,
            &format!("ss -Hltn 'sport = :{port}' | awk '{{ print $4 }}'"),
        );
        assert!(
            !listening.is_empty(),
            "nobody listens on port {port} of {host}"
        );
        for address in listening.lines() {
            assert!(
                // What is mapped into IPv6 (a Java socket) is the same address.
                ["127.0.0.1:", "[::1]:", "[::ffff:127.0.0.1]:"]
                    .iter()
                    .any(|narrow| address.starts_with(narrow))
                    || address
                        .trim_start_matches("[::ffff:")
                        .starts_with(exposure.network),
                "{host} listens on {address}"
            );
        }
    }
}

/// No password that the controller keeps is in a process list, a log or a file that others read.
#[track_caller]
pub fn passwords(lab: &Lab, exposure: &Exposure) {
    let mut patterns = Vec::new();
    for entry in fs::read_dir(kept(lab).join("passwords")).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        let kept = fs::read_to_string(&path).unwrap();
        let password = kept.split_whitespace().next().unwrap();
        // The words of the search itself are no find: the brackets keep them apart.
        patterns.push(format!("[{}]{}", &password[..1], &password[1..]));
    }
    assert!(patterns.len() >= 4, "the controller keeps passwords");
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
