//! Addresses and networks: the filters of `ansible.utils`.

mod hardware;
mod kinds;
mod merge;
mod net;
mod query;
mod subnets;
mod tests;

pub(in super::super) use tests::register as register_tests;

use super::super::convert::settle;
use super::super::registry::{Registry, UTILS};
use super::given::Given;
use super::wrong;
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, ErrorKind, Value};
use net::Net;
use query::Asked;

pub(super) fn register(to: &mut Registry) {
    to.filter_of(
        UTILS,
        "ipaddr",
        |value: &Value, rest: Rest<Value>, names: Kwargs| asked(value, rest, names, None, "ipaddr"),
    );
    to.filter_of(
        UTILS,
        "ipv4",
        |value: &Value, rest: Rest<Value>, names: Kwargs| {
            asked(value, rest, names, Some(4), "ipv4")
        },
    );
    to.filter_of(
        UTILS,
        "ipv6",
        |value: &Value, rest: Rest<Value>, names: Kwargs| {
            asked(value, rest, names, Some(6), "ipv6")
        },
    );
    to.filter_of(UTILS, "ipwrap", wrapped);
    to.filter_of(
        UTILS,
        "ipmath",
        |value: &Value, by: i64| -> Result<String, Error> {
            let moved = host(value)?.moved(by);
            moved
                .map(|ip| ip.to_string())
                .ok_or_else(|| wrong(format!("there is no address {by} from {value}")))
        },
    );
    to.filter_of(
        UTILS,
        "ip4_hex",
        |value: &Value, between: Option<&str>| -> Result<String, Error> {
            let groups = host(value)?.addr().groups();
            if groups.len() != 4 {
                return Err(wrong(format!(
                    "`ip4_hex` needs an address of IPv4, not {value}"
                )));
            }
            let octets: Vec<String> = groups.iter().map(|octet| format!("{octet:02x}")).collect();
            Ok(octets.join(between.unwrap_or("")))
        },
    );
    to.filter_of(UTILS, "ipcut", cut);
    to.filter_of(UTILS, "ipv6form", form);
    hardware::register(to);
    merge::register(to);
    subnets::register(to);
}

/// What an address or network, or each in a list, answers to a query.
fn asked(
    value: &Value,
    rest: Rest<Value>,
    names: Kwargs,
    version: Option<u8>,
    filter: &str,
) -> Result<Value, Error> {
    let mut given = Given::new(rest, names);
    let query = given.value("query")?.unwrap_or_else(|| Value::from(""));
    let version = match (version, given.int("version")?) {
        (None, Some(4)) => Some(4),
        (None, Some(6)) => Some(6),
        (version, _) => version,
    };
    given.end()?;
    // Ansible's check of arguments makes a text of a number, and a number of it again.
    let query = match query.as_str().map(str::parse::<i64>) {
        Some(Ok(number)) => Value::from(number),
        _ => query,
    };
    answer(&settle(value)?, &query, version, filter)
}

fn answer(value: &Value, query: &Value, version: Option<u8>, filter: &str) -> Result<Value, Error> {
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        let mut kept = Vec::new();
        for item in value.try_iter()? {
            let found = answer(&item, query, version, filter)?;
            if found.is_true() {
                kept.push(found);
            }
        }
        return Ok(Value::from(kept));
    }
    match Asked::new(value, version) {
        Some(asked) => asked.answer(query, filter),
        None => Ok(Value::from(false)),
    }
}

fn wrapped(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return value
            .try_iter()?
            .checked()
            .map(|item| wrapped(&item?))
            .collect();
    }
    match Asked::new(value, None) {
        Some(asked) => asked.answer(&Value::from("wrap"), "ipwrap"),
        None => Ok(value.clone()),
    }
}

/// An address, whether it comes with a prefix or not.
fn host(value: &Value) -> Result<Net, Error> {
    let text = super::text::text(value)?;
    Net::parse(&text).ok_or_else(|| wrong(format!("`{text}` is no address")))
}

/// The first bits of an address, or the last where their number is negative, by groups.
fn cut(value: &Value, amount: i64) -> Result<String, Error> {
    let ip = host(value)?.addr();
    let (width, group) = if ip.v6 { (128, 16) } else { (32, 8) };
    let count = u32::try_from(amount.unsigned_abs())
        .unwrap_or(width)
        .min(width);
    let bits: String = (0..width)
        .rev()
        .map(|at| if ip.bits >> at & 1 == 1 { '1' } else { '0' })
        .collect();
    let kept = if amount < 0 {
        &bits[(width - count) as usize..]
    } else {
        &bits[..count as usize]
    };
    let groups = kept.as_bytes().chunks(group).map(|bits| {
        let number = bits
            .iter()
            .fold(0_u32, |all, bit| all << 1 | u32::from(*bit == b'1'));
        if ip.v6 {
            format!("{number:x}")
        } else {
            number.to_string()
        }
    });
    Ok(groups
        .collect::<Vec<_>>()
        .join(if ip.v6 { ":" } else { "." }))
}

fn form(value: &Value, form: &str) -> Result<String, Error> {
    let ip = host(value)?.addr();
    let spelled =
        |spell: fn(&u128) -> String| ip.groups().iter().map(spell).collect::<Vec<_>>().join(":");
    match form {
        _ if !ip.v6 => Err(wrong(format!(
            "`ipv6form` needs an address of IPv6, not {ip}"
        ))),
        "compress" => Ok(ip.to_string()),
        "expand" => Ok(spelled(|group| format!("{group:04x}"))),
        "x509" => Ok(spelled(|group| format!("{group:x}"))),
        other => Err(wrong(format!(
            "`ipv6form` knows compress, expand and x509, not `{other}`"
        ))),
    }
}
