//! Whether a host's key is the one that `known_hosts` says.

use super::certificate;
use super::endpoint::Endpoint;
use super::pattern::matches;
use crate::step::quote;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use russh::keys::ssh_key::{Algorithm, Certificate, HashAlg, PublicKey};
use sha1::Sha1;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// One line of a `known_hosts` file that speaks of a host.
#[derive(Debug)]
struct Line {
    file: PathBuf,
    number: usize,
    says: Says,
    key: PublicKey,
}

/// What a line says of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// It is the host's.
    Known,
    /// Nobody may be believed for it.
    Revoked,
    /// What it signs is the host's.
    Authority,
}

/// What the `known_hosts` files say of one host.
#[derive(Debug)]
pub(super) struct KnownHost {
    /// As it is written there: `host`, `[host]:port` or an alias, in lower case.
    name: String,
    address: String,
    port: u16,
    lines: Vec<Line>,
    files: Vec<PathBuf>,
    named: Option<PathBuf>,
    accept_new: bool,
}

impl KnownHost {
    /// Reads what the endpoint's files say of it; files that are not there say nothing.
    pub fn read(endpoint: &Endpoint) -> Self {
        let Endpoint {
            host,
            port,
            key_name: name,
            known_hosts: files,
            named_known_hosts: named,
            accept_new,
            ..
        } = endpoint;
        let mut lines = Vec::new();
        for file in files {
            let Ok(text) = std::fs::read_to_string(file) else {
                continue;
            };
            for (index, line) in text.lines().enumerate() {
                let line = line.trim();
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                // A line that can't be read is some other tool's, and no reason to trust a key.
                let Ok(entry) = line.parse::<Entry>() else {
                    continue;
                };
                let says = match entry.marker() {
                    None => Says::Known,
                    Some(Marker::Revoked) => Says::Revoked,
                    Some(Marker::CertAuthority) => Says::Authority,
                };
                // As OpenSSH does: an authority's line need not know of ports.
                let patterns = entry.host_patterns();
                let fits = speaks_of(patterns, name)
                    || (says == Says::Authority && speaks_of(patterns, without_port(name)));
                if fits {
                    lines.push(Line {
                        file: file.clone(),
                        number: index + 1,
                        says,
                        key: entry.public_key().clone(),
                    });
                }
            }
        }
        Self {
            name: name.clone(),
            address: host.clone(),
            port: *port,
            lines,
            files: files.clone(),
            named: named.clone(),
            accept_new: *accept_new,
        }
    }

