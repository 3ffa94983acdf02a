//! What `ipaddr` answers to its queries.

use super::super::wrong;
use super::kinds;
use super::net::{Ip, Net};
use minijinja::{Error, Value};

/// A value that is an address or a network.
pub(super) struct Asked {
    /// As it is given back.
    pub(super) value: Value,
    pub(super) net: Net,
    /// Whether it came with a prefix.
    pub(super) network: bool,
}

impl Asked {
    /// The value as an address or a network; `version` is 4 or 6 where only that is wanted.
    pub(super) fn new(value: &Value, version: Option<u8>) -> Option<Self> {
        if !value.is_true() || value.kind() == minijinja::value::ValueKind::Bool {
            return None;
        }
        let text = value.to_string();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (net, network, as_is) = match text.split_once('/') {
            None if digits(&text) => {
                let bits: u128 = text.parse().ok()?;
                let v6 = version == Some(6) || bits > u32::MAX.into();
                (Net::whole(Ip { v6, bits }), false, false)
            }
            Some((bits, prefix)) if digits(bits) && digits(prefix) => {
                let (bits, prefix) = (bits.parse().ok()?, prefix.parse().ok()?);
                let v6 = bits > u32::MAX.into() || prefix > 32;
                let net = Net {
                    v6,
                    ip: bits,
                    prefix,
                };
                (Some(net).filter(|net| prefix <= net.width())?, true, false)
            }
            with => (Net::parse(&text)?, with.is_some(), true),
        };
        if version.is_some_and(|version| (version == 6) != net.v6) {
            return None;
        }
        let value = if as_is {
            value.clone()
        } else {
            Value::from(net.to_string())
        };
        Some(Self {
            value,
            net,
            network,
        })
    }

