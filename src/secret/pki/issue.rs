//! Making certificates.

use super::authority::Authority;
use super::reading::{self, canonical};
use super::{CertificateSpec, PkiError, Secret};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const AUTHORITY_DAYS: u32 = 3650;

/// What the common names of authorities begin with that trueup made.
const OWN: &str = "trueup authority";

/// A new authority. Its name is its own: there are stores of trusted certificates that keep them
/// by name (Java's, as ZooKeeper fills it), and two of one name would be one.
pub(super) fn authority() -> Result<Authority, PkiError> {
    let key = KeyPair::generate()?;
    let mark = reading::short_hash(&key.public_key_pem());
    self_signed(&key, &format!("{OWN} {}", &mark[..8]))
}

/// The same authority for another while: key and name stay, so what it signed stays good.
pub(super) fn prolonged(old: &Authority) -> Result<Authority, PkiError> {
    let key = key_of(old)?;
    self_signed(&key, &old.facts.common_name)
}

/// Whether trueup may prolong it. Another's authority is another's to prolong.
pub(super) fn is_own(authority: &Authority) -> bool {
    authority.facts.is_root() && authority.facts.common_name.starts_with(OWN)
}

/// A key and its certificate with those that lead to the root, as PEM.
pub(super) fn leaf(ca: &Authority, spec: &CertificateSpec) -> Result<(Secret, String), PkiError> {
    let issuer = Issuer::from_ca_cert_pem(ca.cert(), key_of(ca)?)?;
    let sans: Vec<String> = spec.sans.iter().map(|name| canonical(name)).collect();
    let mut params = CertificateParams::new(sans)?;
    params.distinguished_name = named(&spec.name);
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
    // Past its authority's end it would only look good.
    let authority_end = u64::try_from(ca.facts.end).unwrap_or_default();
    params.not_after = params
        .not_after
        .min((SystemTime::UNIX_EPOCH + Duration::from_secs(authority_end)).into());
    let key = KeyPair::generate()?;
    let cert = params.signed_by(&key, &issuer)?;
    let chain = ca.below_the_root();
    Ok((
        Secret::new(key.serialize_pem()),
        format!("{}{chain}", cert.pem()),
    ))
}

fn key_of(authority: &Authority) -> Result<KeyPair, PkiError> {
    let key = authority.key.as_ref().map_or("", Secret::reveal);
    Ok(KeyPair::from_pem(key)?)
}

fn self_signed(key: &KeyPair, name: &str) -> Result<Authority, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasting(&mut params, AUTHORITY_DAYS);
    let cert = params.self_signed(key)?.pem();
    let key = Secret::new(key.serialize_pem());
    Authority::new(Some(key), vec![cert])
        .ok_or(PkiError::Make(rcgen::Error::CouldNotParseCertificate))
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Clocks of hosts are not quite the controller's, so a certificate began yesterday.
fn lasting(params: &mut CertificateParams, days: u32) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + DAY * days).into();
}
