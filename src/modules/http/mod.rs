//! What the modules share that speak HTTP: who asks, and a failure in the server's own words.

pub mod same;

use super::{StepOutput, TaskResult};
use crate::diag::Diag;

/// A module's parameters, with those added to them by which a server is asked, and `fn peer()`.
macro_rules! with_peer {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* $field: $type,)*
            /// A file on the target with the certificates of the authorities that may have signed
            /// the server's; without it, those that the target's system trusts.
            #[serde(default)]
            ca_path: Option<String>,
            /// A file on the target with the certificate that tells the server who asks.
            #[serde(default)]
            client_cert: Option<String>,
            /// A file on the target with its key; without it, the key stands in `client_cert` too.
            #[serde(default)]
            client_key: Option<String>,
            /// The user, where the server asks for one (basic authentication).
            #[serde(default)]
            url_username: Option<String>,
            /// The user's password.
            #[serde(default)]
            url_password: Option<crate::secret::Secret>,
        }

        impl $name {
            fn peer(&self) -> $crate::facts::http::Peer {
                $crate::facts::http::Peer {
                    ca_path: self.ca_path.clone(),
                    client_cert: self.client_cert.clone(),
                    client_key: self.client_key.clone(),
                    user: self.url_username.clone(),
                    password: self.url_password.clone(),
                    unverified: false,
                }
            }
        }
    };
}
pub(crate) use with_peer;

/// (alias, name) of the parameters by which a server is asked.
pub const PEER_ALIASES: &[(&str, &str)] = &[
    ("ca_cert", "ca_path"),
    ("cacert", "ca_path"),
    ("cert", "client_cert"),
    ("key", "client_key"),
    ("user", "url_username"),
    ("password", "url_password"),
];

/// The result with a failure told in the server's own words.
pub fn in_servers_words(mut result: TaskResult, ran: &[StepOutput]) -> TaskResult {
    if let Some(failed) = ran.iter().find(|step| !step.output.ok()) {
        result.failed = Some(failed.output.err());
    }
    result
}

/// Refuses an address and a time limit that can't be meant.
pub fn check(url: &str, timeout: u64) -> Result<(), Diag> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Diag::error(format!(
            "`url` {url} begins with neither http:// nor https://"
        ))
        .help("write it whole: https://127.0.0.1:8008"));
    }
    if timeout == 0 {
        return Err(Diag::error("`timeout` is 0").help("give the seconds that it may take"));
    }
    Ok(())
}
