//! PGP's public keys in armour, as far as it takes to tell one from another.

use base64::Engine as _;
use sha1::Digest as _;
use std::fmt::Write;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its fingerprint, in hex of capital letters.
    pub fingerprint: String,
    /// Those of its subkeys.
    pub subkeys: Vec<String>,
}

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";
/// The kinds of packets that hold a key and a subkey.
const KEY: u8 = 6;
const SUBKEY: u8 = 14;

impl PublicKey {
    /// All keys of a text; the error says why there is none.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let mut keys = Vec::new();
        for block in text.split(BEGIN).skip(1) {
            let body = block
                .split_once(END)
                .ok_or("the key has no end: a part of it is missing")?
                .0;
            Self::read_packets(&unarmoured(body)?, &mut keys)?;
        }
        if keys.is_empty() {
            return Err(format!("there is no `{BEGIN}` in it"));
        }
        Ok(keys)
    }

    /// All keys of a file, in armour or without.
    pub fn of(bytes: &[u8]) -> Result<Vec<Self>, String> {
        let mut keys = Vec::new();
        Self::read_packets(&Self::binary(bytes)?, &mut keys)?;
        Ok(keys)
    }

    /// The same file without armour.
    pub fn binary(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let Some(text) = Self::armoured(bytes) else {
            return Ok(bytes.to_vec());
        };
        let mut all = Vec::new();
        for block in text.split(BEGIN).skip(1) {
            let (body, _) = block
                .split_once(END)
                .ok_or("the key has no end: a part of it is missing")?;
            all.extend(unarmoured(body)?);
        }
        Ok(all)
    }

    /// The text of a file that is in armour.
    pub fn armoured(bytes: &[u8]) -> Option<&str> {
        let text = std::str::from_utf8(bytes).ok()?;
        text.contains(BEGIN).then_some(text)
    }

    /// Keys in armour.
    pub fn armour(bytes: &[u8]) -> String {
        let coded = base64::engine::general_purpose::STANDARD.encode(bytes);
        let mut text = format!("{BEGIN}\n\n");
        for (at, c) in coded.chars().enumerate() {
            if at > 0 && at % 64 == 0 {
                text.push('\n');
            }
            text.push(c);
        }
        text + "\n" + END + "\n"
    }

    /// A file without armour, without the key that an id means.
    pub fn without(bytes: &[u8], id: &str) -> Vec<u8> {
        let (mut kept, mut rest, mut goes) = (Vec::new(), bytes, false);
        while let Some((kind, body, behind)) = packet(rest) {
            if kind == KEY {
                let print = fingerprint(body).unwrap_or_default();
                goes = id.len() >= 8 && print.ends_with(id);
            }
            if !goes {
                kept.extend(&rest[..rest.len() - behind.len()]);
            }
            rest = behind;
        }
        kept
    }

    fn read_packets(mut bytes: &[u8], keys: &mut Vec<Self>) -> Result<(), String> {
        let before = keys.len();
        while let Some((kind, body, rest)) = packet(bytes) {
            match (kind, fingerprint(body), keys.last_mut()) {
                (KEY, Some(fingerprint), _) => keys.push(Self {
                    fingerprint,
                    subkeys: Vec::new(),
                }),
                (SUBKEY, Some(fingerprint), Some(key)) => key.subkeys.push(fingerprint),
                _ => {}
            }
            bytes = rest;
        }
        if keys.len() == before {
            return Err("it holds no OpenPGP key of version 4 or 6".to_owned());
        }
        Ok(())
    }

    /// Whether it has the fingerprint, or one of its subkeys.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.fingerprint == fingerprint || self.subkeys.iter().any(|subkey| subkey == fingerprint)
    }

    /// Whether an id means it: the fingerprint, or its end of at least eight digits.
    pub fn is(&self, id: &str) -> bool {
        id.len() >= 8 && self.fingerprint.ends_with(id)
    }
}

/// The bytes in an armour's body: headers end at an empty line, the sum begins with `=`.
fn unarmoured(body: &str) -> Result<Vec<u8>, String> {
    let mut lines = body.lines().map(str::trim).skip(1);
    lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .for_each(drop);
    let coded: String = lines.take_while(|line| !line.starts_with('=')).collect();
    base64::engine::general_purpose::STANDARD
        .decode(coded)
        .map_err(|error| format!("the key is damaged: {error}"))
}

