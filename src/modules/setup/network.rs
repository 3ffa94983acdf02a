//! Interfaces, addresses, routes and name servers.

use super::set;
use crate::facts::Said;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Adds them.
pub fn add(facts: &mut Map<String, Value>, said: &Said) {
    let mut interfaces = links(said.text("link"));
    let (mut four, mut six) = (Vec::new(), Vec::new());
    for line in said.text("addr").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, name, family, address, ..] = words[..] else {
            continue;
        };
        let name = name.trim_end_matches(':').split('@').next().unwrap_or(name);
        let after = |word: &str| {
            words
                .iter()
                .position(|other| *other == word)
                .and_then(|at| words.get(at + 1))
                .copied()
        };
        let (ip, prefix) = address
            .split_once('/')
            .unwrap_or((address, if family == "inet" { "32" } else { "128" }));
        let interface = interfaces.entry(name.to_owned()).or_default();
        match family {
            "inet" => {
                let entry = ipv4(ip, prefix, after("brd"));
                if interface.contains_key("ipv4") {
                    let more = interface
                        .entry("ipv4_secondaries")
                        .or_insert_with(|| json!([]));
                    if let Value::Array(more) = more {
                        more.push(entry);
                    }
                } else {
                    interface.insert("ipv4".into(), entry);
                }
                if !ip.starts_with("127.") {
                    four.push(ip.to_owned());
                }
            }
            "inet6" => {
                let scope = after("scope").unwrap_or_default();
                let entry = json!({ "address": ip, "prefix": prefix, "scope": scope });
                if let Value::Array(list) = interface.entry("ipv6").or_insert_with(|| json!([])) {
                    list.push(entry);
                }
                if ip != "::1" {
                    six.push(ip.to_owned());
                }
            }
            _ => {}
        }
    }
    set(
        facts,
        "default_ipv4",
        default(said.text("route4"), &interfaces, "ipv4"),
    );
    set(
        facts,
        "default_ipv6",
        default(said.text("route6"), &interfaces, "ipv6"),
    );
    set(facts, "all_ipv4_addresses", four);
    set(facts, "all_ipv6_addresses", six);
    set(
        facts,
        "interfaces",
        interfaces.keys().cloned().collect::<Vec<_>>(),
    );
    for (name, interface) in interfaces {
        set(facts, &name.replace(['-', '.', ':'], "_"), interface);
    }
    set(
        facts,
        "dns",
        dns(said.file("/etc/resolv.conf").unwrap_or_default()),
    );
}

fn links(text: &str) -> BTreeMap<String, Map<String, Value>> {
    let mut interfaces: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (Some(name), Some(flags)) = (words.get(1), words.get(2)) else {
            continue;
        };
        let name = name
            .trim_end_matches(':')
            .split('@')
            .next()
            .unwrap_or_default();
        let after = |word: &str| {
            words
                .iter()
                .position(|other| *other == word)
                .and_then(|at| words.get(at + 1))
        };
        let flags: Vec<&str> = flags.trim_matches(['<', '>']).split(',').collect();
        let mut interface = Map::new();
        interface.insert("device".into(), name.into());
        interface.insert("active".into(), flags.contains(&"UP").into());
        interface.insert("promisc".into(), flags.contains(&"PROMISC").into());
        if let Some(mtu) = after("mtu").and_then(|mtu| mtu.parse::<u32>().ok()) {
            interface.insert("mtu".into(), mtu.into());
        }
        if let Some(at) = words.iter().position(|word| word.starts_with("link/")) {
            let kind = words[at].trim_start_matches("link/");
            interface.insert("type".into(), kind.into());
            if let (false, Some(mac)) = (kind == "loopback", words.get(at + 1)) {
                interface.insert("macaddress".into(), (*mac).into());
            }
        }
        interfaces.insert(name.to_owned(), interface);
    }
    interfaces
}

