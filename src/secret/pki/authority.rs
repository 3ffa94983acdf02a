//! The authority in `ca.pem`, and its change into another.
//!
//! `ca.pem` alone says how far a change is, so that no interruption leaves it between two stages:
//!
//! - settled: the key and the certificate that sign;
//! - both are trusted: the same, then the key and the certificate of the next;
//! - the next signs: its key and certificate, then the certificate, without a key, of the one before.
//!
//! An authority that is no root is followed by the certificates that lead to it.

use super::issue;
use super::reading::{Block, Facts, blocks, facts, is_signed_by};
use super::shelf::Shelf;
use super::{PkiError, Secret, stand_in};
use jiff::Timestamp;
use rcgen::KeyPair;
use std::path::Path;

/// The file of the authority.
const FILE: &str = "ca.pem";
/// An authority that the user wants to be the next: its key, its certificate.
const NEXT: &str = "authorities/next.pem";

/// An authority: its key, where it is known, and its certificates up to the root.
#[derive(Clone)]
pub(super) struct Authority {
    pub key: Option<Secret>,
    certs: Vec<String>,
    pub facts: Facts,
}

/// Who signs, and who else is trusted.
pub(super) struct Trust {
    pub signer: Authority,
    pub other: Option<Authority>,
}

/// How far a change of the authority is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityStanding {
    /// There is no authority yet.
    Missing,
    /// One is trusted, and signs.
    Settled,
    /// The next is trusted too; the old one signs.
    TrustBoth,
    /// The next signs; the old one is trusted still.
    SignNew,
}

/// A stage of a change of the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityStage {
    /// The next authority is made, and trusted beside the one that signs.
    TrustBoth,
    /// The next authority signs; the one before is trusted still.
    SignNew,
    /// The authority before is not trusted any more.
    TrustNew,
}

impl AuthorityStanding {
    /// Whether something is to be done to reach `stage`; an error is a refusal.
    pub fn needs(self, stage: AuthorityStage) -> Result<bool, String> {
        let refused = |why: &str| Err(why.to_owned());
        match (self, stage) {
            (Self::Missing, _) => refused(
                "there is no authority to change: apply the cluster's playbook first, which makes one",
            ),
            (Self::Settled, AuthorityStage::SignNew) => {
                refused("no change of the authority is under way: begin with the stage trust_both")
            }
            (Self::TrustBoth, AuthorityStage::TrustNew) => refused(
                "the old authority signs still: the stage sign_new comes before trust_new, and the \
                 hosts' new certificates between the two",
            ),
            (Self::Settled, AuthorityStage::TrustBoth)
            | (Self::TrustBoth, AuthorityStage::SignNew)
            | (Self::SignNew, AuthorityStage::TrustNew) => Ok(true),
            // Behind it already, as after an interruption.
            (Self::Settled, AuthorityStage::TrustNew)
            | (Self::TrustBoth, AuthorityStage::TrustBoth)
            | (Self::SignNew, AuthorityStage::TrustBoth | AuthorityStage::SignNew) => Ok(false),
        }
    }
}

impl Authority {
    /// `None` when the first certificate can't be read.
    pub fn new(key: Option<Secret>, certs: Vec<String>) -> Option<Self> {
        let facts = facts(certs.first()?)?;
        Some(Self { key, certs, facts })
    }

    /// Its own certificate.
    pub fn cert(&self) -> &str {
        self.certs.first().map_or("", String::as_str)
    }

    /// What a server shows behind its certificate: the authorities that are no roots.
    pub fn below_the_root(&self) -> String {
        let below = |cert: &&String| facts(cert).is_some_and(|facts| !facts.is_root());
        self.certs
            .iter()
            .filter(below)
            .map(String::as_str)
            .collect()
    }

    fn without_key(&self) -> Self {
        Self {
            key: None,
            ..self.clone()
        }
    }

    fn text(&self) -> String {
        let key = self.key.as_ref().map_or("", Secret::reveal);
        format!("{key}{}", self.certs.concat())
    }
}

