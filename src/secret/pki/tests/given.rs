//! An authority that the user brings.

use super::*;

/// A company's authority: a root, and one below it whose key is at hand.
fn company(begin: i64, days: i64) -> String {
    use rcgen::{CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let date = |seconds: i64| {
        let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap());
        (std::time::SystemTime::UNIX_EPOCH + since).into()
    };
    let params = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_before = date(begin);
        params.not_after = date(begin + days * A_DAY);
        params
    };
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let root = params("Company Root").self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::from_ca_cert_pem(&root, root_key).unwrap();
    let below = params("Company Databases")
        .signed_by(&key, &issuer)
        .unwrap();
    format!("{}{}{root}", key.serialize_pem(), below.pem())
}

#[test]
fn a_companys_authority_signs_and_its_servers_show_the_way_to_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = company(reading::now() - A_DAY, 400);
    std::fs::write(at.join("ca.pem"), &text).unwrap();
    let issued = aged(at, 90);
    assert_eq!(trusted(&issued.ca).len(), 2);
    assert_eq!(trusted(&issued.cert).len(), 2);
    assert_eq!(
        authority_standing(at, true).unwrap(),
        AuthorityStanding::Settled
    );
    assert_eq!(aged(at, 90).cert, issued.cert);
    assert_eq!(std::fs::read_to_string(at.join("ca.pem")).unwrap(), text);
}

#[test]
fn a_companys_authority_is_never_prolonged_by_us() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let late = company(reading::now() - 90 * A_DAY, 100);
    std::fs::write(at.join("ca.pem"), &late).unwrap();
    let issued = aged(at, 365);
    // No certificate outlives who signed it.
    let end = reading::facts(&issued.cert).unwrap().end;
    assert!(end <= reading::now() + 10 * A_DAY);
    std::fs::write(at.join("ca.pem"), company(reading::now() - 90 * A_DAY, 80)).unwrap();
    let ended = certificate(at, &spec(&["pg-a"], 90), true).unwrap_err();
    assert!(matches!(ended, PkiError::Ended(_)), "{ended}");
}

#[test]
fn the_users_next_authority_is_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    aged(at, 90);
    std::fs::create_dir(at.join("authorities")).unwrap();
    let next = at.join("authorities/next.pem");
    std::fs::write(&next, company(reading::now() - A_DAY, 400)).unwrap();
    let name = |at: &Path| {
        kept_certificates(at).unwrap().unwrap().authorities[0]
            .name
            .clone()
    };
    let change = || {
        turn_authority(at, AuthorityStage::TrustBoth, true).unwrap();
        turn_authority(at, AuthorityStage::SignNew, true).unwrap();
        aged(at, 90);
        turn_authority(at, AuthorityStage::TrustNew, true).unwrap();
    };
    change();
    assert_eq!(name(at), "Company Databases");
    change();
    assert!(name(at).starts_with("trueup authority "), "{}", name(at));
    std::fs::write(&next, "mine").unwrap();
    assert!(matches!(
        turn_authority(at, AuthorityStage::TrustBoth, true),
        Err(PkiError::Broken(_))
    ));
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = company(reading::now() - A_DAY, 400);
    let other = company(reading::now() - A_DAY, 400);
    let key = |text: &str| text[..text.find("-----BEGIN CERT").unwrap()].to_owned();
    std::fs::write(at.join("ca.pem"), text.replace(&key(&text), &key(&other))).unwrap();
    assert!(matches!(
        certificate(at, &spec(&["x"], 1), true),
        Err(PkiError::Broken(_))
    ));
}
