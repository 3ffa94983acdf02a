//! What makes a copy of the image a host of its own: name, address, identity, login.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::Path;

use super::command::{command, run, stream};
use super::error::Trying;
use super::spec::FurtherLink;
use super::{HostSpec, LabError, LabSpec, Login, keys};

/// Writes the host's own files under its mounted root; `key` is the public key that may log in.
/// Returns the public half of the ssh key that the host proves itself by.
pub(super) fn write(
    root: &Path,
    lab: &LabSpec,
    host: &HostSpec,
    key: &str,
) -> Result<String, LabError> {
    put(root, "etc/hostname", &format!("{}\n", host.name), 0o644)?;
    put(
        root,
        "etc/hosts",
        &format!("127.0.0.1 localhost\n127.0.1.1 {}\n", host.name),
        0o644,
    )?;
    put(root, "etc/machine-id", &machine_id()?, 0o444)?;
    put(
        root,
        "etc/systemd/network/10-lab.network",
        &network(lab, host),
        0o644,
    )?;
    for link in host.further_links()? {
        let file = format!("etc/systemd/network/10-lab-{}.network", link.inside);
        put(root, &file, &further_network(&link), 0o644)?;
    }
    let host_key = root.join("etc/ssh/ssh_host_ed25519_key");
    keys::make_key(&host_key, &format!("root@{}", host.name))?;
    allow_login(root, host.login, key)?;
    let public = host_key.with_extension("pub");
    fs::read_to_string(&public).trying(|| format!("read {}", public.display()))
}

/// Writes what may change from boot to boot: this machine's name servers.
pub(super) fn refresh(root: &Path) -> Result<(), LabError> {
    let own = read_resolvers("/etc/resolv.conf");
    let text = if loopback_only(&own) {
        read_resolvers("/run/systemd/resolve/resolv.conf")
    } else {
        own
    };
    if loopback_only(&text) {
        return Err(LabError::Spec(
            "the hosts can't use this machine's name server, it listens on the machine itself only: \
             put one that the network reaches into /etc/resolv.conf"
                .into(),
        ));
    }
    let _not_there = fs::remove_file(root.join("etc/resolv.conf"));
    put(root, "etc/resolv.conf", &text, 0o644)
}

fn read_resolvers(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn loopback_only(text: &str) -> bool {
    let servers = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    servers
        .map(str::trim)
        .all(|server| server.starts_with("127.") || server == "::1")
}

fn machine_id() -> Result<String, LabError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|source| LabError::Io {
        what: "ask the kernel for random bytes".into(),
        source: std::io::Error::other(source.to_string()),
    })?;
    Ok(format!("{:032x}\n", u128::from_be_bytes(bytes)))
}

fn network(lab: &LabSpec, host: &HostSpec) -> String {
    format!(
        "[Match]\nName=host0\n\n[Network]\nAddress={}/{}\nGateway={}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n",
        host.address,
        lab.subnet.prefix(),
        lab.subnet.gateway()
    )
}

/// It leads nowhere but to its neighbours, so the way out stays the lab's own network.
fn further_network(link: &FurtherLink) -> String {
    format!(
        "[Match]\nName={}\n\n[Network]\nAddress={}/{}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n",
        link.inside,
        link.address,
        link.network.prefix()
    )
}

fn allow_login(root: &Path, login: Login, key: &str) -> Result<(), LabError> {
    let root_text = root.to_string_lossy();
    let (home, owner) = match login {
        Login::Sudo => {
            run([
                "chroot",
                &root_text,
                "useradd",
                "--uid",
                "1000",
                "--create-home",
                "--shell",
                "/bin/bash",
                "lab",
            ])?;
            put(
                root,
                "etc/sudoers.d/lab",
                "lab ALL=(ALL:ALL) NOPASSWD: ALL\n",
                0o440,
            )?;
            ("home/lab", 1000)
        }
        Login::Bare => {
            let mut purge = command(["chroot", &root_text, "dpkg", "--purge"]);
            purge.args(["sudo", "sudo-rs"]);
            // Its removal is refused while root has no password, as here.
            purge.env("SUDO_FORCE_REMOVE", "yes");
            stream(purge, std::time::Duration::from_secs(60), |_, _| ())?;
            ("root", 0)
        }
    };
    let folder = root.join(home).join(".ssh");
    if !folder.exists() {
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .trying(|| format!("make {}", folder.display()))?;
    }
    let keys = format!("{home}/.ssh/authorized_keys");
    put(root, &keys, key, 0o600)?;
    for path in [folder, root.join(keys)] {
        chown(&path, Some(owner), Some(owner))
            .trying(|| format!("set the owner of {}", path.display()))?;
    }
    Ok(())
}

fn put(root: &Path, path: &str, text: &str, mode: u32) -> Result<(), LabError> {
    use std::io::Write as _;
    let path = root.join(path);
    // A mode holds from the first byte only for a file that is new.
    let _not_there = fs::remove_file(&path);
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .trying(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_on_loopback_is_of_no_use_to_a_host() {
        assert!(loopback_only("nameserver 127.0.0.53\noptions edns0\n"));
        assert!(loopback_only(""));
        assert!(!loopback_only(
            "nameserver 127.0.0.53\nnameserver 10.0.0.2\n"
        ));
    }

    #[test]
    fn two_hosts_have_two_identities() {
        let (one, two) = (machine_id().unwrap(), machine_id().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.trim().len(), 32);
    }
}