impl Trust {
    /// What the folder's authority file says; `None` where there is none.
    pub fn load(shelf: &Shelf) -> Result<Option<Self>, PkiError> {
        let Some(text) = shelf.read(FILE)? else {
            return Ok(None);
        };
        let path = shelf.path(FILE);
        let mut all = parsed(text.reveal(), &path)?.into_iter();
        match (all.next(), all.next(), all.next()) {
            (Some(signer), other, None) if signer.key.is_some() => Ok(Some(Self { signer, other })),
            _ => Err(PkiError::Broken(path)),
        }
    }

    /// The same, made where there is none, prolonged where its time runs out.
    pub fn ensured(shelf: &mut Shelf) -> Result<Self, PkiError> {
        let trust = match Self::load(shelf)? {
            Some(trust) if trust.signer.facts.is_fresh() => return Ok(trust),
            Some(trust) if issue::is_own(&trust.signer) => Self {
                signer: issue::prolonged(&trust.signer)?,
                ..trust
            },
            Some(trust) if trust.signer.facts.has_ended() => {
                return Err(PkiError::Ended(shelf.path(FILE)));
            }
            Some(trust) => return Ok(trust),
            None => Self {
                signer: issue::authority()?,
                other: None,
            },
        };
        shelf.write(FILE, &trust.text())?;
        Ok(trust)
    }

    pub fn standing(&self) -> AuthorityStanding {
        match &self.other {
            None => AuthorityStanding::Settled,
            Some(other) if other.key.is_some() => AuthorityStanding::TrustBoth,
            Some(_) => AuthorityStanding::SignNew,
        }
    }

    /// All that is trusted, in an order that a change of the signer does not change: to a host
    /// whose bundle stays the same, nothing is to be done.
    pub fn bundle(&self) -> String {
        let mut all: Vec<&Authority> = std::iter::once(&self.signer).chain(&self.other).collect();
        all.sort_by_key(|one| (one.facts.begin, one.facts.fingerprint.clone()));
        all.into_iter().map(|one| one.certs.concat()).collect()
    }

    /// Says of those that are made up in the place of what an apply will make that they are.
    pub fn stand_in(&self, shelf: &Shelf) -> Result<(), PkiError> {
        if shelf.is_unkept(FILE) {
            let kept = shelf.kept(FILE)? + &shelf.kept(NEXT)?;
            let all = std::iter::once(&self.signer).chain(&self.other);
            for one in all.filter(|one| !kept.contains(one.cert().trim())) {
                stand_in(one.cert(), "a new certificate authority");
            }
        }
        Ok(())
    }

    fn text(&self) -> String {
        let other = self.other.as_ref().map(Authority::text);
        format!("{}{}", self.signer.text(), other.unwrap_or_default())
    }
}

/// How far the change is in the folder; `keep` as for [`super::certificate`].
pub fn authority_standing(folder: &Path, keep: bool) -> Result<AuthorityStanding, PkiError> {
    let shelf = if keep && !folder.exists() {
        return Ok(AuthorityStanding::Missing);
    } else {
        Shelf::open(folder, keep)?
    };
    Ok(Trust::load(&shelf)?.map_or(AuthorityStanding::Missing, |trust| trust.standing()))
}

/// Takes the authority to `stage`, if it isn't there or behind it already.
pub fn turn_authority(folder: &Path, stage: AuthorityStage, keep: bool) -> Result<(), PkiError> {
    let mut shelf = Shelf::open(folder, keep)?;
    let trust = Trust::load(&shelf)?;
    let standing = trust
        .as_ref()
        .map_or(AuthorityStanding::Missing, Trust::standing);
    if !standing.needs(stage).map_err(PkiError::Refused)? {
        return Ok(());
    }
    let Some(Trust { signer, other }) = trust else {
        return Ok(());
    };
    let turned = match (stage, other) {
        (AuthorityStage::TrustBoth, _) => Trust {
            other: Some(next(&shelf, &signer)?),
            signer,
        },
        (AuthorityStage::SignNew, Some(next)) => {
            put_aside(&mut shelf, &signer)?;
            Trust {
                other: Some(signer.without_key()),
                signer: next,
            }
        }
        (AuthorityStage::TrustNew, _) => {
            // In a dry run, what its earlier stages would have made anew may not have been looked up.
            if keep {
                refuse_leftover(&shelf, &signer)?;
            }
            Trust {
                signer,
                other: None,
            }
        }
        (AuthorityStage::SignNew, None) => return Ok(()),
    };
    shelf.write(FILE, &turned.text())?;
    Ok(())
}

