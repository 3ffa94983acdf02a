//! What a connection checks and hears: the host's key, and why it ended.

use super::known_hosts::KnownHost;
use super::overheard::shown;
use super::pool::lock;
use super::way::KEEPALIVE;
use russh::Preferred;
use russh::client::{Config, DisconnectReason, Handler};
use russh::keys::{Algorithm, PublicKeyOrCertificate};
use std::sync::{Arc, Mutex};

/// How many questions whether it lives a host may leave unanswered before it counts as lost.
const KEEPALIVES: usize = 2;

/// A word that russh's task and ours both know.
pub(super) type Shared = Arc<Mutex<Option<String>>>;

/// Checks the host's key, and hears why the connection ended.
pub(super) struct Checker {
    known: KnownHost,
    refusal: Shared,
    ended: Shared,
}

impl Checker {
    /// Holds the host's key against `known`; says in `refusal` why it is the wrong one, and in
    /// `ended` why the connection is gone.
    pub fn new(known: KnownHost, refusal: Shared, ended: Shared) -> Self {
        Self {
            known,
            refusal,
            ended,
        }
    }
}

impl Handler for Checker {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let verdict = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.known.check(key),
            PublicKeyOrCertificate::Certificate(shown) => self.known.check_certificate(shown),
        };
        let accepted = verdict.is_ok();
        *lock(&self.refusal) = verdict.err();
        Ok(accepted)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let words = match &reason {
            DisconnectReason::ReceivedDisconnect(info) => shown(&info.message),
            DisconnectReason::Error(error) => error.to_string(),
        };
        *lock(&self.ended) = Some(words);
        match reason {
            DisconnectReason::ReceivedDisconnect(_) => Ok(()),
            DisconnectReason::Error(error) => Err(error),
        }
    }
}

/// How we speak with the host.
pub(super) fn configuration(known: &KnownHost) -> Config {
    let mut algorithms = Preferred::DEFAULT.key.into_owned();
    // What SHA-1 signs, anybody can sign who pays for it.
    algorithms.retain(|algorithm| !matches!(algorithm, Algorithm::Rsa { hash: None }));
    let wanted = known.algorithms();
    // As OpenSSH does: a host with several keys is asked for one that is known.
    algorithms.sort_by_key(|algorithm| {
        let rsa = |kind: &Algorithm| matches!(kind, Algorithm::Rsa { .. });
        !wanted
            .iter()
            .any(|wanted| algorithm == wanted || (rsa(algorithm) && rsa(wanted)))
    });
    let certified = if known.has_authority() {
        algorithms.clone()
    } else {
        Vec::new()
    };
    Config {
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: KEEPALIVES,
        nodelay: true,
        preferred: Preferred {
            host_key_certificates: certified.into(),
            key: algorithms.into(),
            ..Preferred::DEFAULT
        },
        ..Config::default()
    }
}
