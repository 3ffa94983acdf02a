//! A certificate authority of one's own in a folder of the controller, and the certificates that
//! it signs. Each key lies in one file with its certificate, so that the two always fit.

use super::Secret;
use super::keep::{KeepError, lock, read, replace};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

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

/// A certificate, its key, and who signed it, as PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub cert: String,
    /// Its key.
    pub key: Secret,
    /// The certificate of the authority.
    pub ca: String,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Its name can't be the name of a file.
    #[error("`{0}` can't name a certificate: use letters, digits, dots, dashes and underscores")]
    Name(String),
    /// What is kept is not a key and a certificate.
    #[error("{} is not a key and a certificate that trueup made; move it away", .0.display())]
    Broken(PathBuf),
    /// It can't be made.
    #[error("the certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
    /// It can't be kept.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const AUTHORITY_DAYS: u32 = 3650;

/// A key and its certificate, as they lie in a file.
#[derive(Clone)]
struct Pair {
    key: Secret,
    cert: String,
}

/// The certificate for `spec` of the authority in `folder`: the one that is kept there, or a new
/// one when there is none, its names changed, or its time runs out. What is new is kept if `keep`
/// says so; otherwise it is the same for as long as this process lives, and nothing is written.
pub fn certificate(folder: &Path, spec: &CertificateSpec, keep: bool) -> Result<Issued, PkiError> {
    static UNKEPT: LazyLock<Mutex<HashMap<(PathBuf, String), Pair>>> =
        LazyLock::new(Mutex::default);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if spec.name.is_empty()
        || spec.name.starts_with('.')
        || spec.name == "ca"
        || !spec.name.chars().all(plain)
    {
        return Err(PkiError::Name(spec.name.clone()));
    }
    let _held = if keep { Some(lock(folder)?) } else { None };
    let mut unkept = UNKEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut settled =
        |name: &str,
         fits: &dyn Fn(&Pair) -> bool,
         make: &dyn Fn(Option<&Pair>) -> Result<Pair, PkiError>| {
            let path = folder.join(format!("{name}.pem"));
            let memory = (folder.to_owned(), name.to_owned());
            let known = if keep {
                None
            } else {
                unkept.get(&memory).cloned()
            };
            let known = match known {
                Some(known) => Some(known),
                None => load(&path)?,
            };
            if let Some(known) = known.as_ref().filter(|known| fits(known)) {
                return Ok(known.clone());
            }
            let new = make(known.as_ref())?;
            if keep {
                replace(&path, &format!("{}{}", new.key.reveal(), new.cert))?;
            } else {
                unkept.insert(memory, new.clone());
            }
            Ok::<Pair, PkiError>(new)
        };
    let ca = settled("ca", &|ca| is_fresh(&ca.cert), &|old| authority(old))?;
    let leaf = settled(
        &spec.name,
        &|leaf| is_fresh(&leaf.cert) && serves(&leaf.cert, &ca.cert, spec),
        &|_| signed(&ca, spec),
    )?;
    Ok(Issued {
        cert: leaf.cert,
        key: leaf.key,
        ca: ca.cert,
    })
}

fn load(path: &Path) -> Result<Option<Pair>, PkiError> {
    let Some(text) = read(path)? else {
        return Ok(None);
    };
    let begin = "-----BEGIN CERTIFICATE-----";
    let at = text
        .find(begin)
        .ok_or_else(|| PkiError::Broken(path.to_owned()))?;
    let (key, cert) = text.split_at(at);
    KeyPair::from_pem(key).map_err(|_| PkiError::Broken(path.to_owned()))?;
    read_certificate(cert, |_| ()).ok_or_else(|| PkiError::Broken(path.to_owned()))?;
    Ok(Some(Pair {
        key: Secret::new(key),
        cert: cert.to_owned(),
    }))
}

fn read_certificate<T>(pem: &str, look: impl FnOnce(&X509Certificate<'_>) -> T) -> Option<T> {
    let pem = Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()?;
    let certificate = pem.parse_x509().ok()?;
    Some(look(&certificate))
}

/// Whether more than a third of its life is left.
fn is_fresh(pem: &str) -> bool {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    read_certificate(pem, |certificate| {
        let validity = certificate.validity();
        let (begin, end) = (
            validity.not_before.timestamp(),
            validity.not_after.timestamp(),
        );
        begin <= now && (end - now) * 3 > end - begin
    })
    .unwrap_or(false)
}

/// Whether a certificate of this authority is for exactly what `spec` says.
fn serves(pem: &str, ca: &str, spec: &CertificateSpec) -> bool {
    let Some(authority) = read_certificate(ca, key_id).flatten() else {
        return false;
    };
    read_certificate(pem, |certificate| {
        let names: BTreeSet<String> = certificate
            .subject_alternative_name()
            .ok()
            .flatten()
            .into_iter()
            .flat_map(|names| names.value.general_names.iter().filter_map(spelled))
            .collect();
        let usage = certificate.extended_key_usage().ok().flatten();
        let usage = usage.map_or((false, false), |usage| {
            (usage.value.server_auth, usage.value.client_auth)
        });
        let wanted: BTreeSet<String> = spec.sans.iter().map(|name| canonical(name)).collect();
        names == wanted
            && usage == (spec.server, spec.client)
            && signer(certificate) == Some(authority)
    })
    .unwrap_or(false)
}

fn key_id(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(id) => {
                Some(id.0.to_vec())
            }
            _ => None,
        })
}

fn signer(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            x509_parser::extensions::ParsedExtension::AuthorityKeyIdentifier(id) => {
                id.key_identifier.as_ref().map(|id| id.0.to_vec())
            }
            _ => None,
        })
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

/// A name as a certificate spells it: an address in its shortest form.
fn canonical(name: &str) -> String {
    name.parse::<IpAddr>()
        .map_or_else(|_| name.to_owned(), |address| address.to_string())
}

/// Clocks of hosts are not quite the controller's, so a certificate began yesterday.
fn lasting(params: &mut CertificateParams, days: u32) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + DAY * days).into();
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "trueup authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasting(&mut params, AUTHORITY_DAYS);
    params
}

/// An authority; one whose time runs out keeps its key, so that what it signed stays good.
fn authority(old: Option<&Pair>) -> Result<Pair, PkiError> {
    let key = match old {
        Some(old) => KeyPair::from_pem(old.key.reveal())?,
        None => KeyPair::generate()?,
    };
    let cert = authority_params().self_signed(&key)?;
    Ok(Pair {
        key: Secret::new(key.serialize_pem()),
        cert: cert.pem(),
    })
}

fn signed(ca: &Pair, spec: &CertificateSpec) -> Result<Pair, PkiError> {
    let issuer = Issuer::from_ca_cert_pem(&ca.cert, KeyPair::from_pem(ca.key.reveal())?)?;
    let mut params = CertificateParams::new(spec.sans.iter().cloned().collect::<Vec<_>>())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, spec.name.as_str());
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let usages = [
        (spec.server, ExtendedKeyUsagePurpose::ServerAuth),
        (spec.client, ExtendedKeyUsagePurpose::ClientAuth),
    ];
    params.extended_key_usages = usages
        .into_iter()
        .filter(|(wanted, _)| *wanted)
        .map(|(_, usage)| usage)
        .collect();
    lasting(&mut params, spec.days);
    let key = KeyPair::generate()?;
    let cert = params.signed_by(&key, &issuer)?;
    Ok(Pair {
        key: Secret::new(key.serialize_pem()),
        cert: cert.pem(),
    })
}

#[cfg(test)]
mod tests;
