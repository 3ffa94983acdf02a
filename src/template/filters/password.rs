//! Hashes of passwords, as `crypt` reads them, and identifiers that follow from names.

use super::super::registry::{GENERAL, Registry};
use super::super::trace;
use super::given::Given;
use super::text::text;
use super::wrong;
use crate::secret::{self, Secret};
use minijinja::value::{Kwargs, Rest};
use minijinja::{Error, Value};
use sha1::{Digest, Sha1};

pub(super) fn register(to: &mut Registry) {
    to.filter("password_hash", password_hash);
    to.filter("to_uuid", to_uuid);
    to.filter_of(GENERAL, "crc32", |value: &Value| -> Result<String, Error> {
        Ok(format!("{:x}", crc32(text(value)?.as_bytes())))
    });
}

/// The digits of `crypt`, from the least.
const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The digits of bcrypt.
const BCRYPT: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// What names are put below to become identifiers, unless another one is given.
const ANSIBLE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn password_hash(value: &Value, rest: Rest<Value>, names: Kwargs) -> Result<String, Error> {
    let mut given = Given::new(rest, names);
    let kind = given
        .text("hashtype")?
        .unwrap_or_else(|| "sha512".to_owned());
    let salt = given.text("salt")?.filter(|salt| !salt.is_empty());
    let size = given.int("salt_size")?;
    let rounds = given.int("rounds")?.map(u32::try_from).transpose();
    let rounds = rounds.map_err(|_| wrong("`rounds` is a number above 0"))?;
    let ident = given.text("ident")?;
    given.end()?;
    let password = Secret::new(text(value)?);
    let (length, fits): (_, fn(usize) -> bool) = match kind.as_str() {
        "sha512" | "sha256" | "sha512_crypt" | "sha256_crypt" => (16, |length| length <= 16),
        "bcrypt" | "blowfish" => (22, |length| length == 22),
        other => {
            return Err(wrong(format!(
                "`password_hash` makes sha512, sha256 and bcrypt, not `{other}`"
            )));
        }
    };
    let salt = match salt {
        Some(salt) => salt,
        None => {
            trace::note_volatile();
            let size = size
                .and_then(|size| usize::try_from(size).ok())
                .unwrap_or(length);
            random(size.min(length))?
        }
    };
    if !fits(salt.len()) || !salt.bytes().all(|byte| DIGITS.contains(&byte)) {
        return Err(wrong(format!(
            "the salt of {kind} is {length} of the characters a-z, A-Z, 0-9, `.` and `/`{}",
            if length == 16 { ", or fewer" } else { "" }
        )));
    }
    let hash = match kind.as_str() {
        "bcrypt" | "blowfish" => bcrypt_of(&password, &salt, rounds.unwrap_or(12), ident)?,
        kind => sha_crypt_of(&password, &salt, rounds, kind.starts_with("sha512"))?,
    };
    secret::hide(&hash);
    Ok(hash)
}

fn random(length: usize) -> Result<String, Error> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(|error| wrong(error.to_string()))?;
    let digit = |byte: &u8| char::from(DIGITS[usize::from(byte % 64)]);
    Ok(bytes.iter().map(digit).collect())
}

/// How often SHA-512 is done where nobody says it, and SHA-256; both as Ansible sets it.
const ROUNDS: [u32; 2] = [656_000, 535_000];
/// What is not written down.
const SILENT: u32 = 5_000;

fn sha_crypt_of(
    password: &Secret,
    salt: &str,
    rounds: Option<u32>,
    long: bool,
) -> Result<String, Error> {
    let rounds = rounds.unwrap_or(ROUNDS[usize::from(!long)]);
    let params = sha_crypt::Params::new(rounds)
        .map_err(|_| wrong("`rounds` of sha512 and sha256 is 1000 to 999999999"))?;
    let (password, salted) = (password.reveal().as_bytes(), salt.as_bytes());
    let digits = if long {
        let hash = sha_crypt::sha512_crypt(password, salted, params);
        // Three bytes at a time, from the three thirds, each third first in turn.
        let mut out = String::new();
        for at in 0..21 {
            let mut bytes = [hash[at], hash[at + 21], hash[at + 42]];
            bytes.rotate_left(at % 3);
            out.push_str(&spelled(bytes, 4));
        }
        out + &spelled([0, 0, hash[63]], 2)
    } else {
        let hash = sha_crypt::sha256_crypt(password, salted, params);
        let mut out = String::new();
        for at in 0..10 {
            let mut bytes = [hash[at], hash[at + 10], hash[at + 20]];
            bytes.rotate_right(at % 3);
            out.push_str(&spelled(bytes, 4));
        }
        out + &spelled([0, hash[31], hash[30]], 3)
    };
    let ident = if long { 6 } else { 5 };
    let told = if rounds == SILENT {
        String::new()
    } else {
        format!("rounds={rounds}$")
    };
    Ok(format!("${ident}${told}{salt}${digits}"))
}

