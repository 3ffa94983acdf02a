//! Processors, memory, mounts, the maker's names, and whether it is a machine at all.

use super::set;
use crate::facts::Said;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Adds them.
pub fn add(facts: &mut Map<String, Value>, said: &Said) {
    processors(facts, said);
    memory(facts, said.file("/proc/meminfo").unwrap_or_default());
    mounts(facts, said);
    let uptime = said
        .file("/proc/uptime")
        .and_then(|text| text.split(['.', ' ']).next()?.trim().parse::<u64>().ok());
    set(facts, "uptime_seconds", uptime);
    let loads: Vec<f64> = said
        .file("/proc/loadavg")
        .unwrap_or_default()
        .split_whitespace()
        .take(3)
        .filter_map(|word| word.parse().ok())
        .collect();
    if let [one, five, fifteen] = loads[..] {
        set(
            facts,
            "loadavg",
            json!({ "1m": one, "5m": five, "15m": fifteen }),
        );
    }
    for (name, file) in [
        ("product_name", "product_name"),
        ("product_version", "product_version"),
        ("product_serial", "product_serial"),
        ("product_uuid", "product_uuid"),
        ("system_vendor", "sys_vendor"),
        ("bios_vendor", "bios_vendor"),
        ("bios_version", "bios_version"),
        ("bios_date", "bios_date"),
        ("board_name", "board_name"),
        ("board_vendor", "board_vendor"),
    ] {
        set(facts, name, dmi(said, file).unwrap_or("NA"));
    }
}

fn dmi<'a>(said: &'a Said, file: &str) -> Option<&'a str> {
    said.file(&format!("/sys/class/dmi/id/{file}"))
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn processors(facts: &mut Map<String, Value>, said: &Said) {
    let mut list: Vec<Value> = Vec::new();
    let mut sockets = BTreeSet::new();
    let (mut count, mut cores, mut siblings) = (0u64, None, None);
    for line in said.text("cpu").lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        match name {
            "processor" => {
                count += 1;
                list.push(value.into());
            }
            "vendor_id" | "model name" | "Processor" => list.push(value.into()),
            "physical id" => {
                sockets.insert(value.to_owned());
            }
            "cpu cores" => cores = value.parse::<u64>().ok(),
            "siblings" => siblings = value.parse::<u64>().ok(),
            _ => {}
        }
    }
    let nproc = said
        .text("nproc")
        .trim()
        .parse::<u64>()
        .unwrap_or(count)
        .max(1);
    let packages = if sockets.is_empty() {
        count.max(1)
    } else {
        sockets.len() as u64
    };
    let cores = cores.unwrap_or(1).max(1);
    let threads = siblings.map_or(1, |siblings| (siblings / cores).max(1));
    set(facts, "processor", list);
    set(facts, "processor_count", packages);
    set(facts, "processor_cores", cores);
    set(facts, "processor_threads_per_core", threads);
    set(facts, "processor_vcpus", packages * cores * threads);
    set(facts, "processor_nproc", nproc);
}

fn memory(facts: &mut Map<String, Value>, text: &str) {
    let mb = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
            .unwrap_or(0)
            / 1024
    };
    let (total, free) = (mb("MemTotal"), mb("MemFree"));
    let unused = free + mb("Cached") + mb("Buffers");
    let (swap, swap_free) = (mb("SwapTotal"), mb("SwapFree"));
    set(facts, "memtotal_mb", total);
    set(facts, "memfree_mb", free);
    set(facts, "swaptotal_mb", swap);
    set(facts, "swapfree_mb", swap_free);
    set(
        facts,
        "memory_mb",
        json!({
            "real": { "total": total, "free": free, "used": total.saturating_sub(free) },
            "nocache": { "free": unused, "used": total.saturating_sub(unused) },
            "swap": { "total": swap, "free": swap_free, "used": swap.saturating_sub(swap_free), "cached": mb("SwapCached") },
        }),
    );
}

