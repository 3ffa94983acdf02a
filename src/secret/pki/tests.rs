mod change;
mod given;

use super::*;
use std::os::unix::fs::PermissionsExt;

fn spec(sans: &[&str], days: u32) -> CertificateSpec {
    let sans = sans.iter().map(|name| (*name).to_owned()).collect();
    CertificateSpec {
        name: "pg-a".into(),
        sans,
        days,
        server: true,
        client: true,
    }
}

#[test]
fn a_certificate_is_kept_for_the_owner_only_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("pki");
    let wanted = spec(&["pg-a", "10.0.0.1", "fd00:0::1"], 90);
    let first = certificate(&state, &wanted, true).unwrap();
    let again = certificate(&state, &wanted, true).unwrap();
    assert_eq!(
        (first.cert.clone(), first.ca.clone()),
        (again.cert, again.ca)
    );
    assert_eq!(first.key, again.key);
    let mode = |name: &str| state.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode("pg-a.pem"), mode("ca.pem"), mode(".")),
        (0o600, 0o600, 0o700)
    );
    let names = reading::facts(&first.cert).unwrap().sans;
    assert_eq!(
        names.iter().collect::<Vec<_>>(),
        ["10.0.0.1", "fd00::1", "pg-a"]
    );
}

#[test]
fn other_names_or_a_life_that_runs_out_make_a_new_one_of_the_same_authority() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path(), &spec(&["pg-a"], 90), true).unwrap();
    let renamed = certificate(folder.path(), &spec(&["pg-b"], 90), true).unwrap();
    assert_ne!(first.cert, renamed.cert);
    assert_eq!(first.ca, renamed.ca);
    // It began yesterday and ends today: nothing is left of it.
    let old = certificate(folder.path(), &spec(&["pg-c"], 0), true).unwrap();
    let new = certificate(folder.path(), &spec(&["pg-c"], 90), true).unwrap();
    assert_ne!(old.cert, new.cert);
    assert_eq!(
        new.cert,
        certificate(folder.path(), &spec(&["pg-c"], 90), true)
            .unwrap()
            .cert
    );
}

#[test]
fn a_new_authority_signs_its_certificates_anew() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path(), &spec(&["pg-a"], 90), true).unwrap();
    std::fs::remove_file(folder.path().join("ca.pem")).unwrap();
    let second = certificate(folder.path(), &spec(&["pg-a"], 90), true).unwrap();
    assert_ne!(first.ca, second.ca);
    assert_ne!(first.cert, second.cert);
}

#[test]
fn a_dry_run_writes_nothing_and_stays_by_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("pki");
    let first = certificate(&state, &spec(&["pg-a"], 90), false).unwrap();
    let again = certificate(&state, &spec(&["pg-a"], 90), false).unwrap();
    assert_eq!((first.cert, first.ca), (again.cert, again.ca));
    assert!(!state.exists());
}

#[test]
fn all_who_ask_at_once_get_certificates_of_one_authority() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("pki");
    let authorities: BTreeSet<String> = std::thread::scope(|scope| {
        let ask = |n: usize| {
            let mut spec = spec(&["x"], 90);
            spec.name = format!("host{n}");
            certificate(&state, &spec, true).unwrap().ca
        };
        let threads: Vec<_> = (0..6).map(|n| scope.spawn(move || ask(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(authorities.len(), 1);
}

#[test]
fn a_name_that_would_leave_the_folder_is_refused() {
    let mut wanted = spec(&["x"], 1);
    wanted.name = "../x".into();
    assert!(matches!(
        certificate(Path::new("/nonexistent"), &wanted, false),
        Err(PkiError::Name(_))
    ));
}

#[test]
fn what_trueup_did_not_make_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "mine").unwrap();
    assert!(matches!(
        certificate(folder.path(), &spec(&["x"], 1), true),
        Err(PkiError::Broken(_))
    ));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("ca.pem")).unwrap(),
        "mine"
    );
}

const A_DAY: i64 = 24 * 60 * 60;

/// A certificate of which `left` of `days` days are left, by way of the clock that made it.
fn aged(folder: &Path, days: u32) -> Issued {
    certificate(folder, &spec(&["pg-a"], days), true).unwrap()
}

fn trusted(bundle: &str) -> Vec<String> {
    reading::blocks(bundle)
        .into_iter()
        .map(|block| match block {
            reading::Block::Certificate(cert) => reading::facts(&cert).unwrap().fingerprint,
            reading::Block::Key(_) => panic!("a key among what others may read"),
        })
        .collect()
}

#[test]
fn what_is_kept_is_told_and_renewed_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(kept_certificates(at).unwrap().is_none());
    let first = aged(at, 90);
    let kept = || kept_certificates(at).unwrap().unwrap();
    let before = kept();
    assert_eq!(before.certificates.len(), 1);
    let seen = &before.certificates[0];
    assert_eq!(
        (&*seen.name, seen.server, seen.client, seen.due),
        ("pg-a", true, true, false)
    );
    // A second may have begun since.
    assert!((89..=90).contains(&seen.days_left));
    assert_eq!(
        seen.authority.as_ref(),
        Some(&before.authorities[0].fingerprint)
    );
    assert_eq!(renew_certificates(at, &[]).unwrap(), ["pg-a"]);
    let again = aged(at, 90);
    assert_ne!(again.cert, first.cert);
    let facts = |cert: &str| reading::facts(cert).unwrap();
    let (old, new) = (facts(&first.cert), facts(&again.cert));
    assert_eq!(
        (old.sans, old.end - old.begin),
        (new.sans, new.end - new.begin)
    );
    turn_authority(at, AuthorityStage::TrustBoth, true).unwrap();
    assert!(kept().certificates[0].due);
    assert!(matches!(
        renew_certificates(at, &["pg-x".into()]),
        Err(PkiError::Unknown { .. })
    ));
}

#[test]
fn what_a_dry_run_makes_up_is_told_as_new_and_what_is_kept_is_not() {
    use super::super::{masked, stand_ins};
    let folder = tempfile::tempdir().unwrap();
    let made_up = certificate(folder.path(), &spec(&["pg-n"], 90), false).unwrap();
    assert_eq!(stand_ins(&made_up.cert), ["a new certificate for pg-a"]);
    assert_eq!(masked(made_up.ca.trim()), "(a new certificate authority)");
    let other = tempfile::tempdir().unwrap();
    let kept = certificate(other.path(), &spec(&["pg-n"], 90), true).unwrap();
    let seen = certificate(other.path(), &spec(&["pg-n"], 90), false).unwrap();
    assert_eq!(kept.cert, seen.cert);
    assert_eq!(masked(&seen.cert), seen.cert);
    // Only the certificate is new.
    let renewed = certificate(other.path(), &spec(&["pg-o"], 90), false).unwrap();
    assert_eq!(stand_ins(&renewed.cert), ["a new certificate for pg-a"]);
    assert_eq!(masked(&renewed.ca), renewed.ca);
    turn_authority(other.path(), AuthorityStage::TrustBoth, false).unwrap();
    let both = certificate(other.path(), &spec(&["pg-o"], 90), false)
        .unwrap()
        .ca;
    assert_eq!(stand_ins(&both), ["a new certificate authority"]);
    assert!(masked(&both).contains(kept.ca.trim()));
}
