//! Texts sealed with a password in the form of `ansible-vault`: AES-256 in counter mode, keys by
//! PBKDF2, and an HMAC over what is sealed.

mod ring;

pub use ring::{Key, add_key, has_keys, known_ids, opened, opened_text};

use super::Secret;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write;
use zeroize::Zeroizing;

/// What every sealed text begins with.
const HEAD: &str = "$ANSIBLE_VAULT;";
/// The id that has no name.
pub const DEFAULT_ID: &str = "default";
const ROUNDS: u32 = 10_000;
const SALT: usize = 32;
/// How long a line of digits is.
const WIDTH: usize = 80;
const BLOCK: usize = 16;

/// Why a sealed text can't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It is not what it seems to be.
    #[error("this is no text of ansible-vault: {0}")]
    Form(&'static str),
    /// There is no password.
    #[error(
        "this is encrypted by ansible-vault{}, and no password was given",
        with_id(id)
    )]
    Locked {
        /// The id that it is sealed with.
        id: String,
    },
    /// No password fits.
    #[error(
        "this is encrypted by ansible-vault{}, and no password that was given opens it",
        with_id(id)
    )]
    Refused {
        /// The id that it is sealed with.
        id: String,
    },
    /// What was sealed is no text.
    #[error("what is encrypted is no text in UTF-8")]
    NoText,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

fn with_id(id: &str) -> String {
    if id == DEFAULT_ID {
        String::new()
    } else {
        format!(" under the id `{id}`")
    }
}

/// Whether a text or file is sealed.
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(HEAD.as_bytes())
}

/// The id that a text is sealed with.
pub fn id_of(sealed: &str) -> &str {
    let head = sealed.lines().next().unwrap_or_default();
    match head.split(';').collect::<Vec<_>>()[..] {
        [_, "1.2", _, id] => id.trim_end(),
        _ => DEFAULT_ID,
    }
}

/// The two keys and the first counter that follow from a password.
struct Keys {
    cipher: Zeroizing<[u8; 32]>,
    mac: Zeroizing<[u8; 32]>,
    counter: [u8; BLOCK],
}

impl Keys {
    fn new(password: &Secret, salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 80]);
        let word = password.reveal().as_bytes();
        pbkdf2::pbkdf2_hmac::<Sha256>(word, salt, ROUNDS, &mut *bytes);
        let mut keys = Self {
            cipher: Zeroizing::default(),
            mac: Zeroizing::default(),
            counter: [0; BLOCK],
        };
        keys.cipher.copy_from_slice(&bytes[..32]);
        keys.mac.copy_from_slice(&bytes[32..64]);
        keys.counter.copy_from_slice(&bytes[64..]);
        keys
    }

    fn turn(&self, bytes: &mut [u8]) {
        let mut stream =
            ctr::Ctr128BE::<aes::Aes256>::new(&(*self.cipher).into(), &self.counter.into());
        stream.apply_keystream(bytes);
    }

    fn mac(&self, sealed: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.mac).ok()?;
        mac.update(sealed);
        Some(mac)
    }
}

/// Seals a text with a password; the id is written down unless it is the default. A salt is for
/// those who want the same text each time.
pub fn sealed(
    plain: &[u8],
    password: &Secret,
    id: Option<&str>,
    salt: Option<&[u8]>,
) -> Result<String, VaultError> {
    let mut random = [0; SALT];
    let salt = match salt {
        Some(salt) => salt,
        None => {
            getrandom::fill(&mut random).map_err(|error| VaultError::Random(error.to_string()))?;
            &random
        }
    };
    let keys = Keys::new(password, salt);
    let mut bytes = Zeroizing::new(plain.to_vec());
    let filling = BLOCK - plain.len() % BLOCK;
    // At most a block.
    let fill = u8::try_from(filling).unwrap_or(0);
    bytes.extend(std::iter::repeat_n(fill, filling));
    keys.turn(&mut bytes);
    let mac = keys
        .mac(&bytes)
        .ok_or(VaultError::Form("a key has a wrong length"))?;
    let mac = mac.finalize().into_bytes();
    let inner = format!("{}\n{}\n{}", hex(salt), hex(&mac), hex(&bytes));
    let digits = hex(inner.as_bytes());
    let mut out = match id.filter(|id| *id != DEFAULT_ID) {
        Some(id) => format!("{HEAD}1.2;AES256;{id}\n"),
        None => format!("{HEAD}1.1;AES256\n"),
    };
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(WIDTH.min(rest.len()));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    Ok(out)
}

