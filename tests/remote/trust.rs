//! Which keys are believed: certificates of hosts, and our own.

use crate::connecting::{refused, steady, strict, works};
use crate::sshd::{Sshd, keygen};
use std::os::unix::fs::PermissionsExt;
use trueup::remote::RemoteError;

/// An sshd whose key is signed by the key `authority` with these words.
fn certified(words: &[&str]) -> Sshd {
    let mut sshd = Sshd::start();
    keygen(
        &["-q", "-t", "ed25519", "-N", "", "-f"],
        &sshd.path("authority"),
    );
    let authority = sshd.path("authority").display().to_string();
    let sign = [&["-q", "-s", &authority, "-I", "here", "-h"], words].concat();
    keygen(&sign, &sshd.path("host.pub"));
    sshd.restart_with("HostCertificate {F}/host-cert.pub\n");
    sshd
}

/// Believes what that line says, and nothing else.
fn believe(sshd: &Sshd, mark: &str, key: &str, and: &str) {
    let key = std::fs::read_to_string(sshd.path(&format!("{key}.pub"))).expect("a key");
    std::fs::write(sshd.path("known_hosts"), format!("{mark} {key}{and}")).expect("a file");
}

#[tokio::test]
async fn a_host_with_a_certificate_is_known_by_its_authority() {
    let sshd = certified(&["-n", "127.0.0.1,elsewhere"]);
    for patterns in ["*", "127.0.0.1", "[127.0.0.1]:*"] {
        believe(
            &sshd,
            &format!("@cert-authority {patterns}"),
            "authority",
            "",
        );
        works(&strict(&sshd)).await;
    }
    believe(&sshd, "@cert-authority elsewhere", "authority", "");
    let error = refused(&strict(&sshd)).await;
    assert!(error.to_string().contains("is not known"), "{error}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_no_certificate() {
    let sshd = certified(&["-n", "elsewhere"]);
    believe(&sshd, "@cert-authority *", "authority", "");
    let error = refused(&strict(&sshd)).await;
    assert!(matches!(error, RemoteError::HostKey(_)));
    insta::assert_snapshot!(steady(&sshd, &error), @"the certificate that [127.0.0.1]:PORT shows is not taken: it is for elsewhere, not for 127.0.0.1");
}

#[tokio::test]
async fn a_revoked_authority_makes_no_host_known() {
    let sshd = certified(&["-n", "127.0.0.1"]);
    let key = std::fs::read_to_string(sshd.path("authority.pub")).expect("a key");
    believe(
        &sshd,
        "@cert-authority *",
        "authority",
        &format!("@revoked * {key}"),
    );
    let error = refused(&strict(&sshd)).await;
    insta::assert_snapshot!(steady(&sshd, &error), @"the host key that [127.0.0.1]:PORT shows is revoked by /F/known_hosts:2: don't use this host until its key is changed");
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_as_good_as_its_key() {
    let sshd = certified(&["-n", "127.0.0.1"]);
    believe(&sshd, "@cert-authority *", "user", "");
    let error = refused(&strict(&sshd)).await;
    assert!(error.to_string().contains("is not known"), "{error}");
    let key = std::fs::read_to_string(sshd.path("host.pub")).expect("a key");
    let own = format!("[127.0.0.1]:{} {key}", sshd.port);
    believe(&sshd, "@cert-authority *", "user", &own);
    works(&strict(&sshd)).await;
}

#[tokio::test]
async fn what_sha1_signs_is_not_believed() {
    let mut sshd = Sshd::start();
    keygen(&["-q", "-t", "rsa", "-N", "", "-f"], &sshd.path("rsa"));
    sshd.know("rsa");
    sshd.restart_with("HostKey {F}/rsa\nHostKeyAlgorithms ssh-rsa\n");
    let error = refused(&strict(&sshd)).await;
    insta::assert_snapshot!(steady(&sshd, &error), @"can't connect to 127.0.0.1:PORT: it offers nothing that is safe as its Key, but only ssh-rsa");
    sshd.restart_with("HostKeyAlgorithms rsa-sha2-256\n");
    works(&strict(&sshd)).await;
}

#[tokio::test]
async fn a_key_that_others_can_read_is_not_used() {
    let sshd = Sshd::start();
    let mut target = strict(&sshd);
    target.ssh_args.push("-oIdentityAgent=none".to_owned());
    for mode in [0o666, 0o640, 0o604] {
        let open = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(sshd.path("user"), open).expect("the key");
        let error = refused(&target).await;
        let told = format!("its permissions {mode:04o} are too open");
        assert!(error.to_string().contains(&told), "{error}");
    }
    let own = std::fs::Permissions::from_mode(0o400);
    std::fs::set_permissions(sshd.path("user"), own).expect("the key");
    works(&target).await;
}
