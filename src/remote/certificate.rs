//! Whether a certificate that a host shows makes its key the key of that host.

use super::overheard::shown;
use super::pattern::matches;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::{Algorithm, Certificate, HashAlg};
use std::time::{SystemTime, UNIX_EPOCH};

/// Holds a certificate whose signer is trusted against the host's `name`; an error says what is
/// wrong with it.
pub(super) fn check(certificate: &Certificate, name: &str) -> Result<(), String> {
    if certificate.cert_type() != CertType::Host {
        return Err(
            "it is a user's, not a host's: sign the host's key with `ssh-keygen -h`".into(),
        );
    }
    if matches!(
        certificate.signature().algorithm(),
        Algorithm::Rsa { hash: None } | Algorithm::Dsa
    ) {
        return Err(
            "it is signed with SHA-1: sign it anew with `ssh-keygen -t rsa-sha2-512`".into(),
        );
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| "this machine's clock stands before 1970".to_owned())?
        .as_secs();
    if now < certificate.valid_after() || now >= certificate.valid_before() {
        return Err("it is not valid now: sign it anew, or look at the clocks".into());
    }
    let signer = certificate.signature_key().fingerprint(HashAlg::Sha256);
    certificate
        .validate_at(now, [&signer])
        .map_err(|_| "its signature is wrong".to_owned())?;
    if let Some((option, _)) = certificate.critical_options().iter().next() {
        return Err(format!(
            "its critical option {} is not known",
            shown(option)
        ));
    }
    let principals = certificate.valid_principals();
    if principals.is_empty() {
        return Err(format!(
            "it is for no host by name: sign it with `-n {name}`"
        ));
    }
    let fits = |principal: &String| matches(&principal.to_lowercase(), name);
    if principals.iter().any(fits) {
        return Ok(());
    }
    let principals: Vec<String> = principals.iter().map(|name| shown(name)).collect();
    Err(format!(
        "it is for {}, not for {name}",
        principals.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A key signed by another with these words of `ssh-keygen`.
    fn signed(words: &[&str]) -> Certificate {
        let folder = tempfile::tempdir().unwrap();
        let keygen = |words: &[&str]| {
            let mut command = Command::new("ssh-keygen");
            let done = command.arg("-q").args(words).current_dir(&folder).output();
            assert!(done.unwrap().status.success(), "{words:?}");
        };
        let rsa = words.contains(&"ssh-rsa");
        let kind = if rsa { "rsa" } else { "ed25519" };
        keygen(&["-t", kind, "-N", "", "-f", "authority"]);
        keygen(&["-t", "ed25519", "-N", "", "-f", "host"]);
        keygen(&[&["-s", "authority", "-I", "x"], words, &["host.pub"]].concat());
        let text = std::fs::read_to_string(folder.path().join("host-cert.pub")).unwrap();
        Certificate::from_openssh(&text).unwrap()
    }

    fn refusal(words: &[&str]) -> String {
        check(&signed(words), "db1.example").unwrap_err()
    }

    #[test]
    fn a_host_s_certificate_is_for_its_names() {
        for names in ["db1.example", "a,db1.example", "DB1.Example", "*.example"] {
            let certificate = signed(&["-h", "-n", names, "-V", "-1h:+1h"]);
            assert_eq!(check(&certificate, "db1.example"), Ok(()), "{names}");
        }
        insta::assert_snapshot!(refusal(&["-h", "-n", "db2,db3"]), @"it is for db2, db3, not for db1.example");
        insta::assert_snapshot!(refusal(&["-h"]), @"it is for no host by name: sign it with `-n db1.example`");
    }

    #[test]
    fn what_is_no_host_s_or_not_now_or_weak_is_refused() {
        insta::assert_snapshot!(refusal(&["-n", "db1.example"]), @"it is a user's, not a host's: sign the host's key with `ssh-keygen -h`");
        let past = ["-h", "-n", "db1.example", "-V", "20200101:20200102"];
        insta::assert_snapshot!(refusal(&past), @"it is not valid now: sign it anew, or look at the clocks");
        let later = ["-h", "-n", "db1.example", "-V", "+1h:+2h"];
        insta::assert_snapshot!(refusal(&later), @"it is not valid now: sign it anew, or look at the clocks");
        let weak = ["-h", "-n", "db1.example", "-t", "ssh-rsa"];
        insta::assert_snapshot!(refusal(&weak), @"it is signed with SHA-1: sign it anew with `ssh-keygen -t rsa-sha2-512`");
        let option = ["-h", "-n", "db1.example", "-O", "critical:odd@example=1"];
        insta::assert_snapshot!(refusal(&option), @"its critical option odd@example is not known");
    }
}
