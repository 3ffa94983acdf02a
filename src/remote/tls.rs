//! TLS towards a server: whom we trust, and who we are.

use crate::step::Tls;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// Certificates or a key that can't be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TlsError {
    /// No authority to trust.
    #[error(
        "the CA holds no certificate (-----BEGIN CERTIFICATE-----): name the file with the \
         certificate of the authority that signed the server's"
    )]
    NoAuthority,
    /// No certificate of our own.
    #[error("the client certificate holds no certificate (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// A key that can't be read.
    #[error("can't read the client key: {0}; it must be PEM and not encrypted")]
    Key(String),
    /// Something else about them.
    #[error("can't use the certificates: {0}")]
    Unusable(String),
}

/// What rustls needs to know of `tls`.
pub fn config(tls: &Tls) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |error: &dyn std::fmt::Display| TlsError::Unusable(error.to_string());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    let builder = if tls.unverified {
        let verifier = Arc::new(Unverified { provider });
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
    } else {
        let mut roots = RootCertStore::empty();
        // A system's bundle may hold certificates that are too old to be read: they are passed over.
        roots.add_parsable_certificates(
            CertificateDer::pem_slice_iter(tls.ca.as_bytes()).filter_map(Result::ok),
        );
        if roots.is_empty() {
            return Err(TlsError::NoAuthority);
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| unusable(&error))?;
        builder.with_webpki_verifier(verifier)
    };
    let Some(client) = &tls.client else {
        return Ok(builder.with_no_client_auth());
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(client.certificate.as_bytes())
        .filter_map(Result::ok)
        .collect();
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(client.key.reveal().as_bytes())
        .map_err(|error| TlsError::Key(error.to_string()))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| unusable(&error))
}

/// Takes any certificate, because the user said so. That the server has its key is still proven.
#[derive(Debug)]
struct Unverified {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
