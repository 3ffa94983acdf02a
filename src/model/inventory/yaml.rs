//! The YAML format of the inventory.

use super::builder::Builder;
use super::range;
use crate::diag::Diag;
use crate::yaml::{Mapping, Node, Value};

const KEYS: [&str; 3] = ["hosts", "vars", "children"];

/// Reads one source.
pub(super) fn read(builder: &mut Builder, root: &Node) {
    let Value::Map(groups) = &root.value else {
        builder.errors.push(
            Diag::error(format!(
                "an inventory is a mapping of groups, not {}",
                root.kind()
            ))
            .at(&root.span, "")
            .help("begin with `all:` and give it `hosts:`"),
        );
        return;
    };
    if let Some((key, _)) = groups.entry("plugin") {
        builder.errors.push(
            Diag::error("inventory plugins are not supported")
                .at(&key.span, "")
                .help("write the hosts down"),
        );
        return;
    }
    for (name, group) in groups.iter() {
        read_group(builder, name, group);
    }
}

fn read_group(builder: &mut Builder, name: &Node, group: &Node) {
    let group_name = name.as_str().unwrap_or_default();
    builder.group(group_name);
    let map = match &group.value {
        Value::Null => return,
        Value::Map(map) => map,
        _ => {
            builder.errors.push(
                Diag::error(format!(
                    "the group `{group_name}` is a mapping, not {}",
                    group.kind()
                ))
                .at(&group.span, "")
                .help("give it `hosts`, `vars` or `children`"),
            );
            return;
        }
    };
    for (key, value) in map.iter() {
        let Some(entries) = entries(builder, key, value) else {
            continue;
        };
        match key.as_str().unwrap_or_default() {
            "vars" => {
                for (key, value) in entries.iter() {
                    builder.group_var(group_name, key, value);
                }
            }
            "children" => {
                for (child, value) in entries.iter() {
                    read_group(builder, child, value);
                    builder.child(group_name, child.as_str().unwrap_or_default(), &child.span);
                }
            }
            "hosts" => {
                for (host, vars) in entries.iter() {
                    read_host(builder, group_name, host, vars);
                }
            }
            other => builder.errors.push(
                Diag::error(format!("unknown key `{other}` in the group `{group_name}`"))
                    .at(&key.span, "")
                    .suggest(other, KEYS)
                    .help("a group has `hosts`, `vars` and `children`"),
            ),
        }
    }
}

/// What stands under `hosts`, `vars` or `children`; one name alone is a mapping of it.
fn entries(builder: &mut Builder, key: &Node, value: &Node) -> Option<Mapping> {
    match &value.value {
        Value::Map(map) => Some(map.clone()),
        Value::Str(_) if KEYS.contains(&key.as_str().unwrap_or_default()) => {
            let mut map = Mapping::new();
            map.insert(value.clone(), Node::new(Value::Null, value.span.clone()));
            Some(map)
        }
        Value::Null => None,
        _ => {
            let name = key.as_str().unwrap_or_default();
            let diag = Diag::error(format!("`{name}` is a mapping, not {}", value.kind()))
                .at(&value.span, "");
            builder.errors.push(match &value.value {
                Value::Seq(_) => diag.help("write `name:` instead of `- name`"),
                _ => diag.suggest(name, KEYS),
            });
            None
        }
    }
}

fn read_host(builder: &mut Builder, group: &str, host: &Node, vars: &Node) {
    let (names, port) = match range::expand(host.as_str().unwrap_or_default()) {
        Ok(expanded) => expanded,
        Err(why) => {
            let diag = Diag::error(why).at(&host.span, "");
            builder
                .errors
                .push(diag.help("a range is written `pg-[a:c]` or `web[01:10]`"));
            return;
        }
    };
    let nothing = Mapping::new();
    let vars = match &vars.value {
        Value::Map(map) => map,
        Value::Null => &nothing,
        _ => {
            builder.errors.push(
                Diag::error(format!(
                    "a host has a mapping of variables, not {}",
                    vars.kind()
                ))
                .at(&vars.span, ""),
            );
            return;
        }
    };
    for name in names {
        let entry = builder.host(&name, group);
        if let Some(port) = port {
            let key = Node::new(Value::Str("ansible_port".to_owned()), host.span.clone());
            entry
                .vars
                .insert(key, Node::new(Value::Int(port.into()), host.span.clone()));
        }
        for (key, value) in vars.iter() {
            entry.vars.insert(key.clone(), value.clone());
        }
    }
}
