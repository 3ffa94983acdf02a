//! What the registries of addresses say that an address is for.

use super::net::{Ip, Net};

/// What is not reached from everywhere, though no more than a part of it may be used.
const NOT_GLOBAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];

/// What is reached from everywhere, though it stands in one of those.
const GLOBAL: &[&str] = &[
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
];

fn among(ip: Ip, nets: &[&str]) -> bool {
    nets.iter()
        .filter_map(|net| Net::parse(net))
        .any(|net| net.holds(ip))
}

pub(super) fn is_global(ip: Ip) -> bool {
    !among(ip, NOT_GLOBAL) || among(ip, GLOBAL)
}

pub(super) fn is_multicast(ip: Ip) -> bool {
    among(ip, &["224.0.0.0/4", "ff00::/8"])
}

pub(super) fn is_loopback(ip: Ip) -> bool {
    among(ip, &["127.0.0.0/8", "::1/128"])
}

pub(super) fn is_link_local(ip: Ip) -> bool {
    among(ip, &["169.254.0.0/16", "fe80::/10"])
}

pub(super) fn is_6to4(ip: Ip) -> bool {
    among(ip, &["2002::/16"])
}

pub(super) fn is_public(ip: Ip) -> bool {
    let all = if ip.v6 { u128::MAX } else { u32::MAX.into() };
    let ends = |bits: u128| bits.wrapping_add(1) & bits == 0;
    !is_multicast(ip) && is_global(ip) && !is_loopback(ip) && !ends(ip.bits) && !ends(ip.bits ^ all)
}

pub(super) fn is_reserved(ip: Ip) -> bool {
    const V6: &[&str] = &[
        "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3",
        "8000::/3", "a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9",
    ];
    among(ip, &["240.0.0.0/4"]) || among(ip, V6)
}
