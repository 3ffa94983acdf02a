//! The lab that an inventory declares.
//!
//! Each host with a `lab_image` is a host of the lab, under its `ansible_host`. `lab_login: bare`
//! makes one with root alone, `lab_subnet` says the network where it is not the hosts' /24,
//! `lab_addresses: [10.78.1.11]` gives a host a leg in further networks, each the /24 around the
//! address, and `lab_disk_limit: {path: /srv, mib: 64}` makes a folder small. Virtual machines get
//! `lab_memory` MiB and `lab_cpus` processors, and are clones of `lab_box`, a box of Vagrant's, where
//! it isn't to be the image's usual one. `lab_provider` says who makes the hosts.

use super::ending::Failure;
use crate::diag::{Diag, Span};
use crate::lab::{DiskLimit, HostSpec, Image, LabError, LabSpec, Login, Maker, Subnet, VmSpec};
use crate::model::{Inventory, VarMap};
use crate::template::Var;
use crate::yaml::{self, Node};
use std::net::Ipv4Addr;

/// Reads the lab out of an inventory; all that is wrong with it at once.
pub fn read(inventory: &Inventory) -> Result<LabSpec, Failure> {
    let mut hosts = Vec::new();
    let mut subnet = None;
    let mut errors = Vec::new();
    for name in inventory.hosts.keys() {
        let read = inventory.variables(name, None).and_then(|vars| {
            let host = host(name, &vars).map_err(|diag| vec![*diag])?;
            let network = network(&vars).map_err(|diag| vec![*diag])?;
            Ok(host.map(|host| (host, network)))
        });
        match read {
            Ok(Some((host, network))) => {
                subnet = subnet.or(network);
                hosts.push(host);
            }
            Ok(None) => {}
            Err(diags) => errors.extend(diags),
        }
    }
    if !errors.is_empty() {
        return Err(Failure::Input(errors));
    }
    let Some(first) = hosts.first() else {
        let diag = Diag::error("no host of the inventory has a `lab_image`");
        return Err(Failure::input(diag.help(
            "say which system each lab host boots, as in `lab_image: debian-13` in group_vars/all.yml",
        )));
    };
    let subnet = match subnet {
        Some(subnet) => subnet,
        None => Subnet::around(first.address).map_err(wrong)?,
    };
    let lab = LabSpec {
        name: inventory.name.clone(),
        subnet,
        hosts,
    };
    lab.validate().map_err(wrong)?;
    Ok(lab)
}

/// Who the inventory says shall make the hosts.
pub fn maker(inventory: &Inventory) -> Result<Option<Maker>, Failure> {
    let mut said: Option<(Maker, String)> = None;
    for name in inventory.hosts.keys() {
        let vars = inventory.variables(name, None).map_err(Failure::Input)?;
        let Some((word, span)) = text(&vars, "lab_provider") else {
            continue;
        };
        let maker: Maker = parse(&word, &span).map_err(|diag| Failure::input(*diag))?;
        match &said {
            Some((other, first)) if *other != maker => {
                let words =
                    format!("a lab has one provider, and this is not that of `{first}`: {other}");
                return Err(Failure::input(Diag::error(words).at(&span, "")));
            }
            _ => said = Some((maker, name.clone())),
        }
    }
    Ok(said.map(|(maker, _)| maker))
}

/// What is wrong with the lab's description is wrong input.
pub fn wrong(error: LabError) -> Failure {
    match error {
        LabError::Spec(_) | LabError::NoHost { .. } | LabError::NoLab(_) => {
            Failure::input(Diag::error(error.to_string()))
        }
        other => Failure::own(other),
    }
}

fn host(name: &str, vars: &VarMap) -> Result<Option<HostSpec>, Box<Diag>> {
    let Some((image, span)) = text(vars, "lab_image") else {
        return Ok(None);
    };
    let image: Image = parse(&image, &span)?;
    let Some((address, span)) = text(vars, "ansible_host") else {
        let diag = Diag::error(format!("the lab host `{name}` has no address"));
        return Err(Box::new(
            diag.help("give it an `ansible_host` in the lab's network"),
        ));
    };
    let address = address.parse().map_err(|_| {
        let diag = Diag::error(format!("`{address}` is no IPv4 address")).at(&span, "");
        Box::new(diag.help("a lab host's `ansible_host` is its address in the lab's network"))
    })?;
    let login = match text(vars, "lab_login") {
        None => Login::Sudo,
        Some((word, _)) if word == "sudo" => Login::Sudo,
        Some((word, _)) if word == "bare" => Login::Bare,
        Some((word, span)) => {
            let diag = Diag::error(format!("`{word}` is no lab login")).at(&span, "");
            return Err(Box::new(
                diag.help("use `sudo` or `bare`")
                    .suggest(&word, ["sudo", "bare"]),
            ));
        }
    };
    let disk_limit = match node(vars, "lab_disk_limit") {
        Some(node) => Some(disk_limit(node)?),
        None => None,
    };
    Ok(Some(HostSpec {
        name: name.to_owned(),
        address,
        more_addresses: more_addresses(vars)?,
        image,
        login,
        disk_limit,
        vm: vm(vars)?,
    }))
}

