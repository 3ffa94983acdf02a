//! Networks in networks, and places in them.

use super::super::super::convert::settle;
use super::super::super::registry::{Registry, UTILS};
use super::super::given::Given;
use super::super::{items, wrong};
use super::net::{Ip, Net};
use super::query::Asked;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter_of(UTILS, "ipsubnet", subnet);
    to.filter_of(
        UTILS,
        "nthhost",
        |value: &Value, query: &Value| -> Result<Value, Error> {
            let at = query.as_i64().or_else(|| query.as_str()?.parse().ok());
            let found = network(value).zip(at.filter(|at| *at != 0));
            Ok(told(found.and_then(|(net, at)| net.nth(at)), false))
        },
    );
    to.filter_of(UTILS, "next_nth_usable", |value: &Value, by: i64| {
        beside(value, by)
    });
    to.filter_of(UTILS, "previous_nth_usable", |value: &Value, by: i64| {
        beside(value, by.saturating_neg())
    });
    to.filter_of(
        UTILS,
        "network_in_network",
        |value: &Value, test: &Value| within(value, test, |net| (net.first(), net.last())),
    );
    to.filter_of(UTILS, "network_in_usable", |value: &Value, test: &Value| {
        within(value, test, |net| {
            net.usable().unwrap_or((net.first(), net.last()))
        })
    });
    to.filter_of(
        UTILS,
        "reduce_on_network",
        |value: &Value, net: &Value| -> Result<Value, Error> {
            let mut kept = Vec::new();
            for item in items(value, "reduce_on_network")? {
                if within(net, &item, |net| (net.first(), net.last()))? {
                    kept.push(item);
                }
            }
            Ok(Value::from(kept))
        },
    );
    to.filter_of(
        UTILS,
        "usable_range",
        |value: &Value| -> Result<Value, Error> {
            let net = network(value).ok_or_else(|| wrong(format!("`{value}` is no network")))?;
            if net.host_bits() > 16 {
                return Err(wrong(
                    "`usable_range` lists networks of at most 65536 addresses",
                ));
            }
            let all = (net.first().bits..=net.last().bits).map(|bits| net.at(bits).to_string());
            let all: Vec<String> = all.collect();
            Ok(Value::from_pairs([
                ("number_of_ips", Value::from(all.len())),
                ("usable_ips", Value::from(all)),
            ]))
        },
    );
}

/// A value as the network that it is, or that it is an address of.
pub(super) fn network(value: &Value) -> Option<Net> {
    let asked = Asked::new(&settle(value).ok()?, None)?;
    Some(match asked.kind() {
        "network" => asked.net.cidr(),
        _ => asked.net,
    })
}

fn told(ip: Option<Ip>, none: bool) -> Value {
    match ip {
        Some(ip) => Value::from(ip.to_string()),
        None if none => Value::from(()),
        None => Value::from(false),
    }
}

fn beside(value: &Value, by: i64) -> Value {
    let Some(net) = network(value) else {
        return Value::from(false);
    };
    let ip = net.moved(by).zip(net.usable());
    let ip = ip.filter(|(ip, (first, last))| first <= ip && ip <= last);
    told(ip.map(|(ip, _)| ip), true)
}

fn within(value: &Value, test: &Value, range: fn(Net) -> (Ip, Ip)) -> Result<bool, Error> {
    let as_network = |value: &Value| {
        let net = network(value).ok_or_else(|| wrong(format!("`{value}` is no address")))?;
        Ok::<_, Error>(net)
    };
    let ((first, last), test) = (range(as_network(value)?.cidr()), as_network(test)?.cidr());
    Ok(first.v6 == test.v6 && first <= test.first() && test.last() <= last)
}

/// `ipsubnet(size, index)`, `ipsubnet(network)`
fn subnet(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<Value, Error> {
    let mut given = Given::new(rest, names);
    let (query, index) = (given.text("query")?, given.int("index")?);
    given.end()?;
    let Some(net) = network(value).map(Net::cidr) else {
        return Ok(Value::from(false));
    };
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(Value::from(net.to_string()));
    };
    let Ok(size) = query.parse::<u32>() else {
        return place(net, &query);
    };
    if size > net.width() {
        return Ok(Value::from(false));
    }
    let lengths = size.checked_sub(net.prefix);
    if net.host_bits() > 0 {
        let Some(bits) = lengths else {
            return Err(wrong(format!("{net} has no networks of the size {size}")));
        };
        let count = 1_u128.checked_shl(bits).unwrap_or(u128::MAX);
        let Some(index) = index else {
            return Ok(Value::from(count.to_string()));
        };
        let at = if index < 0 {
            count.checked_sub(index.unsigned_abs().into())
        } else {
            u128::try_from(index).ok().filter(|at| *at < count)
        };
        return Ok(at.map_or_else(
            || Value::from(false),
            |at| {
                let ip = net.ip + at.checked_shl(net.width() - size).unwrap_or(0);
                Value::from(
                    Net {
                        prefix: size,
                        ip,
                        ..net
                    }
                    .to_string(),
                )
            },
        ));
    }
    // The networks around an address, the largest first.
    let index = index.unwrap_or(0);
    let count = i64::from(net.width() - size);
    let at = if index < 0 { count + index } else { index };
    Ok(match u32::try_from(at) {
        Ok(at) if i64::from(at) < count => Value::from(net.around(size + at).to_string()),
        _ => Value::from(false),
    })
}

/// Which of the networks of its size in another one a network is, from 1.
fn place(net: Net, query: &str) -> Result<Value, Error> {
    let around = Net::parse(query).map(Net::cidr);
    let around = around.ok_or_else(|| wrong(format!("`{query}` is no network and no size")))?;
    if !around.covers(net) {
        return Err(wrong(format!("{net} is not in {around}")));
    }
    let at = (net.ip - around.ip)
        .checked_shr(net.host_bits())
        .unwrap_or(0);
    Ok(Value::from((at + 1).to_string()))
}
