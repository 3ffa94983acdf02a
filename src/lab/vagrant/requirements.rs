//! What this machine must have before Vagrant is asked for anything.

use std::fs;
use std::path::Path;

use super::hypervisor::{Hypervisor, Installed, Run};
use super::version::{Platform, Version};
use super::{host_only_nets, networks_conf, version};
use crate::lab::{LabError, LabSpec, Subnet};

/// Refuses, in words that help, where a lab could only fail half way.
pub(super) fn check(hypervisor: Hypervisor, lab: &LabSpec) -> Result<(), LabError> {
    tools(hypervisor, has)?;
    let networks = networks(lab)?;
    if hypervisor == Hypervisor::VirtualBox {
        let vagrant = ask("vagrant")?;
        let virtualbox = ask("VBoxManage")?;
        let platform = Platform::here();
        version::fit(vagrant, virtualbox, platform).map_err(LabError::Machine)?;
        allowed(&networks, virtualbox, platform, &Installed)?;
    }
    for network in networks {
        // The machine can't have one address in two networks.
        if Path::new("/sys/class/net").join(network.bridge()).exists() {
            return Err(LabError::Machine(format!(
                "a lab of containers holds the network {network} on this machine: destroy it first, or give this one other addresses"
            )));
        }
    }
    Ok(())
}

/// Refuses networks that VirtualBox, or Vagrant with it, would refuse half way.
fn allowed(
    networks: &[Subnet],
    virtualbox: Version,
    platform: Platform,
    tool: &impl Run,
) -> Result<(), LabError> {
    if platform != Platform::Other && virtualbox >= host_only_nets::SINCE {
        let listed = tool.run(&["VBoxManage", "list", "hostonlynets"])?;
        let mut networks = networks.iter();
        return networks
            .try_for_each(|network| host_only_nets::check(*network, &listed))
            .map_err(LabError::Machine);
    }
    let conf = fs::read_to_string(networks_conf::PATH).ok();
    let mut networks = networks.iter();
    networks
        .try_for_each(|network| networks_conf::check(*network, conf.as_deref()))
        .map_err(LabError::Spec)
}

/// Refuses where a program is missing.
pub(super) fn tools(hypervisor: Hypervisor, has: impl Fn(&str) -> bool) -> Result<(), LabError> {
    let (tool, from) = match hypervisor {
        Hypervisor::VirtualBox => (
            "VBoxManage",
            "VirtualBox, from https://www.virtualbox.org/wiki/Downloads",
        ),
        Hypervisor::Libvirt => (
            "virsh",
            "libvirt and Vagrant's plugin for it, on Debian by `apt-get install libvirt-clients libvirt-daemon-system vagrant-libvirt`",
        ),
    };
    let needed = [
        (
            "vagrant",
            "Vagrant (2.4.9 or newer), from https://developer.hashicorp.com/vagrant/install",
        ),
        (tool, from),
        ("ssh", "OpenSSH's client"),
        ("ssh-keygen", "OpenSSH's client"),
    ];
    match needed.into_iter().find(|(program, _)| !has(program)) {
        None => Ok(()),
        Some((program, from)) => Err(LabError::Machine(format!(
            "the lab needs `{program}`, which is not in PATH: install {from}"
        ))),
    }
}

/// Whether a program is in PATH.
pub(super) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn ask(program: &str) -> Result<Version, LabError> {
    let said = Installed.run(&[program, "--version"])?;
    Version::read(&said).ok_or_else(|| {
        LabError::Machine(format!(
            "`{program} --version` says no version, but: {}",
            said.trim()
        ))
    })
}

fn networks(lab: &LabSpec) -> Result<Vec<Subnet>, LabError> {
    let mut networks = vec![lab.subnet];
    networks.extend(lab.further_networks()?);
    Ok(networks)
}

#[cfg(test)]
mod tests {
    use super::super::hypervisor::recording::Recording;
    use super::*;

    #[test]
    fn on_macos_virtualbox_itself_says_which_networks_are_taken() {
        let tool = || {
            let wide = "Name: wide\nState: Enabled\nNetworkMask: 255.0.0.0\nLowerIP: 10.0.0.1\n";
            Recording::new(&[("VBoxManage list hostonlynets", Ok(wide))])
        };
        let network = ["10.77.1.0/24".parse().unwrap()];
        let said = |version, platform| {
            let tool = tool();
            let said = allowed(&network, version, platform, &tool)
                .unwrap_err()
                .to_string();
            (said, tool.calls())
        };
        let (said_new, asked) = said(Version(7, 0, 0), Platform::Mac);
        assert!(said_new.contains("host-only network `wide`"), "{said_new}");
        assert_eq!(asked, "VBoxManage list hostonlynets");
        for (version, platform) in [
            (Version(6, 1, 50), Platform::Mac),
            (Version(7, 2, 0), Platform::Other),
        ] {
            let (said_old, asked) = said(version, platform);
            assert!(said_old.contains(networks_conf::PATH), "{said_old}");
            assert_eq!(asked, "");
        }
    }

    #[test]
    fn a_missing_program_is_named_with_where_to_get_it() {
        let lacking = |hypervisor, lacking: &str| {
            tools(hypervisor, |program| program != lacking)
                .unwrap_err()
                .to_string()
        };
        let said = [
            lacking(Hypervisor::VirtualBox, "vagrant"),
            lacking(Hypervisor::VirtualBox, "VBoxManage"),
            lacking(Hypervisor::Libvirt, "virsh"),
        ];
        insta::assert_snapshot!(said.join("\n"), @"
        the lab needs `vagrant`, which is not in PATH: install Vagrant (2.4.9 or newer), from https://developer.hashicorp.com/vagrant/install
        the lab needs `VBoxManage`, which is not in PATH: install VirtualBox, from https://www.virtualbox.org/wiki/Downloads
        the lab needs `virsh`, which is not in PATH: install libvirt and Vagrant's plugin for it, on Debian by `apt-get install libvirt-clients libvirt-daemon-system vagrant-libvirt`
        ");
        assert!(tools(Hypervisor::Libvirt, |program| program != "VBoxManage").is_ok());
    }
}