fn ipv4(ip: &str, prefix: &str, broadcast: Option<&str>) -> Value {
    let bits = prefix.parse::<u32>().unwrap_or(32).min(32);
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    let network = ip
        .parse::<Ipv4Addr>()
        .map(|ip| Ipv4Addr::from(u32::from(ip) & mask).to_string());
    json!({
        "address": ip, "broadcast": broadcast.unwrap_or_default(), "netmask": Ipv4Addr::from(mask).to_string(),
        "network": network.unwrap_or_default(), "prefix": prefix,
    })
}

/// The interface, gateway and address by which the world is reached.
fn default(route: &str, interfaces: &BTreeMap<String, Map<String, Value>>, family: &str) -> Value {
    let words: Vec<&str> = route.split_whitespace().collect();
    let after = |word: &str| {
        words
            .iter()
            .position(|other| *other == word)
            .and_then(|at| words.get(at + 1))
            .copied()
    };
    let Some((name, address)) = after("dev").zip(after("src")) else {
        return json!({});
    };
    let mut found = Map::new();
    found.insert("interface".into(), name.into());
    found.insert("address".into(), address.into());
    if let Some(gateway) = after("via") {
        found.insert("gateway".into(), gateway.into());
    }
    let Some(interface) = interfaces.get(name) else {
        return found.into();
    };
    for key in ["macaddress", "mtu", "type"] {
        if let Some(value) = interface.get(key) {
            found.insert(key.into(), value.clone());
        }
    }
    let all = ["ipv4", "ipv4_secondaries", "ipv6"]
        .iter()
        .filter_map(|key| interface.get(*key));
    let mut entries = all.flat_map(|entry| match entry {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    });
    if let Some(Value::Object(entry)) = entries.find(|entry| entry["address"] == address) {
        found.extend(entry.into_iter().filter(|(key, _)| key != "address"));
    }
    if family == "ipv4" {
        found.insert("alias".into(), name.into());
    }
    found.into()
}

fn dns(text: &str) -> Value {
    let mut dns = Map::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let list =
            |words: std::str::SplitWhitespace<'_>| words.map(Value::from).collect::<Vec<_>>();
        match words.next() {
            Some("nameserver") => {
                if let Value::Array(servers) = dns.entry("nameservers").or_insert_with(|| json!([]))
                {
                    servers.extend(list(words));
                }
            }
            Some("domain") => {
                dns.insert("domain".into(), words.next().into());
            }
            Some("search") => {
                dns.insert("search".into(), list(words).into());
            }
            Some("sortlist") => {
                dns.insert("sortlist".into(), list(words).into());
            }
            Some("options") => {
                let options = words.map(|word| match word.split_once(':') {
                    Some((name, value)) => (name.to_owned(), value.into()),
                    None => (word.to_owned(), true.into()),
                });
                dns.insert("options".into(), options.collect::<Map<_, _>>().into());
            }
            _ => {}
        }
    }
    dns.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = r"2: host0@if21: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\    link/ether 4a:58:8c:3b:4b:27 brd ff:ff:ff:ff:ff:ff link-netnsid 0";

    #[test]
    fn the_default_route_brings_its_interface_along() {
        let mut interfaces = links(LINK);
        interfaces
            .get_mut("host0")
            .unwrap()
            .insert("ipv4".into(), ipv4("10.79.1.11", "24", Some("10.79.1.255")));
        let found = default(
            "8.8.8.8 via 10.79.1.1 dev host0 src 10.79.1.11 uid 0 \n    cache",
            &interfaces,
            "ipv4",
        );
        assert_eq!(
            found,
            json!({
                "interface": "host0", "address": "10.79.1.11", "gateway": "10.79.1.1", "alias": "host0",
                "macaddress": "4a:58:8c:3b:4b:27", "mtu": 1500, "type": "ether",
                "broadcast": "10.79.1.255", "netmask": "255.255.255.0", "network": "10.79.1.0", "prefix": "24",
            })
        );
    }

    #[test]
    fn name_servers_and_options_are_read() {
        let found = dns(
            "# x\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch a b\noptions ndots:2 rotate\n",
        );
        assert_eq!(
            found,
            json!({
                "nameservers": ["10.0.0.1", "10.0.0.2"], "search": ["a", "b"],
                "options": { "ndots": "2", "rotate": true },
            })
        );
    }
}
