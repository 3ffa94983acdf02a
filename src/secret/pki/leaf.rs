//! A certificate with its key in one file, so that the two always fit.

use super::authority::Trust;
use super::reading::{Block, Facts, blocks, canonical, facts, is_signed_by, short_hash};
use super::shelf::Shelf;
use super::{CertificateSpec, PkiError, Secret, issue};
use rcgen::KeyPair;
use std::collections::BTreeSet;

/// Words before the key that say beside which trusted authorities the certificate was made.
const BESIDE: &str = "Made beside the authorities ";

/// What is kept under a certificate's name.
#[derive(Clone)]
pub(super) struct Leaf {
    pub key: Secret,
    pub cert: String,
    pub facts: Facts,
    beside: Option<String>,
}

impl Leaf {
    pub fn load(shelf: &Shelf, name: &str) -> Result<Option<Self>, PkiError> {
        let file = format!("{name}.pem");
        let Some(text) = shelf.read(&file)? else {
            return Ok(None);
        };
        let text = text.reveal();
        let broken = || PkiError::Broken(shelf.path(&file));
        let (mut key, mut cert) = (None, String::new());
        for block in blocks(text) {
            match block {
                Block::Key(text) => key = Some(Secret::new(text)),
                Block::Certificate(text) => cert.push_str(&text),
            }
        }
        let key = key.ok_or_else(broken)?;
        KeyPair::from_pem(key.reveal()).map_err(|_| broken())?;
        let facts = facts(&cert).ok_or_else(broken)?;
        let beside = text.lines().find_map(|line| line.strip_prefix(BESIDE));
        Ok(Some(Self {
            key,
            cert,
            facts,
            beside: beside.map(str::to_owned),
        }))
    }

    /// Makes one and keeps it.
    pub fn make(
        shelf: &mut Shelf,
        trust: &Trust,
        spec: &CertificateSpec,
    ) -> Result<Self, PkiError> {
        let (key, cert) = issue::leaf(&trust.signer, spec)?;
        let beside = short_hash(&trust.bundle());
        let text = format!("{BESIDE}{beside}\n{}{cert}", key.reveal());
        shelf.write(&format!("{}.pem", spec.name), &text)?;
        let facts = facts(&cert).ok_or(PkiError::Make(rcgen::Error::CouldNotParseCertificate))?;
        Ok(Self {
            key,
            cert,
            facts,
            beside: Some(beside),
        })
    }

    /// Whether it is for exactly what `spec` says, of the authority that signs now, and has time
    /// left. Beside other trusted authorities than now it does not fit either: services (Patroni)
    /// look at their certificate alone to see whether there is something to read anew.
    pub fn fits(&self, trust: &Trust, spec: &CertificateSpec) -> bool {
        let wanted: BTreeSet<String> = spec.sans.iter().map(|name| canonical(name)).collect();
        self.facts.sans == wanted
            && (self.facts.server, self.facts.client) == (spec.server, spec.client)
            && self.is_current(trust)
    }

    /// Whether the next apply keeps it, if its names stay.
    pub fn is_current(&self, trust: &Trust) -> bool {
        self.facts.is_fresh()
            && is_signed_by(&self.cert, trust.signer.cert())
            && self.beside.as_deref() == Some(&short_hash(&trust.bundle()))
    }
}