fn vm(vars: &VarMap) -> Result<VmSpec, Box<Diag>> {
    let usual = VmSpec::default();
    Ok(VmSpec {
        memory: number(vars, "lab_memory")?.unwrap_or(usual.memory),
        cpus: number(vars, "lab_cpus")?.unwrap_or(usual.cpus),
        box_name: text(vars, "lab_box").map(|(name, _)| name),
    })
}

fn number(vars: &VarMap, name: &str) -> Result<Option<u32>, Box<Diag>> {
    let Some(node) = node(vars, name) else {
        return Ok(None);
    };
    yaml::from_node(node).map(Some).map_err(|_| {
        Box::new(Diag::error(format!("`{name}` is a whole number")).at(&node.span, ""))
    })
}

fn network(vars: &VarMap) -> Result<Option<Subnet>, Box<Diag>> {
    text(vars, "lab_subnet")
        .map(|(text, span)| parse(&text, &span))
        .transpose()
}

fn more_addresses(vars: &VarMap) -> Result<Vec<Ipv4Addr>, Box<Diag>> {
    let help = "`lab_addresses` lists a host's addresses in further networks, as in [10.78.1.11]";
    let Some(node) = node(vars, "lab_addresses") else {
        return Ok(Vec::new());
    };
    let wrong =
        |words: String, node: &Node| Box::new(Diag::error(words).at(&node.span, "").help(help));
    let items = node
        .as_seq()
        .ok_or_else(|| wrong(format!("this is {}, not a list", node.kind()), node))?;
    let address = |item: &Node| match item.as_str() {
        Some(text) => text
            .parse()
            .map_err(|_| wrong(format!("`{text}` is no IPv4 address"), item)),
        None => Err(wrong(
            format!("this is {}, not an address", item.kind()),
            item,
        )),
    };
    items.iter().map(address).collect()
}

fn disk_limit(node: &Node) -> Result<DiskLimit, Box<Diag>> {
    yaml::from_node(node).map_err(|diags| {
        let first = diags.into_iter().next();
        Box::new(first.unwrap_or_else(|| Diag::error("a disk limit is `{path: /srv, mib: 64}`")))
    })
}

fn parse<T: std::str::FromStr<Err = LabError>>(text: &str, span: &Span) -> Result<T, Box<Diag>> {
    text.parse()
        .map_err(|error: LabError| Box::new(Diag::error(error.to_string()).at(span, "")))
}

fn node<'a>(vars: &'a VarMap, name: &str) -> Option<&'a Node> {
    match vars.get(name) {
        Some(Var::Node(node)) => Some(node),
        _ => None,
    }
}

