//! A certificate authority of one's own in a folder of the controller, and the certificates that
//! it signs: `ca.pem` and `NAME.pem`, each key in one file with its certificate.

mod authority;
mod issue;
mod kept;
mod leaf;
mod reading;
mod shelf;

pub use authority::{AuthorityStage, AuthorityStanding, authority_standing, turn_authority};
pub use kept::{Kept, KeptCertificate, kept_certificates, renew_certificates};

use super::Secret;
use super::keep::KeepError;
use super::mask::stand_in;
use authority::Trust;
use leaf::Leaf;
use shelf::Shelf;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a certificate is made for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateSpec {
    /// Its common name, and the name of its file.
    pub name: String,
    /// The names and addresses it is good for.
    pub sans: BTreeSet<String>,
    /// How many days it lasts; it is renewed when less than a third is left.
    pub days: u32,
    /// Whether a server may show it.
    pub server: bool,
    /// Whether a client may show it.
    pub client: bool,
}

/// A certificate, its key, and who is trusted, as PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate, then those that lead from it to the root, where there are any.
    pub cert: String,
    /// Its key.
    pub key: Secret,
    /// The authorities to trust now: two while one takes the place of the other.
    pub ca: String,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Its name can't be the name of a file.
    #[error("`{0}` can't name a certificate: use letters, digits, dots, dashes and underscores")]
    Name(String),
    /// What is kept is not a key and a certificate.
    #[error(
        "{} is not a key (PKCS#8) and then its certificate, as PEM; an authority's must be one that \
         may sign. Mend it or move it away", .0.display()
    )]
    Broken(PathBuf),
    /// An authority that trueup did not make has come to its end.
    #[error(
        "the authority in {} has ended, and it is not trueup's to prolong: put one that lasts in \
         its place, and apply to all hosts", .0.display()
    )]
    Ended(PathBuf),
    /// A stage of a change that can't be reached from where it is.
    #[error("{0}")]
    Refused(String),
    /// Certificates of the old authority are in use.
    #[error(
        "certificates of the old authority are kept still: {0}. Apply to all hosts first; move the \
         files of hosts that are no more out of the folder"
    )]
    Leftover(String),
    /// The place for the old authority holds another.
    #[error("{} holds something else than the old authority; move it away", .0.display())]
    Taken(PathBuf),
    /// No certificate of this name is kept.
    #[error("no certificate `{name}` is kept")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that are kept.
        known: Vec<String>,
    },
    /// It can't be made.
    #[error("the certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
    /// It can't be kept.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

/// The certificate for `spec` of the authority in `folder`: the one that is kept there, or a new
/// one when there is none, its names changed, its time runs out, or the authority changes. What is
/// new is kept if `keep` says so; otherwise it is the same for as long as this process lives, and
/// nothing is written.
pub fn certificate(folder: &Path, spec: &CertificateSpec, keep: bool) -> Result<Issued, PkiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if spec.name.is_empty()
        || spec.name.starts_with('.')
        || spec.name == "ca"
        || !spec.name.chars().all(plain)
    {
        return Err(PkiError::Name(spec.name.clone()));
    }
    let mut shelf = Shelf::open(folder, keep)?;
    let trust = Trust::ensured(&mut shelf)?;
    let leaf = match Leaf::load(&shelf, &spec.name)? {
        Some(leaf) if leaf.fits(&trust, spec) => leaf,
        _ => Leaf::make(&mut shelf, &trust, spec)?,
    };
    if shelf.is_unkept(&format!("{}.pem", spec.name)) {
        stand_in(&leaf.cert, &format!("a new certificate for {}", spec.name));
    }
    trust.stand_in(&shelf)?;
    Ok(Issued {
        cert: leaf.cert,
        key: leaf.key,
        ca: trust.bundle(),
    })
}

#[cfg(test)]
mod tests;
