//! How to get into a lab: its key, the hosts' keys, and a configuration for ssh.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use super::command::run;
use super::error::Trying;
use super::folders::LabFolder;
use super::{LabError, LabSpec};

/// Makes the key that opens the lab's hosts, and returns its public half.
pub(super) fn ensure_key(folder: &LabFolder, lab: &LabSpec) -> Result<String, LabError> {
    let (key, public) = (folder.key(), folder.public_key());
    if !public.exists() {
        // A killed ssh-keygen leaves only the private half; alone it is worth nothing.
        let _not_there = fs::remove_file(&key);
        make_key(&key, &format!("trueup-lab-{}", lab.name))?;
    }
    fs::read_to_string(&public).trying(|| format!("read {}", public.display()))
}

/// Makes an ssh key of its own at `path`.
pub(super) fn make_key(path: &Path, comment: &str) -> Result<(), LabError> {
    run([
        "ssh-keygen",
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        comment,
        "-f",
        &path.to_string_lossy(),
    ])
    .map(drop)
}

/// Writes down the keys that the hosts were given, and how to reach them.
pub(super) fn write_access(folder: &LabFolder, lab: &LabSpec) -> Result<(), LabError> {
    let mut known = String::new();
    for host in &lab.hosts {
        let path = folder.host(&host.name).host_key();
        let key = fs::read_to_string(&path).trying(|| format!("read {}", path.display()))?;
        known.push_str(&known_host(&host.name, &host.address.to_string(), &key));
    }
    for (path, text) in [
        (folder.known_hosts(), known),
        (folder.ssh_config(), ssh_config(folder, lab)),
    ] {
        fs::write(&path, text).trying(|| format!("write {}", path.display()))?;
    }
    give_to_caller(folder)
}

/// Under sudo the lab is root's, but the person who called sudo is to use its key.
fn give_to_caller(folder: &LabFolder) -> Result<(), LabError> {
    let id = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u32>().ok())
    };
    if let (Some(user), Some(group)) = (id("SUDO_UID"), id("SUDO_GID")) {
        for path in [
            folder.key(),
            folder.public_key(),
            folder.known_hosts(),
            folder.ssh_config(),
        ] {
            chown(&path, Some(user), Some(group))
                .trying(|| format!("give {} to you", path.display()))?;
        }
    }
    Ok(())
}

fn known_host(name: &str, address: &str, key: &str) -> String {
    let key: Vec<&str> = key.split_whitespace().take(2).collect();
    format!("{name},{address} {}\n", key.join(" "))
}

fn ssh_config(folder: &LabFolder, lab: &LabSpec) -> String {
    let mut text = String::new();
    for host in &lab.hosts {
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "Host {} {}\n  HostName {}\n  User {}\n",
            host.name,
            host.address,
            host.address,
            host.login.user()
        );
    }
    let _ = writeln!(
        text,
        "Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  HostKeyAlgorithms ssh-ed25519\n  ConnectTimeout 5",
        folder.key().display(),
        folder.known_hosts().display()
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Folders, HostSpec, Image, Login, VmSpec};

    #[test]
    fn ssh_is_told_where_each_host_is_and_whom_to_trust() {
        let host = |name: &str, last, login| HostSpec {
            name: name.into(),
            address: std::net::Ipv4Addr::new(10, 77, 1, last),
            more_addresses: vec![],
            image: Image::Debian13,
            login,
            disk_limit: None,
            vm: VmSpec::default(),
        };
        let hosts = vec![
            host("pg-a", 11, Login::Sudo),
            host("client", 15, Login::Bare),
        ];
        let lab = LabSpec {
            name: "try".into(),
            subnet: "10.77.1.0/24".parse().unwrap(),
            hosts,
        };
        insta::assert_snapshot!(ssh_config(&Folders::default().lab("try"), &lab), @r"
        Host pg-a 10.77.1.11
          HostName 10.77.1.11
          User lab

        Host client 10.77.1.15
          HostName 10.77.1.15
          User root

        Host *
          IdentityFile /var/lib/trueup/labs/try/key
          IdentitiesOnly yes
          UserKnownHostsFile /var/lib/trueup/labs/try/known_hosts
          GlobalKnownHostsFile /dev/null
          StrictHostKeyChecking yes
          HostKeyAlgorithms ssh-ed25519
          ConnectTimeout 5
        ");
        assert_eq!(
            known_host("a", "10.77.1.11", "ssh-ed25519 AAAA root@x\n"),
            "a,10.77.1.11 ssh-ed25519 AAAA\n"
        );
    }
}
