//! The lab's networks: bridges, and the way out of the first through this machine.
//!
//! Every rule carries the lab's name as its comment, the bridge carries it as its alias; nothing
//! without that mark is ever changed.

use std::fs;
use std::path::PathBuf;

use super::command::{run, succeeds};
use super::error::Trying;
use super::{Folders, LabError, LabSpec, Subnet};

const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// Makes what is missing of the bridges and the rules.
pub(super) fn up(folders: &Folders, lab: &LabSpec) -> Result<(), LabError> {
    ensure_bridge(lab, lab.subnet)?;
    take_gateway(lab.subnet)?;
    for network in lab.further_networks()? {
        ensure_bridge(lab, network)?;
    }
    for rule in rules(lab)? {
        if !succeeds(rule.words("-C"))? {
            run(rule.words(rule.add))?;
        }
    }
    let now = fs::read_to_string(FORWARDING).trying(|| format!("read {FORWARDING}"))?;
    if now.trim() == "0" {
        let mark = forwarding_mark(folders);
        fs::write(&mark, "").trying(|| format!("write {}", mark.display()))?;
        fs::write(FORWARDING, "1").trying(|| "let this machine forward packets".into())?;
    }
    Ok(())
}

/// Removes the bridges and the rules.
pub(super) fn remove(lab: &LabSpec) -> Result<(), LabError> {
    for rule in rules(lab)? {
        while succeeds(rule.words("-C"))? {
            run(rule.words("-D"))?;
        }
    }
    for network in lab.further_networks()?.into_iter().chain([lab.subnet]) {
        let bridge = network.bridge();
        if alias(&bridge).as_deref() == Some(&mark(lab)) {
            run(["ip", "link", "del", &bridge])?;
        }
    }
    Ok(())
}

/// Turns forwarding off again if it was labs that turned it on; for the last lab to call.
pub(super) fn restore_forwarding(folders: &Folders) -> Result<(), LabError> {
    let mark = forwarding_mark(folders);
    if mark.exists() {
        fs::write(FORWARDING, "0").trying(|| "stop forwarding packets".into())?;
        fs::remove_file(&mark).trying(|| format!("remove {}", mark.display()))?;
    }
    Ok(())
}

/// Plugs or unplugs this machine's end of a host's cable; tells whether there was one.
pub(super) fn set_link(link: &str, up: bool) -> Result<bool, LabError> {
    if !exists(link) {
        return Ok(false);
    }
    let changed = run(["ip", "link", "set", link, if up { "up" } else { "down" }]);
    // The host may go away while we ask; then its cable is gone with it.
    if exists(link) {
        changed.map(|_| true)
    } else {
        Ok(false)
    }
}

/// Joins a cable that was made with its host to a bridge; tells whether there is one already. One
/// that is joined stays as it is: it may have been unplugged on purpose.
pub(super) fn join(link: &str, network: Subnet) -> Result<bool, LabError> {
    if !exists(link) {
        return Ok(false);
    }
    if !interface(link).join("master").exists() {
        run(["ip", "link", "set", link, "master", &network.bridge(), "up"])?;
    }
    Ok(true)
}

/// Whether the interface is there.
pub(super) fn exists(link: &str) -> bool {
    interface(link).exists()
}

/// Whether the interface is there and plugged in.
pub(super) fn is_up(link: &str) -> bool {
    fs::read_to_string(interface(link).join("operstate")).is_ok_and(|state| state.trim() == "up")
}

/// Removes an interface that outlived its host.
pub(super) fn remove_link(link: &str) -> Result<(), LabError> {
    if exists(link) {
        run(["ip", "link", "del", link]).map(drop)
    } else {
        Ok(())
    }
}

fn interface(name: &str) -> PathBuf {
    PathBuf::from("/sys/class/net").join(name)
}

fn forwarding_mark(folders: &Folders) -> PathBuf {
    folders.state().join(".forwarding-was-off")
}

fn mark(lab: &LabSpec) -> String {
    format!("trueup-lab:{}", lab.name)
}

fn alias(interface_name: &str) -> Option<String> {
    let text = fs::read_to_string(interface(interface_name).join("ifalias")).ok()?;
    Some(text.trim().to_owned())
}