fn text(vars: &VarMap, name: &str) -> Option<(String, Span)> {
    let node = node(vars, name)?;
    Some((node.as_str()?.to_owned(), node.span.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::render_diag;
    use std::path::PathBuf;

    fn lab_or_diags(inventory: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("try.yml");
        std::fs::write(&path, inventory).unwrap();
        let (inventory, _) = Inventory::load(&[path]).unwrap();
        let place = format!("{}/", folder.path().display());
        match read(&inventory) {
            Ok(lab) => serde_json::to_string_pretty(&lab).unwrap(),
            Err(Failure::Input(diags)) => {
                let text: String = diags.iter().map(|diag| render_diag(diag, false)).collect();
                text.replace(&place, "")
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn hosts_with_an_image_are_the_lab() {
        insta::assert_snapshot!(lab_or_diags("\
all:
  vars: {lab_image: debian-13}
  hosts:
    a: {ansible_host: 10.77.9.11}
    b:
      ansible_host: 10.77.9.12
      lab_image: debian-12
      lab_login: bare
      lab_addresses: [10.78.9.12]
      lab_disk_limit: {path: /srv, mib: 64}
      lab_memory: 2048
      lab_cpus: 2
      lab_box: mine
"), @r#"
        {
          "name": "try",
          "subnet": "10.77.9.0/24",
          "hosts": [
            {
              "name": "a",
              "address": "10.77.9.11",
              "more_addresses": [],
              "image": "debian-13",
              "login": "sudo",
              "disk_limit": null,
              "vm": {
                "memory": 1024,
                "cpus": 1,
                "box_name": null
              }
            },
            {
              "name": "b",
              "address": "10.77.9.12",
              "more_addresses": [
                "10.78.9.12"
              ],
              "image": "debian-12",
              "login": "bare",
              "disk_limit": {
                "path": "/srv",
                "mib": 64
              },
              "vm": {
                "memory": 2048,
                "cpus": 2,
                "box_name": "mine"
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        insta::assert_snapshot!(lab_or_diags("\
all:
  hosts:
    a: {ansible_host: 10.77.9.11, lab_image: debian-9}
    b: {ansible_host: pg-b, lab_image: debian-13}
    c: {lab_image: debian-13}
    d: {ansible_host: 10.77.9.14, lab_image: debian-13, lab_login: beer}
    e: {ansible_host: 10.77.9.15, lab_image: debian-13, lab_addresses: 10.78.9.15}
    f: {ansible_host: 10.77.9.16, lab_image: debian-13, lab_addresses: [10.78.9.16, etcd]}
    g: {ansible_host: 10.77.9.17, lab_image: debian-13, lab_memory: 2 GiB}
"), @"
        error: there is no lab image `debian-9`: use one of debian-12, debian-13, debian-14, ubuntu-24.04, ubuntu-26.04
         --> try.yml:3:46
          |
        3 |     a: {ansible_host: 10.77.9.11, lab_image: debian-9}
          |                                              ^^^^^^^^
        error: `pg-b` is no IPv4 address
         --> try.yml:4:23
          |
        4 |     b: {ansible_host: pg-b, lab_image: debian-13}
          |                       ^^^^
          |
          = help: a lab host's `ansible_host` is its address in the lab's network
        error: the lab host `c` has no address
          help: give it an `ansible_host` in the lab's network
        error: `beer` is no lab login
         --> try.yml:6:68
          |
        6 |     d: {ansible_host: 10.77.9.14, lab_image: debian-13, lab_login: beer}
          |                                                                    ^^^^
          |
          = help: use `sudo` or `bare`
          = help: did you mean `bare`?
        error: this is a string, not a list
         --> try.yml:7:72
          |
        7 |     e: {ansible_host: 10.77.9.15, lab_image: debian-13, lab_addresses: 10.78.9.15}
          |                                                                        ^^^^^^^^^^
          |
          = help: `lab_addresses` lists a host's addresses in further networks, as in [10.78.1.11]
        error: `etcd` is no IPv4 address
         --> try.yml:8:85
          |
        8 |     f: {ansible_host: 10.77.9.16, lab_image: debian-13, lab_addresses: [10.78.9.16, etcd]}
          |                                                                                     ^^^^
          |
          = help: `lab_addresses` lists a host's addresses in further networks, as in [10.78.1.11]
        error: `lab_memory` is a whole number
         --> try.yml:9:69
          |
        9 |     g: {ansible_host: 10.77.9.17, lab_image: debian-13, lab_memory: 2 GiB}
          |                                                                     ^^^^^
        ");
        insta::assert_snapshot!(lab_or_diags("all: {hosts: {a: }}\n"), @"
        error: no host of the inventory has a `lab_image`
          help: say which system each lab host boots, as in `lab_image: debian-13` in group_vars/all.yml
        ");
    }

    #[test]
    fn one_provider_makes_all_hosts() {
        let said = |inventory: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path: PathBuf = folder.path().join("try.yml");
            std::fs::write(&path, inventory).unwrap();
            let (inventory, _) = Inventory::load(&[path]).unwrap();
            maker(&inventory).map_err(|failure| match failure {
                Failure::Input(diags) => diags[0].message.clone(),
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(said("all: {hosts: {a: }}"), Ok(None));
        let all = "all: {vars: {lab_provider: vagrant}, hosts: {a: , b: }}";
        assert_eq!(said(all), Ok(Some(Maker::Vagrant)));
        let split = "all: {hosts: {a: {lab_provider: vagrant}, b: {lab_provider: containers}}}";
        insta::assert_snapshot!(said(split).unwrap_err(), @"a lab has one provider, and this is not that of `a`: vagrant");
        insta::assert_snapshot!(said("all: {hosts: {a: {lab_provider: docker}}}").unwrap_err(), @"there is no lab provider `docker`: use containers or vagrant");
    }
}