fn spelled([a, b, c]: [u8; 3], count: usize) -> String {
    let bits = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
    let digit = |at: usize| char::from(DIGITS[(bits >> (6 * at) & 63) as usize]);
    (0..count).map(digit).collect()
}

fn bcrypt_of(
    password: &Secret,
    salt: &str,
    cost: u32,
    ident: Option<String>,
) -> Result<String, Error> {
    let version = match ident.as_deref() {
        None | Some("2b") => bcrypt::Version::TwoB,
        Some("2a") => bcrypt::Version::TwoA,
        Some("2y") => bcrypt::Version::TwoY,
        Some(other) => return Err(wrong(format!("bcrypt is 2a, 2b or 2y, not `{other}`"))),
    };
    if cost > 20 {
        return Err(wrong(
            "`rounds` of bcrypt is 4 to 20: each more takes twice as long",
        ));
    }
    // Twenty-two digits are four bits more than the salt has; those are left out.
    let mut bytes = [0_u8; 16];
    for (at, byte) in salt.bytes().enumerate() {
        let digit = BCRYPT.iter().position(|digit| *digit == byte).unwrap_or(0);
        for bit in 0..6 {
            let place = at * 6 + bit;
            if place < 128 && digit >> (5 - bit) & 1 == 1 {
                bytes[place / 8] |= 128 >> (place % 8);
            }
        }
    }
    let hash = bcrypt::hash_with_salt(password.reveal(), cost, bytes)
        .map_err(|error| wrong(format!("bcrypt can't hash this: {error}")))?;
    Ok(hash.format_for_version(version))
}

fn to_uuid(value: &Value, namespace: Option<String>, names: Kwargs) -> Result<String, Error> {
    let namespace = match namespace {
        Some(given) => Some(given),
        None => names.get::<Option<String>>("namespace")?,
    };
    names.assert_all_used()?;
    let namespace = namespace.unwrap_or_else(|| ANSIBLE.to_owned());
    let digits: String = namespace.chars().filter(|c| *c != '-').collect();
    let number = u128::from_str_radix(&digits, 16)
        .ok()
        .filter(|_| digits.len() == 32);
    let number = number.ok_or_else(|| wrong(format!("`{namespace}` is no UUID")))?;
    let mut digest = Sha1::new();
    digest.update(number.to_be_bytes());
    digest.update(text(value)?);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    // Version 5, of the usual kind.
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let all = format!("{:032x}", u128::from_be_bytes(bytes));
    Ok(format!(
        "{}-{}-{}-{}-{}",
        &all[..8],
        &all[8..12],
        &all[12..16],
        &all[16..20],
        &all[20..]
    ))
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bcrypt_is_what_others_make_of_the_same_salt() {
        let hash = |ident: &str| {
            let password = Secret::among("secret");
            bcrypt_of(
                &password,
                "1234567890123456789012",
                4,
                Some(ident.to_owned()),
            )
            .unwrap()
        };
        assert_eq!(
            hash("2b"),
            "$2b$04$123456789012345678901u//h8y7tq3SNKU3W0iQ9NrkyT8n5fXPS"
        );
        assert!(hash("2a").starts_with("$2a$04$"));
    }

    #[test]
    fn a_salt_at_random_is_another_one_each_time() {
        let made = || {
            password_hash(
                &Value::from("x"),
                Rest(Vec::new()),
                Kwargs::from_iter([("rounds", Value::from(1000))]),
            )
        };
        let (one, two) = (made().unwrap(), made().unwrap());
        assert!(
            one.starts_with("$6$rounds=1000$") && one != two,
            "{one} {two}"
        );
    }
}