fn ensure_bridge(lab: &LabSpec, network: Subnet) -> Result<(), LabError> {
    let bridge = network.bridge();
    match alias(&bridge) {
        Some(alias) if alias == mark(lab) => {}
        Some(alias) => {
            let owner = alias.strip_prefix("trueup-lab:").unwrap_or("somebody else");
            return Err(LabError::Spec(format!(
                "the network {network} is taken by the lab `{owner}`: destroy that one, or give `{}` other addresses",
                lab.name
            )));
        }
        None => {
            refuse_taken(lab, network)?;
            // A bridge without an address of its own takes that of a port, and loses it with the port.
            let gateway = network.gateway().octets();
            let hardware = gateway.map(|byte| format!("{byte:02x}")).join(":");
            run([
                "ip",
                "link",
                "add",
                &bridge,
                "address",
                &format!("02:74:{hardware}"),
                "type",
                "bridge",
            ])?;
            run(["ip", "link", "set", &bridge, "alias", &mark(lab)])?;
        }
    }
    run(["ip", "link", "set", &bridge, "up"]).map(drop)
}

/// Makes this machine the way out of a network. A further network has none: a packet that could
/// come and go by this machine would hide that the way between the hosts is cut.
fn take_gateway(network: Subnet) -> Result<(), LabError> {
    let address = format!("{}/{}", network.gateway(), network.prefix());
    run(["ip", "addr", "replace", &address, "dev", &network.bridge()]).map(drop)
}

fn refuse_taken(lab: &LabSpec, network: Subnet) -> Result<(), LabError> {
    let routes = run(["ip", "-4", "route", "show", "root", &network.to_string()])?;
    match routes.lines().next() {
        None => Ok(()),
        Some(route) => Err(LabError::Spec(format!(
            "this machine has a way into {network} already (`{}`): give `{}` other addresses",
            route.trim(),
            lab.name
        ))),
    }
}

struct Rule {
    table: &'static str,
    chain: &'static str,
    add: &'static str,
    matches: Vec<String>,
}

impl Rule {
    fn words(&self, action: &str) -> Vec<String> {
        let head = ["iptables", "-w", "10", "-t", self.table, action, self.chain];
        head.iter()
            .map(ToString::to_string)
            .chain(self.matches.iter().cloned())
            .collect()
    }
}

fn rules(lab: &LabSpec) -> Result<Vec<Rule>, LabError> {
    let (net, bridge) = (lab.subnet.to_string(), lab.subnet.bridge());
    let rule = |table, chain, add, text: String| {
        let comment = ["-m".into(), "comment".into(), "--comment".into(), mark(lab)];
        let matches = text
            .split(' ')
            .map(ToOwned::to_owned)
            .chain(comment)
            .collect();
        Rule {
            table,
            chain,
            add,
            matches,
        }
    };
    // Other rules of the machine (a firewall, Docker) may drop what is forwarded, so ours go first.
    let mut rules = vec![
        rule(
            "nat",
            "POSTROUTING",
            "-A",
            format!("-s {net} ! -d {net} -j MASQUERADE"),
        ),
        rule("filter", "FORWARD", "-I", format!("-i {bridge} -j ACCEPT")),
        rule(
            "filter",
            "FORWARD",
            "-I",
            format!("-o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
        ),
    ];
    // Where the machine filters what crosses a bridge (Docker turns that on), so do these.
    for network in lab.further_networks()? {
        let bridge = network.bridge();
        rules.push(rule(
            "filter",
            "FORWARD",
            "-I",
            format!("-i {bridge} -o {bridge} -j ACCEPT"),
        ));
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{HostSpec, Image, Login, VmSpec};

    #[test]
    fn every_rule_is_marked_with_the_labs_name() {
        let lab = LabSpec {
            name: "try".into(),
            subnet: "10.77.1.0/24".parse().unwrap(),
            hosts: vec![HostSpec {
                name: "a".into(),
                address: [10, 77, 1, 11].into(),
                more_addresses: vec![[10, 78, 1, 11].into()],
                image: Image::Debian13,
                login: Login::Sudo,
                disk_limit: None,
                vm: VmSpec::default(),
            }],
        };
        let text = rules(&lab)
            .unwrap()
            .iter()
            .map(|rule| rule.words(rule.add).join(" "))
            .collect::<Vec<_>>()
            .join("\n");
        insta::assert_snapshot!(text, @"
        iptables -w 10 -t nat -A POSTROUTING -s 10.77.1.0/24 ! -d 10.77.1.0/24 -j MASQUERADE -m comment --comment trueup-lab:try
        iptables -w 10 -t filter -I FORWARD -i tub-0a4d0100 -j ACCEPT -m comment --comment trueup-lab:try
        iptables -w 10 -t filter -I FORWARD -o tub-0a4d0100 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT -m comment --comment trueup-lab:try
        iptables -w 10 -t filter -I FORWARD -i tub-0a4e0100 -o tub-0a4e0100 -j ACCEPT -m comment --comment trueup-lab:try
        ");
    }
}
