//! The tests of `ansible.utils`.

use super::super::super::registry::Registry;
use super::hardware;
use super::kinds;
use super::net::{Ip, Net};
use minijinja::Value;

const OF: &str = "ansible.utils";

/// A mask of a network.
type Mask = (&'static str, fn(Net) -> Ip);
/// A kind of address.
type Kind = (&'static str, fn(Ip) -> bool);

/// A network, which has no bits of a host; an address is one of itself.
fn network(value: &Value) -> Option<Net> {
    Net::parse(&value.to_string()).filter(|net| net.is_first())
}

fn address(value: &Value) -> Option<Ip> {
    Ip::parse(&value.to_string())
}

fn in_network(value: &Value, around: &Value) -> bool {
    network(value)
        .zip(network(around))
        .is_some_and(|(net, around)| around.covers(net))
}

/// In how many of the networks it is.
fn count(value: &Value, nets: &Value) -> usize {
    let nets = nets.try_iter().into_iter().flatten();
    nets.filter(|net| in_network(value, net)).count()
}

pub(in super::super::super) fn register(to: &mut Registry) {
    to.test_of(OF, "in_network", in_network);
    to.test_of(OF, "subnet_of", in_network);
    to.test_of(OF, "supernet_of", |value: &Value, inner: &Value| {
        in_network(inner, value)
    });
    to.test_of(OF, "in_any_network", |value: &Value, nets: &Value| {
        count(value, nets) > 0
    });
    to.test_of(OF, "in_one_network", |value: &Value, nets: &Value| {
        count(value, nets) == 1
    });
    to.test_of(OF, "ip", |value: &Value| network(value).is_some());
    to.test_of(OF, "ipv4", |value: &Value| {
        network(value).is_some_and(|net| !net.v6)
    });
    to.test_of(OF, "ipv6", |value: &Value| {
        network(value).is_some_and(|net| net.v6)
    });
    to.test_of(OF, "mac", |value: &Value| {
        hardware::parse(&value.to_string()).is_some()
    });
    let masks: [Mask; 2] = [
        ("ipv4_netmask", Net::netmask),
        ("ipv4_hostmask", Net::hostmask),
    ];
    for (name, mask) in masks {
        to.test_of(OF, name, move |value: &Value| {
            let ip = address(value).filter(|ip| !ip.v6);
            ip.is_some_and(|ip| {
                let mut net = Net::whole(ip);
                (0..=net.width()).any(|prefix| {
                    net.prefix = prefix;
                    mask(net) == ip
                })
            })
        });
    }
    let kinds: &[Kind] = &[
        ("ip_address", |_| true),
        ("ipv4_address", |ip| !ip.v6),
        ("ipv6_address", |ip| ip.v6),
        ("ipv6_ipv4_mapped", |ip| ip.v6 && ip.bits >> 32 == 0xffff),
        ("ipv6_sixtofour", kinds::is_6to4),
        ("ipv6_teredo", |ip| ip.v6 && ip.bits >> 96 == 0x2001_0000),
        ("loopback", kinds::is_loopback),
        ("multicast", kinds::is_multicast),
        ("private", |ip| !kinds::is_global(ip)),
        ("public", kinds::is_global),
        ("reserved", kinds::is_reserved),
        ("unspecified", |ip| ip.bits == 0),
    ];
    for (name, kind) in kinds {
        to.test_of(OF, name, move |value: &Value| {
            address(value).is_some_and(kind)
        });
    }
}
