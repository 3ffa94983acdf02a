//! The lab that an inventory declares.
//!
//! Each host with a `lab_image` is a host of the lab, under its `ansible_host`. `lab_login: bare`
//! makes one with root alone, `lab_subnet` says the network where it is not the hosts' /24,
//! `lab_addresses: [10.78.1.11]` gives a host a leg in further networks, each the /24 around the
//! address, and `lab_disk_limit: {path: /srv, mib: 64}` makes a folder small.

use super::ending::Failure;
use crate::diag::{Diag, Span};
use crate::lab::{DiskLimit, HostSpec, Image, LabError, LabSpec, Login, Subnet};
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
    }))
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

    fn told(inventory: &str) -> String {
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
        insta::assert_snapshot!(told("\
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
              "disk_limit": null
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
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        insta::assert_snapshot!(told("\
all:
  hosts:
    a: {ansible_host: 10.77.9.11, lab_image: debian-9}
    b: {ansible_host: pg-b, lab_image: debian-13}
    c: {lab_image: debian-13}
    d: {ansible_host: 10.77.9.14, lab_image: debian-13, lab_login: beer}
    e: {ansible_host: 10.77.9.15, lab_image: debian-13, lab_addresses: 10.78.9.15}
    f: {ansible_host: 10.77.9.16, lab_image: debian-13, lab_addresses: [10.78.9.16, etcd]}
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
        ");
        insta::assert_snapshot!(told("all: {hosts: {a: }}\n"), @"
        error: no host of the inventory has a `lab_image`
          help: say which system each lab host boots, as in `lab_image: debian-13` in group_vars/all.yml
        ");
    }
}