/// What was sealed, where the password is the right one; nothing where it is not.
pub fn opened_with(
    sealed: &str,
    password: &Secret,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let (head, body) = sealed.split_once('\n').unwrap_or((sealed, ""));
    let parts: Vec<&str> = head.trim_end().split(';').collect();
    match parts[..] {
        ["$ANSIBLE_VAULT", "1.1", "AES256"] | ["$ANSIBLE_VAULT", "1.2", "AES256", _] => {}
        ["$ANSIBLE_VAULT", ..] => {
            return Err(VaultError::Form(
                "it is of another version than 1.1 and 1.2 with AES256",
            ));
        }
        _ => return Err(VaultError::Form("it does not begin with $ANSIBLE_VAULT")),
    }
    let broken = || VaultError::Form("its digits are broken");
    let inner = unhex(body).ok_or_else(broken)?;
    let inner = String::from_utf8(inner).map_err(|_| broken())?;
    let [salt, mac, text] = inner.split('\n').collect::<Vec<_>>()[..] else {
        return Err(broken());
    };
    let (salt, mac) = (
        unhex(salt).ok_or_else(broken)?,
        unhex(mac).ok_or_else(broken)?,
    );
    let mut bytes = Zeroizing::new(unhex(text).ok_or_else(broken)?);
    let keys = Keys::new(password, &salt);
    let right = keys
        .mac(&bytes)
        .is_some_and(|own| own.verify_slice(&mac).is_ok());
    if !right {
        return Ok(None);
    }
    keys.turn(&mut bytes);
    let fill = bytes.last().copied().map_or(0, usize::from);
    let whole = (1..=BLOCK).contains(&fill) && fill <= bytes.len();
    if !whole {
        return Err(broken());
    }
    let length = bytes.len() - fill;
    bytes.truncate(length);
    Ok(Some(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing into a string does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    pairs
        .iter()
        .map(|[a, b]| Some(digit(*a)? << 4 | digit(*b)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ansible-vault` made it with the password `secret`.
    const OF_ANSIBLE: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
        34613735333662633131633166373231326536323635356530616466366232363032653635666465\n\
        6166303139363966613364343032643833616435373533360a663538653536383432663533633466\n\
        33393432306637393632653730366232356530393535326661633831393462316634613261626634\n\
        6635316561336562310a363834366333623030633734313632373435613861313234663533653262\n\
        3161\n";

    fn secret(text: &str) -> Secret {
        Secret::among(text)
    }

    #[test]
    fn what_ansible_sealed_is_opened() {
        let plain = opened_with(OF_ANSIBLE, &secret("secret")).unwrap().unwrap();
        assert_eq!(&plain[..], b"hidden words");
        assert_eq!(opened_with(OF_ANSIBLE, &secret("other")), Ok(None));
    }

    #[test]
    fn a_text_of_any_length_comes_back_and_says_its_id() {
        for length in [0, 1, 15, 16, 17, 1000] {
            let plain = vec![b'x'; length];
            let text = sealed(&plain, &secret("pw"), Some("prod"), None).unwrap();
            assert!(text.starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"));
            assert!(text.lines().all(|line| line.len() <= WIDTH));
            assert_eq!(id_of(&text), "prod");
            assert_eq!(
                opened_with(&text, &secret("pw")).unwrap().unwrap().to_vec(),
                plain
            );
        }
        let text = sealed(b"x", &secret("pw"), None, None).unwrap();
        assert_eq!(id_of(&text), DEFAULT_ID);
    }

    #[test]
    fn what_is_broken_is_said_to_be() {
        for text in [
            "",
            "words",
            "$ANSIBLE_VAULT;9.9;AES256\n00",
            "$ANSIBLE_VAULT;1.1;AES256\nzz",
            "$ANSIBLE_VAULT;1.1;AES256\n3030",
        ] {
            assert!(
                matches!(opened_with(text, &secret("x")), Err(VaultError::Form(_))),
                "{text}"
            );
        }
        // A digit that was changed.
        let text = OF_ANSIBLE.replacen('3', "4", 40);
        assert!(!matches!(
            opened_with(&text, &secret("secret")),
            Ok(Some(_))
        ));
    }
}
