//! An address with the length of its network's prefix, and what follows from the two.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address with the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Net {
    pub(super) v6: bool,
    pub(super) ip: u128,
    pub(super) prefix: u32,
}

/// An address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ip {
    pub(super) v6: bool,
    pub(super) bits: u128,
}

impl Ip {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Some(Self {
                v6: false,
                bits: u32::from(ip).into(),
            });
        }
        let ip = text.parse::<Ipv6Addr>().ok()?;
        Some(Self {
            v6: true,
            bits: ip.into(),
        })
    }

    /// The octets of the fourth version, the groups of the sixth.
    pub(super) fn groups(self) -> Vec<u128> {
        let (count, width) = if self.v6 { (8, 16) } else { (4, 8) };
        (0..count)
            .rev()
            .map(|at| self.bits >> (at * width) & ((1 << width) - 1))
            .collect()
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No address of the fourth version has more bits.
        let low = Ipv4Addr::from(u32::try_from(self.bits & 0xffff_ffff).unwrap_or(0));
        match self.bits {
            _ if !self.v6 => write!(f, "{low}"),
            // Systems write these two kinds so.
            0x1_0000..=0xffff_ffff => write!(f, "::{low}"),
            bits => write!(f, "{}", Ipv6Addr::from(bits)),
        }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr(), self.prefix)
    }
}

impl Net {
    /// `10.0.0.1`, `10.0.0.1/8`, `10.0.0.1/255.0.0.0`, `10.0.0.1/0.255.255.255`
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (Ip::parse(ip)?, Some(prefix)),
            None => (Ip::parse(text)?, None),
        };
        let mut net = Self::whole(ip);
        if let Some(text) = prefix {
            net.prefix = match text.parse::<u32>() {
                Ok(length) if text.bytes().all(|byte| byte.is_ascii_digit()) => length,
                _ => net.length_of(Ip::parse(text).filter(|mask| mask.v6 == ip.v6)?.bits)?,
            };
        }
        (net.prefix <= net.width()).then_some(net)
    }

    /// The network of one address.
    pub(super) fn whole(ip: Ip) -> Self {
        Self {
            v6: ip.v6,
            ip: ip.bits,
            prefix: if ip.v6 { 128 } else { 32 },
        }
    }

    pub(super) fn width(self) -> u32 {
        if self.v6 { 128 } else { 32 }
    }

    /// The length that a mask of the network or of the hosts in it means.
    fn length_of(self, mask: u128) -> Option<u32> {
        (0..=self.width()).find(|length| {
            let hosts = ones(self.width() - length);
            mask == self.all() ^ hosts || mask == hosts
        })
    }

    fn all(self) -> u128 {
        ones(self.width())
    }

    pub(super) fn at(self, bits: u128) -> Ip {
        Ip { v6: self.v6, bits }
    }

    pub(super) fn addr(self) -> Ip {
        self.at(self.ip)
    }

    pub(super) fn hostmask(self) -> Ip {
        self.at(ones(self.width() - self.prefix))
    }

    pub(super) fn netmask(self) -> Ip {
        self.at(self.all() ^ self.hostmask().bits)
    }

    pub(super) fn first(self) -> Ip {
        self.at(self.ip & !self.hostmask().bits)
    }

    pub(super) fn last(self) -> Ip {
        self.at(self.ip | self.hostmask().bits)
    }

    /// How many bits its hosts have.
    pub(super) fn host_bits(self) -> u32 {
        self.width() - self.prefix
    }

    pub(super) fn is_first(self) -> bool {
        self.addr() == self.first()
    }

    /// The address to all in it, where it has one that is not zero.
    pub(super) fn broadcast(self) -> Option<Ip> {
        let small = !self.v6 && self.host_bits() <= 1;
        (!small).then(|| self.last()).filter(|ip| ip.bits != 0)
    }

    /// The first and the last address that a host may have.
    pub(super) fn usable(self) -> Option<(Ip, Ip)> {
        match self.host_bits() {
            0 => None,
            1 => Some((self.first(), self.last())),
            _ => Some((
                self.at(self.first().bits + 1),
                self.at(self.last().bits - 1),
            )),
        }
    }

    /// The same network without what its hosts have of the address.
    pub(super) fn cidr(self) -> Self {
        Self {
            ip: self.first().bits,
            ..self
        }
    }

    /// The network of this length around it.
    pub(super) fn around(self, prefix: u32) -> Self {
        Self { prefix, ..self }.cidr()
    }

    pub(super) fn holds(self, ip: Ip) -> bool {
        ip.v6 == self.v6 && self.first() <= ip && ip <= self.last()
    }

    pub(super) fn covers(self, other: Self) -> bool {
        self.holds(other.first()) && self.holds(other.last())
    }

    /// The address this far from the network's first; from behind its last where that is negative.
    pub(super) fn nth(self, at: i64) -> Option<Ip> {
        let distance = u128::from(at.unsigned_abs());
        let bits = if at < 0 {
            self.last().bits.checked_sub(distance - 1)?
        } else {
            self.first().bits.checked_add(distance)?
        };
        Some(self.at(bits)).filter(|ip| self.holds(*ip))
    }

    /// The address this far from its own.
    pub(super) fn moved(self, by: i64) -> Option<Ip> {
        let bits = self.ip.checked_add_signed(by.into())?;
        (bits <= self.all()).then(|| self.at(bits))
    }
}

/// A number of as many ones.
pub(super) fn ones(count: u32) -> u128 {
    1_u128.checked_shl(count).map_or(u128::MAX, |top| top - 1)
}
