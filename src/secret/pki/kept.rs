//! What is kept in the folder: for those who look, and for those who renew.

use super::authority::{Authority, AuthorityStanding, Trust};
use super::leaf::Leaf;
use super::reading::{Facts, now};
use super::shelf::Shelf;
use super::{CertificateSpec, PkiError};
use std::collections::BTreeSet;
use std::path::Path;

/// All that is kept in the folder of an authority.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Kept {
    /// How far a change of the authority is.
    pub standing: AuthorityStanding,
    /// The authorities that are trusted, the one that signs first.
    pub authorities: Vec<KeptCertificate>,
    /// The certificates by name.
    pub certificates: Vec<KeptCertificate>,
}

/// A certificate that is kept.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KeptCertificate {
    /// The name under which it is kept; an authority's own name.
    pub name: String,
    /// Whether a server may show it.
    pub server: bool,
    /// Whether a client may show it.
    pub client: bool,
    /// The names and addresses that it is good for.
    pub sans: BTreeSet<String>,
    /// The start of its SHA-256.
    pub fingerprint: String,
    /// The fingerprint of the authority that signed it, where that is trusted.
    pub authority: Option<String>,
    /// Its first second, since 1970.
    pub begin: i64,
    /// Its last second.
    pub end: i64,
    /// From when on a new one is made; `None` where that is not for trueup to do.
    pub renewed: Option<i64>,
    /// Days that are left of it; negative when it has ended.
    pub days_left: i64,
    /// Whether the next apply makes a new one, or somebody must.
    pub due: bool,
}

/// Reads all that is kept; `None` where there is no authority.
pub fn kept_certificates(folder: &Path) -> Result<Option<Kept>, PkiError> {
    let shelf = Shelf::open(folder, false)?;
    let Some(trust) = Trust::load(&shelf)? else {
        return Ok(None);
    };
    let trusted: Vec<&Authority> = std::iter::once(&trust.signer).chain(&trust.other).collect();
    let mut certificates = Vec::new();
    for name in shelf.names() {
        let Some(leaf) = Leaf::load(&shelf, &name)? else {
            continue;
        };
        let signer = trusted
            .iter()
            .find(|one| super::reading::is_signed_by(&leaf.cert, one.cert()));
        let signer = signer.map(|one| short(&one.facts));
        let due = !leaf.is_current(&trust);
        certificates.push(KeptCertificate {
            renewed: Some(leaf.facts.renewed()),
            ..seen(name, &leaf.facts, signer, due)
        });
    }
    let authorities = trusted
        .iter()
        .map(|one| {
            let own = super::issue::is_own(one);
            KeptCertificate {
                renewed: own.then(|| one.facts.renewed()),
                ..seen(
                    one.facts.common_name.clone(),
                    &one.facts,
                    None,
                    !one.facts.is_fresh(),
                )
            }
        })
        .collect();
    Ok(Some(Kept {
        standing: trust.standing(),
        authorities,
        certificates,
    }))
}

/// Makes the named certificates anew, for the same names and uses; all of them where none is
/// named. Gives the names.
pub fn renew_certificates(folder: &Path, names: &[String]) -> Result<Vec<String>, PkiError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut shelf = Shelf::open(folder, true)?;
    let known = shelf.names();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        return Err(PkiError::Unknown {
            name: unknown.clone(),
            known,
        });
    }
    let chosen: Vec<String> = known
        .into_iter()
        .filter(|name| names.is_empty() || names.contains(name))
        .collect();
    let trust = Trust::ensured(&mut shelf)?;
    for name in &chosen {
        let Some(leaf) = Leaf::load(&shelf, name)? else {
            continue;
        };
        let spec = CertificateSpec {
            name: name.clone(),
            sans: leaf.facts.sans.clone(),
            // The first of its days was over when it was made.
            days: u32::try_from(days(leaf.facts.end - leaf.facts.begin) - 1).unwrap_or(0),
            server: leaf.facts.server,
            client: leaf.facts.client,
        };
        Leaf::make(&mut shelf, &trust, &spec)?;
    }
    Ok(chosen)
}

fn seen(name: String, facts: &Facts, authority: Option<String>, due: bool) -> KeptCertificate {
    KeptCertificate {
        name,
        server: facts.server,
        client: facts.client,
        sans: facts.sans.clone(),
        fingerprint: short(facts),
        authority,
        begin: facts.begin,
        end: facts.end,
        renewed: None,
        days_left: days(facts.end - now()),
        due,
    }
}

fn short(facts: &Facts) -> String {
    facts.fingerprint[..16].to_owned()
}

fn days(seconds: i64) -> i64 {
    seconds.div_euclid(24 * 60 * 60)
}