/// The first packet: its kind, its body, and what comes behind it.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first()?;
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
    };
    let (kind, length, width) = if head & 0x40 == 0 {
        let width = 1_usize
            .checked_shl(u32::from(head & 3))
            .filter(|width| *width < 8)?;
        ((head >> 2) & 0xf, number(rest.get(..width)?), width)
    } else {
        let first = usize::from(*rest.first()?);
        let (length, width) = match first {
            ..192 => (first, 1),
            192..224 => (((first - 192) << 8) + usize::from(*rest.get(1)?) + 192, 2),
            255 => (number(rest.get(1..5)?), 5),
            // A body in parts is for data, never for a key.
            _ => return None,
        };
        (head & 0x3f, length, width)
    };
    let rest = rest.get(width..)?;
    Some((kind, rest.get(..length)?, rest.get(length..)?))
}

/// The fingerprint of a key's body: the hash of it with a header (RFC 9580, 5.5.4).
fn fingerprint(body: &[u8]) -> Option<String> {
    let length = u32::try_from(body.len()).ok()?.to_be_bytes();
    match body.first()? {
        4 => {
            let head = [&[0x99], &length[2..]].concat();
            Some(hex(&sha1::Sha1::new()
                .chain_update(head)
                .chain_update(body)
                .finalize()))
        }
        6 => {
            let head = [&[0x9b], &length[..]].concat();
            Some(hex(&sha2::Sha256::new()
                .chain_update(head)
                .chain_update(body)
                .finalize()))
        }
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// A key and a subkey that gpg made, for tests.
#[cfg(test)]
pub const SAMPLE: &str = "\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawwrzhYJKwYBBAHaRw8BAQdAZ2cSC7aPvwFqe+yOuofdHroHLHxzHyRzqykQ
zCR/+8a0FUxhYiA8bGFiQGV4YW1wbGUub3JnPoiQBBMWCgA4FiEE5iR6glQ2diO9
2mUgIiaNEcvjBDEFAmsMK84CGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQ
IiaNEcvjBDHmJgD9G0huI4e/XYpW9GN05Xz5eNn5+FRHzHUZ+UBXi3CRMHMA/RQb
l71MyKW632tErnXX4xQH3xqZIzW0z33Pie7kUtAMuDgEawwrzhIKKwYBBAGXVQEF
AQEHQKV5xul0pX+vkPVPI4IO26c6E7iVwizjGYJ8x3OLXX4aAwEIB4h4BBgWCgAg
FiEE5iR6glQ2diO92mUgIiaNEcvjBDEFAmsMK84CGwwACgkQIiaNEcvjBDHruwEA
uEpOswDUhL9ntOjiIR0t+rProDxidJRazvfLm+RKfLEA/04NBFGhKZFYKDiFxBr5
qX3tKP2US2pM7G+NwrcyqZwB
=bHgQ
-----END PGP PUBLIC KEY BLOCK-----
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_subkey_are_read_as_gpg_reads_them() {
        let keys = PublicKey::read(SAMPLE).unwrap();
        let short = [&keys[0].fingerprint, &keys[0].subkeys[0]];
        // gpg's own words.
        let said = [
            "E6247A8254367623BDDA652022268D11CBE30431",
            "D9127758E833051FDDAAC12692256BD0CB9FFE5F",
        ];
        assert_eq!(
            (short, keys.len(), keys[0].subkeys.len()),
            (said.map(String::from).each_ref(), 1, 1)
        );
        let id = &keys[0].fingerprint[32..];
        assert!(keys[0].is(id) && !keys[0].is(&id[4..]) && !keys[0].is("0123456789ABCDEF"));
        let twice = PublicKey::read(&format!("Comment\n{SAMPLE}\n{SAMPLE}")).unwrap();
        assert_eq!(twice.len(), 2);
    }

    #[test]
    fn what_is_no_key_is_told() {
        let told = |text: &str| PublicKey::read(text).unwrap_err();
        assert!(told("<html>404</html>").contains("there is no `-----BEGIN"));
        assert!(told(&SAMPLE[..200]).contains("no end"));
        assert!(told(&SAMPLE.replace("mDME", "m!ME")).contains("damaged"));
        let other = format!("{BEGIN}\n\nyAAA\n=x\n{END}");
        assert!(told(&other).contains("no OpenPGP key"));
    }
}
