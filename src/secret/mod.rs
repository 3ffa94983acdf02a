//! Secrets that never print, and what the controller makes at random and keeps: passwords, certificates.

mod keep;
mod mask;
mod password;
mod pki;
pub mod vault;

pub use keep::KeepError;
pub use mask::{blotted, hide, is_secret_name, masked, masked_pair, stand_in_openly, stand_ins};
pub use password::{PasswordError, PasswordSpec, characters, password};
pub use pki::{
    AuthorityStage, AuthorityStanding, CertificateSpec, Issued, Kept, KeptCertificate, PkiError,
    authority_standing, certificate, kept_certificates, renew_certificates, turn_authority,
};

use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A text that never prints: neither by `{:?}` nor by serde.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes a text in. From now on it is left out of all that this process tells.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        hide(&text);
        Self::among(text)
    }

    /// Takes a text in that travels among secrets and is none, such as a header's `no-cache`.
    pub fn among(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The text itself, for the one place that must have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl schemars::JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password", "writeOnly": true })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl std::hash::Hash for Secret {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.reveal().hash(state);
    }
}
