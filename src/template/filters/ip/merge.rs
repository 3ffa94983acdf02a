//! Networks as few as can be.

use super::super::super::registry::{Registry, UTILS};
use super::super::{items, wrong};
use super::net::Net;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter_of(
        UTILS,
        "cidr_merge",
        |list: &Value, action: Option<&str>| -> Result<Value, Error> {
            let mut nets = Vec::new();
            for item in items(list, "cidr_merge")? {
                let net = Net::parse(&item.to_string());
                nets.push(net.ok_or_else(|| wrong(format!("`{item}` is no network")))?);
            }
            match action.unwrap_or("merge") {
                "merge" => Ok(merged(&nets)
                    .iter()
                    .map(|net| Value::from(net.to_string()))
                    .collect()),
                "span" => {
                    Ok(span(&nets)
                        .map_or_else(|| Value::from(()), |net| Value::from(net.to_string())))
                }
                other => Err(wrong(format!(
                    "`cidr_merge` does merge and span, not `{other}`"
                ))),
            }
        },
    );
}

/// The fewest networks that hold the same addresses.
fn merged(nets: &[Net]) -> Vec<Net> {
    let mut nets: Vec<Net> = nets.iter().map(|net| net.cidr()).collect();
    nets.sort_by_key(|net| (net.v6, net.ip, net.prefix));
    let mut kept: Vec<Net> = Vec::new();
    for net in nets {
        if kept.last().is_some_and(|last| last.covers(net)) {
            continue;
        }
        kept.push(net);
        while let [.., a, b] = kept[..]
            && a.prefix == b.prefix
            && a.prefix > 0
            && a.around(a.prefix - 1) == b.around(b.prefix - 1)
        {
            kept.truncate(kept.len() - 2);
            kept.push(a.around(a.prefix - 1));
        }
    }
    kept
}

/// The smallest network that holds them all.
fn span(nets: &[Net]) -> Option<Net> {
    let first = *nets.first()?;
    if nets.len() == 1 {
        return Some(first);
    }
    (0..=first.prefix)
        .rev()
        .map(|prefix| first.around(prefix))
        .find(|around| nets.iter().all(|net| around.covers(*net)))
}
