//! What this machine must have before a lab can be made.

use std::path::Path;

use super::LabError;

/// Commands, and the Debian packages that bring them.
const TOOLS: [(&str, &str); 9] = [
    ("mmdebstrap", "mmdebstrap"),
    ("systemd-nspawn", "systemd-container"),
    ("iptables", "iptables"),
    ("ip", "iproute2"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("mount", "mount"),
    ("setsid", "util-linux"),
    ("mkfs.ext4", "e2fsprogs"),
];

/// Refuses, in words that help, where a lab could only fail half way.
pub(super) fn check() -> Result<(), LabError> {
    if !rustix::process::geteuid().is_root() {
        return Err(LabError::NotRoot);
    }
    missing(|tool| {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
            .iter()
            .any(|dir| Path::new(dir).join(tool).exists())
    })
}

fn missing(has: impl Fn(&str) -> bool) -> Result<(), LabError> {
    let lacking: Vec<_> = TOOLS.iter().filter(|(tool, _)| !has(tool)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<&str> = lacking.iter().map(|(_, package)| *package).collect();
    packages.dedup();
    let tools: Vec<&str> = lacking.iter().map(|(tool, _)| *tool).collect();
    Err(LabError::MissingTools {
        tools: tools.join(", "),
        packages: packages.join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tools_are_named_with_their_packages() {
        let error = missing(|tool| !tool.starts_with("ssh")).unwrap_err();
        insta::assert_snapshot!(error, @"the lab needs tools that are not installed (ssh, ssh-keygen): run `apt-get install openssh-client` or `make deps`");
        assert!(missing(|_| true).is_ok());
    }
}
