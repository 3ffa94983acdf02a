//! Addresses of network cards.

use super::super::super::registry::{Registry, UTILS};
use super::super::wrong;
use super::subnets::network;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    for name in ["hwaddr", "macaddr"] {
        to.filter_of(UTILS, name, move |value: &Value, query: Option<&str>| {
            asked(value, query.unwrap_or(""), name)
        });
    }
    to.filter_of(
        UTILS,
        "slaac",
        |value: &Value, card: &Value| -> Result<Value, Error> {
            let (net, card) = (network(value), parse(&card.to_string()));
            let Some((net, card)) = net.filter(|net| net.v6).zip(card) else {
                return Ok(Value::from(false));
            };
            // The card's number with two bytes in its middle, and its bit of local numbers turned.
            let host = (card >> 24 << 40 | 0xff_fe << 24 | card & 0xff_ffff) ^ 1 << 57;
            Ok(Value::from(
                net.at(net.first().bits | u128::from(host)).to_string(),
            ))
        },
    );
}

/// `1a:2b:3c:4d:5e:6f`, with hyphens, by fours with dots, or nothing between.
pub(super) fn parse(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split([':', '-', '.']).collect();
    let width = match parts.len() {
        6 => 2,
        3 => 4,
        2 => 6,
        1 => 12,
        _ => return None,
    };
    let fits = |part: &&str| {
        let short = parts.len() == 1 && part.len() != width;
        !part.is_empty()
            && part.len() <= width
            && !short
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !parts.iter().all(fits) {
        return None;
    }
    let digits: String = parts
        .iter()
        .map(|part| format!("{part:0>width$}"))
        .collect();
    u64::from_str_radix(&digits, 16).ok()
}

fn asked(value: &Value, query: &str, filter: &str) -> Result<Value, Error> {
    let card = parse(&value.to_string());
    let Some(card) = card else {
        return match query {
            "" | "bool" => Ok(Value::from(())),
            _ => Err(wrong(format!("`{value}` is no address of a network card"))),
        };
    };
    let bytes: Vec<u8> = card.to_be_bytes()[2..].to_vec();
    let joined = |between: &str, spell: fn(&u8) -> String| {
        Value::from(bytes.iter().map(spell).collect::<Vec<_>>().join(between))
    };
    Ok(match query {
        "" => value.clone(),
        "bool" => Value::from(true),
        "int" => Value::from(card),
        "bare" => joined("", |byte| format!("{byte:02X}")),
        "cisco" => Value::from(format!(
            "{:04x}.{:04x}.{:04x}",
            card >> 32,
            card >> 16 & 0xffff,
            card & 0xffff
        )),
        "linux" => joined(":", |byte| format!("{byte:02x}")),
        "unix" => joined(":", |byte| format!("{byte:x}")),
        "win" | "eui48" => joined("-", |byte| format!("{byte:02X}")),
        "pgsql" | "postgresql" | "psql" => {
            Value::from(format!("{:06x}:{:06x}", card >> 24, card & 0xff_ffff))
        }
        other => return Err(wrong(format!("`{filter}` has no query `{other}`"))),
    })
}
