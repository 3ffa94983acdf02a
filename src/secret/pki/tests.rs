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
    let names = read_certificate(&first.cert, |certificate| {
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        names
            .value
            .general_names
            .iter()
            .filter_map(spelled)
            .collect::<Vec<_>>()
    });
    assert_eq!(names.unwrap(), ["10.0.0.1", "fd00::1", "pg-a"]);
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
