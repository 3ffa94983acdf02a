//! Servers that want more than one proof of who logs in.

use crate::connecting::strict;
use crate::sshd::Sshd;
use russh::server::{Auth, Config, Handler, Session, VerifiedPublicKey, run_stream};
use russh::{MethodKind, MethodSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use trueup::remote::{RemoteError, connect};
use trueup::secret::Secret;

/// Lets in who gives all proofs in their order.
struct Strict {
    wanted: Vec<MethodKind>,
    given: Arc<Mutex<Vec<MethodKind>>>,
    inside: Arc<AtomicBool>,
}

impl Strict {
    fn take(&self, method: MethodKind) -> Auth {
        let mut given = self.given.lock().expect("no panic");
        if self.wanted.get(given.len()) != Some(&method) {
            return Auth::reject();
        }
        given.push(method);
        match self.wanted.get(given.len()) {
            None => Auth::Accept,
            Some(next) => Auth::Reject {
                proceed_with_methods: Some(MethodSet::from(&[*next][..])),
                partial_success: true,
            },
        }
    }
}

impl Handler for Strict {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        Ok(self.take(MethodKind::PublicKey))
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, russh::Error> {
        if password == "right" {
            return Ok(self.take(MethodKind::Password));
        }
        Ok(Auth::reject())
    }

    async fn auth_succeeded(&mut self, _: &mut Session) -> Result<(), russh::Error> {
        self.inside.store(true, Ordering::SeqCst);
        // Nothing is wanted of it but to let in.
        Err(russh::Error::Disconnect)
    }
}

/// Logs in where these proofs are wanted; whether it got in, and what was said.
async fn logged_in(wanted: &[MethodKind], password: Option<&str>) -> (bool, RemoteError) {
    let sshd = Sshd::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut target = strict(&sshd);
    let key = russh::keys::load_secret_key(sshd.path("host"), None).expect("a key");
    let config = Arc::new(Config {
        keys: vec![key],
        methods: MethodSet::from(&wanted[..1]),
        auth_rejection_time: Duration::ZERO,
        ..Config::default()
    });
    let alias = format!("-oHostKeyAlias=[127.0.0.1]:{}", sshd.port);
    target
        .ssh_args
        .extend([alias, "-oIdentityAgent=none".into()]);
    target.port = Some(listener.local_addr().expect("an address").port());
    target.password = password.map(Secret::new);
    let inside = Arc::new(AtomicBool::new(false));
    let strict = Strict {
        wanted: wanted.to_vec(),
        given: Arc::default(),
        inside: inside.clone(),
    };
    let serving = async {
        let (stream, _) = listener.accept().await.expect("a client");
        if let Ok(session) = run_stream(config, stream, strict).await {
            let _ = session.await;
        }
    };
    let (connected, ()) = tokio::join!(connect(&target), serving);
    let Err(error) = connected else {
        panic!("nothing is served")
    };
    (inside.load(Ordering::SeqCst), error)
}

#[tokio::test]
async fn a_key_and_a_password_are_given_where_both_are_wanted() {
    use MethodKind::{Password, PublicKey};
    for wanted in [[PublicKey, Password], [Password, PublicKey]] {
        let (inside, error) = logged_in(&wanted, Some("right")).await;
        assert!(inside, "{wanted:?} {error}");
    }
}

#[tokio::test]
async fn a_proof_that_is_missing_is_told() {
    use MethodKind::{Password, PublicKey};
    let (inside, error) = logged_in(&[PublicKey, Password], None).await;
    assert!(!inside);
    let text = error.to_string();
    assert!(
        text.contains("was taken, but is not enough. It takes password"),
        "{text}"
    );
}