fn mounts(facts: &mut Map<String, Value>, said: &Said) {
    let sizes: Vec<(&str, Vec<u64>)> = said
        .text("sizes")
        .lines()
        .filter_map(|line| {
            let mut words = line.splitn(6, ' ');
            let numbers: Vec<u64> = words
                .by_ref()
                .take(5)
                .filter_map(|word| word.parse().ok())
                .collect();
            Some((words.next()?, numbers))
        })
        .collect();
    let mut list = Vec::new();
    for line in said.text("mounts").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [device, mount, fstype, options, ..] = words[..] else {
            continue;
        };
        let mut entry = Map::new();
        for (name, value) in [
            ("device", device),
            ("mount", mount),
            ("fstype", fstype),
            ("options", options),
        ] {
            entry.insert(name.into(), value.into());
        }
        for name in ["dump", "passno"] {
            entry.insert(name.into(), 0.into());
        }
        let found = sizes
            .iter()
            .find(|(name, _)| *name == mount)
            .map(|(_, numbers)| numbers.as_slice());
        if let Some([block, total, available, inodes, inodes_free]) = found {
            for (name, value) in [
                ("block_size", *block),
                ("block_total", *total),
                ("block_available", *available),
                ("block_used", total.saturating_sub(*available)),
                ("size_total", total * block),
                ("size_available", available * block),
                ("inode_total", *inodes),
                ("inode_available", *inodes_free),
                ("inode_used", inodes.saturating_sub(*inodes_free)),
            ] {
                entry.insert(name.into(), value.into());
            }
        }
        list.push(Value::from(entry));
    }
    set(facts, "mounts", list);
}

/// What it runs on, by what containers leave behind and by the maker's names.
pub fn add_virtualization(facts: &mut Map<String, Value>, said: &Said) {
    let there = |path: &str| said.text("exists").lines().any(|line| line == path);
    let container = said
        .file("/run/systemd/container")
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let product = dmi(said, "product_name").unwrap_or_default();
    let vendor = dmi(said, "sys_vendor").unwrap_or_default();
    let bios = dmi(said, "bios_vendor").unwrap_or_default();
    let kind = if there("/.dockerenv") {
        Some("docker")
    } else if there("/run/.containerenv") {
        Some("podman")
    } else if let Some(container) = container {
        Some(if container == "systemd-nspawn" {
            "container"
        } else {
            container
        })
    } else if said.env.get("container").is_some_and(|kind| kind == "lxc") {
        Some("lxc")
    } else if there("/proc/vz") {
        Some("openvz")
    } else if product.contains("VirtualBox") || bios == "innotek GmbH" {
        Some("virtualbox")
    } else if product.contains("VMware") || vendor.contains("VMware") {
        Some("VMware")
    } else if ["KVM", "Google Compute Engine", "Standard PC"]
        .iter()
        .any(|word| product.contains(word))
        || [
            "QEMU",
            "Amazon EC2",
            "Google",
            "Hetzner",
            "DigitalOcean",
            "OpenStack Foundation",
            "oVirt",
        ]
        .contains(&vendor)
    {
        Some("kvm")
    } else if vendor == "Microsoft Corporation" {
        Some("VirtualPC")
    } else if there("/proc/xen") {
        Some("xen")
    } else {
        None
    };
    let guest: Vec<&str> = match kind {
        Some("container") => vec![container.unwrap_or("container"), "container"],
        Some(kind)
            if container.is_some() || ["docker", "podman", "lxc", "openvz"].contains(&kind) =>
        {
            vec![kind, "container"]
        }
        Some(kind) => vec![kind],
        None => Vec::new(),
    };
    set(
        facts,
        "virtualization_role",
        if kind.is_some() { "guest" } else { "NA" },
    );
    set(facts, "virtualization_type", kind.unwrap_or("NA"));
    set(facts, "virtualization_tech_guest", guest);
    set(facts, "virtualization_tech_host", Vec::<Value>::new());
}
