//! Vagrant's files of a lab: the Vagrantfile that trueup carries, and the machines that it reads.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::lab::error::Trying;
use crate::lab::files::write_whole;
use crate::lab::folders::LabFolder;
use crate::lab::{HostSpec, LabError, LabSpec, Login};

/// What lies beside each other in the sources' folder `vagrant`.
const FILES: [(&str, &str); 5] = [
    ("Vagrantfile", include_str!("../../../vagrant/Vagrantfile")),
    (
        "inventory.rb",
        include_str!("../../../vagrant/inventory.rb"),
    ),
    ("machine.sh", include_str!("../../../vagrant/machine.sh")),
    ("machines.rb", include_str!("../../../vagrant/machines.rb")),
    ("values.rb", include_str!("../../../vagrant/values.rb")),
];

/// The lab's machines, as an inventory.
pub(super) const MACHINES: &str = "inventory.yml";

/// Writes them anew: an older version's would not fit.
pub(super) fn write(folder: &LabFolder, lab: &LabSpec) -> Result<(), LabError> {
    let project = folder.vagrant();
    fs::create_dir_all(&project).trying(|| format!("make {}", project.display()))?;
    for (name, text) in FILES {
        write_whole(&project.join(name), text)?;
    }
    write_whole(&project.join(MACHINES), &format!("{:#}\n", inventory(lab)))
}

/// What was read of the person's inventory, which may lie elsewhere tomorrow, be several, or be
/// known to trueup alone. JSON is YAML.
fn inventory(lab: &LabSpec) -> Value {
    let hosts: BTreeMap<&str, Value> = lab
        .hosts
        .iter()
        .map(|host| (host.name.as_str(), variables(host)))
        .collect();
    json!({"all": {"vars": {"lab_subnet": lab.subnet}, "hosts": hosts}})
}

fn variables(host: &HostSpec) -> Value {
    let mut words = json!({
        "ansible_host": host.address,
        "lab_image": host.image,
        "lab_login": match host.login { Login::Sudo => "sudo", Login::Bare => "bare" },
        "lab_memory": host.vm.memory,
        "lab_cpus": host.vm.cpus,
    });
    if !host.more_addresses.is_empty() {
        words["lab_addresses"] = json!(host.more_addresses);
    }
    if let Some(limit) = &host.disk_limit {
        words["lab_disk_limit"] = json!(limit);
    }
    if let Some(name) = &host.vm.box_name {
        words["lab_box"] = json!(name);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{DiskLimit, Folders, Image, VmSpec};

    #[test]
    fn vagrant_reads_the_machines_that_the_lab_has() {
        let host = HostSpec {
            name: "pg-a".into(),
            address: "192.168.57.11".parse().unwrap(),
            more_addresses: vec!["192.168.61.11".parse().unwrap()],
            image: Image::Debian13,
            login: Login::Bare,
            disk_limit: Some(DiskLimit {
                path: "/srv".into(),
                mib: 64,
            }),
            vm: VmSpec {
                memory: 1536,
                cpus: 2,
                box_name: Some("mine".into()),
            },
        };
        let lab = LabSpec {
            name: "try".into(),
            subnet: "192.168.57.0/24".parse().unwrap(),
            hosts: vec![host],
        };
        let dir = tempfile::tempdir().unwrap();
        let folder = Folders::at(dir.path(), dir.path()).lab("try");
        write(&folder, &lab).unwrap();
        let text = fs::read_to_string(folder.vagrant().join(MACHINES)).unwrap();
        insta::assert_snapshot!(text, @r#"
        {
          "all": {
            "vars": {
              "lab_subnet": "192.168.57.0/24"
            },
            "hosts": {
              "pg-a": {
                "ansible_host": "192.168.57.11",
                "lab_image": "debian-13",
                "lab_login": "bare",
                "lab_memory": 1536,
                "lab_cpus": 2,
                "lab_addresses": [
                  "192.168.61.11"
                ],
                "lab_disk_limit": {
                  "path": "/srv",
                  "mib": 64
                },
                "lab_box": "mine"
              }
            }
          }
        }
        "#);
        assert!(folder.vagrant().join("Vagrantfile").exists());
    }
}