/// The next authority: the user's, else a new one.
fn next(shelf: &Shelf, signer: &Authority) -> Result<Authority, PkiError> {
    let path = shelf.path(NEXT);
    let Some(text) = shelf.read(NEXT)? else {
        return issue::authority();
    };
    let mut given = parsed(text.reveal(), &path)?.into_iter();
    let (Some(next), None) = (given.next(), given.next()) else {
        return Err(PkiError::Broken(path));
    };
    if next.facts.fingerprint == signer.facts.fingerprint {
        // It was taken by the change before.
        return issue::authority();
    }
    if next.key.is_none() {
        return Err(PkiError::Broken(path));
    }
    if next.facts.has_ended() {
        return Err(PkiError::Ended(path));
    }
    Ok(next)
}

/// Keeps the old authority's key under a name with its date: it may be the only copy.
fn put_aside(shelf: &mut Shelf, old: &Authority) -> Result<(), PkiError> {
    let date = Timestamp::now().strftime("%Y-%m-%d");
    let name = format!(
        "authorities/before-{date}-{}.pem",
        &old.facts.fingerprint[..8]
    );
    let kept = shelf.write_first(&name, &old.text())?;
    if kept.reveal() == old.text() {
        Ok(())
    } else {
        Err(PkiError::Taken(shelf.path(&name)))
    }
}

/// A host that still shows a certificate of the old authority would be refused by all others.
fn refuse_leftover(shelf: &Shelf, signer: &Authority) -> Result<(), PkiError> {
    let mut leftover = Vec::new();
    for name in shelf.names() {
        let Some(text) = shelf.read(&format!("{name}.pem"))? else {
            continue;
        };
        let lives = facts(text.reveal()).is_some_and(|facts| !facts.has_ended());
        if lives && !is_signed_by(text.reveal(), signer.cert()) {
            leftover.push(name);
        }
    }
    if leftover.is_empty() {
        Ok(())
    } else {
        Err(PkiError::Leftover(leftover.join(", ")))
    }
}

/// The authorities of a text, each with its key before it where there is one.
fn parsed(text: &str, path: &Path) -> Result<Vec<Authority>, PkiError> {
    let broken = || PkiError::Broken(path.to_owned());
    let mut all: Vec<(Option<Secret>, Vec<String>)> = Vec::new();
    let mut key = None;
    for block in blocks(text) {
        match block {
            Block::Key(_) if key.is_some() => return Err(broken()),
            Block::Key(text) => key = Some(Secret::new(text)),
            Block::Certificate(cert) => {
                let read = facts(&cert).filter(|facts| facts.is_authority);
                let read = read.ok_or_else(broken)?;
                let leads_to = |below: &String| {
                    facts(below)
                        .is_some_and(|below| !below.is_root() && below.issuer == read.subject)
                };
                match all.last_mut() {
                    Some((_, certs)) if key.is_none() && certs.last().is_some_and(leads_to) => {
                        certs.push(cert);
                    }
                    _ => all.push((key.take(), vec![cert])),
                }
            }
        }
    }
    if key.is_some() {
        return Err(broken());
    }
    all.into_iter()
        .map(|(key, certs)| {
            let authority = Authority::new(key, certs).ok_or_else(broken)?;
            if let Some(key) = &authority.key {
                let key = KeyPair::from_pem(key.reveal()).map_err(|_| broken())?;
                if rcgen::PublicKeyData::subject_public_key_info(&key) != authority.facts.public_key
                {
                    return Err(broken());
                }
            }
            Ok(authority)
        })
        .collect()
}