    pub(super) fn answer(&self, query: &Value, filter: &str) -> Result<Value, Error> {
        let net = self.net;
        let Some(word) = query.as_str() else {
            return Ok(self.numbered(query.as_i64()));
        };
        Ok(match word {
            "" if self.network => text(net),
            "" => text(net.addr()),
            "6to4" => self.six_to_four(),
            "address" | "ip" => {
                let host = !net.is_first() || net.broadcast().is_none() || net.v6;
                some((net.host_bits() == 0 || host).then(|| net.addr().to_string()))
            }
            "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
                let end = net.is_first() || Some(net.addr()) == net.broadcast();
                if net.host_bits() > 1 && end {
                    Value::from(false)
                } else {
                    text(net)
                }
            }
            "bool" => Value::from(true),
            "broadcast" => match (net.host_bits() > 1, net.broadcast()) {
                (true, Some(ip)) => text(ip),
                _ => Value::from(()),
            },
            "cidr" => text(net),
            "first_usable" => some(self.range(word)?.map(|(first, _)| first.to_string())),
            "last_usable" => some(self.range(word)?.map(|(_, last)| last.to_string())),
            "range_usable" => {
                let range = self.range(word)?;
                some(range.map(|(first, last)| format!("{first}-{last}")))
            }
            "next_usable" => self.beside(word, 1)?,
            "previous_usable" => self.beside(word, -1)?,
            "host" => {
                let host = !net.is_first() || net.broadcast().is_none();
                some((net.host_bits() == 0 || host).then(|| net.to_string()))
            }
            "hostmask" | "wildcard" => text(net.hostmask()),
            "int" if self.network => Value::from(format!("{}/{}", net.ip, net.prefix)),
            "int" => number(net.ip),
            "ip/prefix" => some(self.host_in_network().then(|| net.to_string())),
            "ip_netmask" => {
                let both = || format!("{} {}", net.addr(), net.netmask());
                some(self.host_in_network().then(both))
            }
            "ipv4" => self.fourth(),
            "ipv6" => self.sixth(),
            "link-local" => self.if_so(kinds::is_link_local(net.addr())),
            "lo" | "loopback" => self.if_so(kinds::is_loopback(net.addr())),
            "multicast" => self.if_so(self.is_multicast()),
            "unicast" => self.if_so(!self.is_multicast()),
            "private" => self.if_so(!kinds::is_global(net.addr())),
            "public" => self.if_so(kinds::is_public(net.addr())),
            "net" => some((net.host_bits() > 0 && net.is_first()).then(|| net.to_string())),
            "netmask" => text(net.netmask()),
            "network" | "network_id" => text(net.first()),
            "network/prefix" | "subnet" => text(net.cidr()),
            "network_netmask" => Value::from(format!("{} {}", net.first(), net.netmask())),
            "network_wildcard" => Value::from(format!("{} {}", net.first(), net.hostmask())),
            "peer" => self.peer()?,
            "prefix" => Value::from(net.prefix),
            "revdns" => Value::from(reversed(net.addr())),
            "size" => size(net, 0),
            "size_usable" => match net.host_bits() {
                0 => Value::from(0),
                1 => Value::from(2),
                _ => size(net, 2),
            },
            "type" => Value::from(self.kind()),
            "version" => Value::from(if net.v6 { 6 } else { 4 }),
            "wrap" if !net.v6 => self.value.clone(),
            "wrap" if self.network => Value::from(format!("[{}]/{}", net.addr(), net.prefix)),
            "wrap" => Value::from(format!("[{}]", net.addr())),
            other => match (Net::parse(other), other.parse::<f64>()) {
                (_, Ok(_)) if net.host_bits() == 0 => self.numbered(None),
                // Python takes only a number as a place.
                (_, Ok(_)) => Value::from(false),
                (Some(around), _) => some_value(around.covers(net).then(|| self.value.clone())),
                _ => return Err(wrong(format!("`{filter}` has no query `{other}`"))),
            },
        })
    }

    /// `address` or `network`.
    pub(super) fn kind(&self) -> &'static str {
        if self.net.host_bits() > 0 && self.net.is_first() {
            "network"
        } else {
            "address"
        }
    }

    fn if_so(&self, holds: bool) -> Value {
        some_value(holds.then(|| self.value.clone()))
    }

    fn is_multicast(&self) -> bool {
        kinds::is_multicast(self.net.first()) && kinds::is_multicast(self.net.last())
    }

    fn host_in_network(&self) -> bool {
        self.net.host_bits() == 1 || (self.net.host_bits() > 0 && !self.net.is_first())
    }

    /// The address at a place in the network; an address alone stays what it is.
    fn numbered(&self, at: Option<i64>) -> Value {
        let net = self.net;
        match at {
            _ if net.host_bits() == 0 && self.network => text(net),
            _ if net.host_bits() == 0 => text(net.addr()),
            Some(at) => net.nth(at).map_or_else(
                || Value::from(false),
                |ip| Value::from(format!("{ip}/{}", net.prefix)),
            ),
            None => Value::from(false),
        }
    }

    fn range(&self, query: &str) -> Result<Option<(Ip, Ip)>, Error> {
        if !self.network {
            return Err(wrong(format!(
                "`{query}` needs a network, not the address {}",
                self.net.addr()
            )));
        }
        Ok(self.net.usable())
    }

    fn beside(&self, query: &str, by: i64) -> Result<Value, Error> {
        let range = self.range(query)?;
        let ip = self.net.moved(by);
        Ok(some(match (range, ip) {
            (Some((first, last)), Some(ip)) if first <= ip && ip <= last => Some(ip.to_string()),
            _ => None,
        }))
    }

    fn peer(&self) -> Result<Value, Error> {
        let net = self.net;
        self.range("peer")?;
        let bits = match (net.host_bits(), net.ip % 4) {
            (1, _) => net.ip ^ 1,
            (2, 0) => return Err(wrong("the address of a network of four has no peer")),
            (2, 3) => {
                return Err(wrong(
                    "the broadcast address of a network of four has no peer",
                ));
            }
            (2, _) => net.ip ^ 3,
            _ => return Err(wrong(format!("{net} does not connect two hosts"))),
        };
        Ok(text(net.at(bits)))
    }

    fn fourth(&self) -> Value {
        let net = self.net;
        if !net.v6 {
            return self.value.clone();
        }
        let mapped = matches!(net.ip >> 32, 0 | 0xffff);
        match net.prefix.checked_sub(96) {
            Some(prefix) if mapped => text(Net {
                v6: false,
                ip: net.ip & 0xffff_ffff,
                prefix,
            }),
            _ => Value::from(false),
        }
    }

    fn sixth(&self) -> Value {
        let net = self.net;
        if net.v6 {
            return self.value.clone();
        }
        text(Net {
            v6: true,
            ip: net.ip | 0xffff << 32,
            prefix: net.prefix + 96,
        })
    }

    fn six_to_four(&self) -> Value {
        let net = self.net;
        if net.v6 {
            let host = !self.network || !net.is_first();
            return if host && kinds::is_6to4(net.addr()) {
                self.value.clone()
            } else {
                Value::from(false)
            };
        }
        let ip = net.addr();
        let told = kinds::is_public(ip) || !kinds::is_global(ip);
        if !told || (net.host_bits() > 0 && net.is_first()) {
            return Value::from(false);
        }
        let [a, b, c, d] = ip.groups()[..] else {
            return Value::from(false);
        };
        Value::from(format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1/48"))
    }
}

fn text(of: impl ToString) -> Value {
    Value::from(of.to_string())
}

fn some(text: Option<String>) -> Value {
    some_value(text.map(Value::from))
}

fn some_value(value: Option<Value>) -> Value {
    value.unwrap_or_else(|| Value::from(()))
}

/// How many addresses there are but for `less` of them.
fn size(net: Net, less: u128) -> Value {
    match 1_u128.checked_shl(net.host_bits()) {
        Some(size) => number(size - less),
        // One more than the largest number.
        None if less == 0 => Value::from("340282366920938463463374607431768211456"),
        None => number(u128::MAX - (less - 1)),
    }
}

fn reversed(ip: Ip) -> String {
    if ip.v6 {
        let digits = format!("{:032x}", ip.bits);
        let digits = digits.chars().rev().map(|digit| format!("{digit}."));
        return digits.collect::<String>() + "ip6.arpa.";
    }
    let octets = ip.groups().into_iter().rev();
    octets.map(|octet| format!("{octet}.")).collect::<String>() + "in-addr.arpa."
}

/// A number; one that is too large for those that other filters count with is a text.
fn number(bits: u128) -> Value {
    i64::try_from(bits).map_or_else(|_| Value::from(bits.to_string()), Value::from)
}