    /// The kinds of keys that are known, so that the host is asked for one of these.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        self.saying(Says::Known)
            .map(|line| line.key.algorithm())
            .collect()
    }

    /// Whether the host may show a certificate in place of a key that is known.
    pub fn has_authority(&self) -> bool {
        self.saying(Says::Authority).next().is_some()
    }

    fn saying(&self, says: Says) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.says == says)
    }

    /// Whether the certificate makes its key the host's; if not, what to do about it. One that no
    /// authority of this host has signed is as good as its bare key.
    pub fn check_certificate(&self, shown: &Certificate) -> Result<(), String> {
        let key = PublicKey::new(shown.public_key().clone(), "");
        let signer = PublicKey::new(shown.signature_key().clone(), "");
        let signed = |line: &Line| line.key.key_data() == signer.key_data();
        if !self.saying(Says::Authority).any(signed) {
            return self.check(&key);
        }
        self.not_revoked(&signer)?;
        self.not_revoked(&key)?;
        certificate::check(shown, without_port(&self.name)).map_err(|why| {
            format!(
                "the certificate that {} shows is not taken: {why}",
                self.name
            )
        })
    }

    fn not_revoked(&self, key: &PublicKey) -> Result<(), String> {
        let same = |line: &&Line| line.key.key_data() == key.key_data();
        match self.saying(Says::Revoked).find(same) {
            Some(line) => Err(format!(
                "the host key that {} shows is revoked by {}:{}: don't use this host until its key is changed",
                self.name,
                line.file.display(),
                line.number
            )),
            None => Ok(()),
        }
    }

    /// Whether `key` is the host's; if not, what to do about it. A new key is kept only where the
    /// configuration says `accept-new`.
    pub fn check(&self, key: &PublicKey) -> Result<(), String> {
        self.not_revoked(key)?;
        let same = |line: &Line| line.key.key_data() == key.key_data();
        if self.saying(Says::Known).any(same) {
            return Ok(());
        }
        let fingerprint = key.fingerprint(HashAlg::Sha256);
        let kind = key.algorithm();
        if let Some(line) = self.saying(Says::Known).next() {
            let file = line.file.display();
            return Err(format!(
                "the host key of {name} has changed: {file}:{number} holds {known_kind} {known}, but the host \
                 shows {kind} {fingerprint}. Somebody may sit in between, or the host was made anew. If you \
                 know that it was, forget the old key with `ssh-keygen -R '{name}' -f {file}` and look at \
                 the new one with `{ssh}`",
                name = self.name,
                number = line.number,
                known_kind = line.key.algorithm(),
                known = line.key.fingerprint(HashAlg::Sha256),
                ssh = self.ssh_command(),
            ));
        }
        if self.accept_new {
            return self.learn(key);
        }
        let mut words = format!(
            "the host key of {} is not known: it shows {kind} {fingerprint}. If that is what \
             `ssh-keygen -lf /etc/ssh/ssh_host_{}_key.pub` says on the host itself, accept it with `{}`",
            self.name,
            short(&kind),
            self.ssh_command(),
        );
        if let Some(file) = self.files.first() {
            let port = if self.port == 22 {
                String::new()
            } else {
                format!("-p {} ", self.port)
            };
            let _ = write!(
                words,
                " or `ssh-keyscan -t {} {port}{} >> {}`",
                short(&kind),
                self.address,
                file.display()
            );
        }
        Err(words)
    }

    fn ssh_command(&self) -> String {
        let mut words = "ssh ".to_owned();
        if let Some(file) = &self.named {
            let option = format!("UserKnownHostsFile={}", file.display());
            let _ = write!(words, "-o {} ", quote(&option));
        }
        if self.port != 22 {
            let _ = write!(words, "-p {} ", self.port);
        }
        words + &self.address
    }

    fn learn(&self, key: &PublicKey) -> Result<(), String> {
        let Some(file) = self.files.first() else {
            return Ok(());
        };
        let line = key.to_openssh().map_err(|error| error.to_string())?;
        tracing::warn!(host = self.name, file = %file.display(), "a new host key was accepted");
        append(file, &format!("{} {line}\n", self.name)).map_err(|error| {
            format!(
                "can't keep the new key of {} in {}: {error}",
                self.name,
                file.display()
            )
        })
    }
}

fn append(file: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(line.as_bytes())
}

/// As in the names of a host's key files.
fn short(kind: &Algorithm) -> &'static str {
    match kind {
        Algorithm::Rsa { .. } => "rsa",
        Algorithm::Ecdsa { .. } => "ecdsa",
        Algorithm::Dsa => "dsa",
        _ => "ed25519",
    }
}

/// `host` of `[host]:port`.
fn without_port(name: &str) -> &str {
    let bare = name.strip_prefix('[').and_then(|name| name.split_once(']'));
    bare.map_or(name, |(host, _)| host)
}

fn speaks_of(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
        HostPatterns::Patterns(patterns) => {
            let not = |pattern: &str| {
                pattern
                    .strip_prefix('!')
                    .is_some_and(|pattern| matches(pattern, name))
            };
            !patterns.iter().any(|pattern| not(pattern))
                && patterns
                    .iter()
                    .any(|pattern| matches(&pattern.to_lowercase(), name))
        }
    }
}
