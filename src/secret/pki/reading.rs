//! What stands in a certificate, and how PEM texts fall into blocks.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::SystemTime;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

/// A block of a PEM text, `-----BEGIN` to `-----END` with its newline.
pub(super) enum Block {
    Key(String),
    Certificate(String),
}

/// The keys and certificates of a text in their order; other blocks and words are passed over.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        if line.starts_with("-----BEGIN ") {
            open = Some(String::new());
        }
        let Some(block) = &mut open else { continue };
        block.push_str(line.trim_end());
        block.push('\n');
        if line.starts_with("-----END ") {
            let block = open.take().unwrap_or_default();
            if line.contains("PRIVATE KEY") {
                found.push(Block::Key(block));
            } else if line.contains("END CERTIFICATE-") {
                found.push(Block::Certificate(block));
            }
        }
    }
    found
}

/// What is read from a certificate.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Its subject, as bytes that compare.
    pub subject: Vec<u8>,
    /// Its issuer's subject.
    pub issuer: Vec<u8>,
    /// Its subject's common name.
    pub common_name: String,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// The names and addresses that it is good for.
    pub sans: BTreeSet<String>,
    /// Whether a server may show it.
    pub server: bool,
    /// Whether a client may show it.
    pub client: bool,
    /// Its first second, since 1970.
    pub begin: i64,
    /// Its last second.
    pub end: i64,
    /// SHA-256 of it.
    pub fingerprint: String,
}

impl Facts {
    /// Whether more than a third of its life is left.
    pub fn is_fresh(&self) -> bool {
        let now = now();
        self.begin <= now && now < self.renewed()
    }

    /// Whether its life is over.
    pub fn has_ended(&self) -> bool {
        self.end <= now()
    }

    /// From when on a new one is made: a third of its life is left.
    pub fn renewed(&self) -> i64 {
        self.end - (self.end - self.begin) / 3
    }

    /// Whether it names itself as its issuer: a root.
    pub fn is_root(&self) -> bool {
        self.subject == self.issuer
    }
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = since.map_or(0, |since| since.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// The first certificate of a text; `None` where there is none, or none that can be read.
pub(super) fn facts(pem: &str) -> Option<Facts> {
    with_first(pem, |certificate, bytes| {
        let usage = certificate.extended_key_usage().ok().flatten();
        let (server, client) = usage.map_or((false, false), |usage| {
            (usage.value.server_auth, usage.value.client_auth)
        });
        let names = certificate.subject_alternative_name().ok().flatten();
        let common_name = certificate.subject().iter_common_name().next();
        let common_name = common_name.and_then(|name| name.as_str().ok());
        Facts {
            subject: certificate.subject().as_raw().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            common_name: common_name.unwrap_or_default().to_owned(),
            public_key: certificate.public_key().raw.to_vec(),
            is_authority: certificate.is_ca(),
            sans: names
                .into_iter()
                .flat_map(|names| names.value.general_names.iter().filter_map(spelled))
                .collect(),
            server,
            client,
            begin: certificate.validity().not_before.timestamp(),
            end: certificate.validity().not_after.timestamp(),
            fingerprint: hex(&Sha256::digest(bytes)),
        }
    })
}

/// Whether the key of `authority` signed `pem`.
pub(super) fn is_signed_by(pem: &str, authority: &str) -> bool {
    let signed = with_first(authority, |authority, _| {
        with_first(pem, |certificate, _| {
            certificate
                .verify_signature(Some(authority.public_key()))
                .is_ok()
        })
    });
    signed.flatten().unwrap_or(false)
}

/// The start of a text's SHA-256.
pub(super) fn short_hash(text: &str) -> String {
    hex(&Sha256::digest(text))[..16].to_owned()
}

/// A name as a certificate spells it: an address in its shortest form.
pub(super) fn canonical(name: &str) -> String {
    name.parse::<IpAddr>()
        .map_or_else(|_| name.to_owned(), |address| address.to_string())
}

fn with_first<T>(pem: &str, look: impl FnOnce(&X509Certificate<'_>, &[u8]) -> T) -> Option<T> {
    let pem = Pem::iter_from_buffer(pem.as_bytes())
        .filter_map(Result::ok)
        .find(|pem| pem.label == "CERTIFICATE")?;
    let certificate = pem.parse_x509().ok()?;
    Some(look(&certificate, &pem.contents))
}

fn spelled(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from))
            .map(|address| address.to_string())
            .ok(),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
