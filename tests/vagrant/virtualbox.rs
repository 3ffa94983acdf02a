//! The Vagrantfile by Vagrant and the real VirtualBox, up to the start of the machines: that alone
//! needs the kernel module. What VirtualBox holds then is read in its own words.

use super::{HERE, printed, trueup_list};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What `showvminfo --machinereadable` says, by name.
type Info = BTreeMap<String, String>;

fn info(text: &str) -> Info {
    let bare = |text: &str| text.trim_matches('"').to_owned();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (bare(name), bare(value)))
        .collect()
}

/// Holds a machine against what the inventory says of its host.
fn judge(info: &Info, host: &str, declared: &Value) {
    let is = |name: &str, wanted: &str| {
        let found = info.get(name).map(String::as_str);
        assert_eq!(found, Some(wanted), "{name} of {host} in {info:#?}");
    };
    let number = |name: &str, default| declared[name].as_u64().unwrap_or(default).to_string();
    is("name", &format!("try-{host}"));
    is("memory", &number("lab_memory", 1024));
    is("cpus", &number("lab_cpus", 1));
    is("VMState", "poweroff");

    is("nic1", "nat");
    let forwarding = &info["Forwarding(0)"];
    assert!(forwarding.starts_with("ssh,tcp,127.0.0.1,") && forwarding.ends_with(",,22"));
    let further = declared["lab_addresses"].as_array().into_iter().flatten();
    let addresses: Vec<&str> = std::iter::once(&declared["ansible_host"])
        .chain(further)
        .map(|address| address.as_str().unwrap())
        .collect();
    for (at, address) in addresses.iter().enumerate() {
        let nic = at + 2;
        let network = address.split('.').nth(2).unwrap();
        is(&format!("nic{nic}"), "hostonly");
        is(
            &format!("hostonlyadapter{nic}"),
            &format!("vboxnet{network}"),
        );
        is(&format!("cableconnected{nic}"), "on");
    }
    is(&format!("nic{}", addresses.len() + 2), "none");

    // A linked clone's disk is a layer over the box's.
    let disks: Vec<&String> = info
        .iter()
        .filter(|(name, _)| {
            name.starts_with("SATA") && name.matches('-').count() == 2 && !name.contains("Image")
        })
        .map(|(_, disk)| disk)
        .filter(|disk| disk.contains('/'))
        .collect();
    assert!(disks[0].contains("/Snapshots/{"), "{disks:?}");
    let second = disks
        .get(1)
        .is_some_and(|disk| disk.ends_with("/lab-disk.vdi"));
    assert_eq!(
        second,
        declared.get("lab_disk_limit").is_some(),
        "{disks:?}"
    );
}

#[test]
#[ignore = "it needs root and 750 MB of VirtualBox: `make test-vagrant`"]
fn virtualbox_holds_what_the_inventory_declares() {
    let here = Path::new(HERE);
    let inventory = here.join("tests/inventories/machines/inventory.ini");
    let root = printed(&mut Command::new(here.join("dev/virtualbox")));
    let work = tempfile::tempdir().unwrap();
    let machines = ["db1", "client"];
    let mut up = Command::new("unshare");
    up.args(["--mount", "--propagation", "private"])
        .arg(here.join("tests/vagrant/virtualbox/up"))
        .args([root.trim().as_ref(), work.path(), &inventory])
        .args(machines);
    println!("{}", printed(&mut up));

    let read = |file: &str| std::fs::read_to_string(work.path().join(file)).unwrap();
    let list: Value = serde_json::from_str(&printed(&mut trueup_list(&inventory))).unwrap();
    for machine in machines {
        // It came as far as a machine without the kernel module goes.
        let told = read(&format!("{machine}.up"));
        assert!(told.contains("Command: [\"startvm\""), "{told}");
        let declared = &list["_meta"]["hostvars"][machine];
        judge(&info(&read(&format!("{machine}.info"))), machine, declared);
    }
    let status = read("status");
    for (machine, state) in [
        ("db1", "poweroff"),
        ("db2", "not_created"),
        ("client", "poweroff"),
    ] {
        assert!(
            status.contains(&format!("{machine},state,{state}\n")),
            "{status}"
        );
    }
    // Nothing is left but what linked clones were made of.
    let (left, disks) = (read("left"), read("disks"));
    assert!(!left.contains("try-") && left.contains("\"box_"), "{left}");
    assert!(
        !disks.contains("lab-disk") && !disks.contains("try-"),
        "{disks}"
    );
}
