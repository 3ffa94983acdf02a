//! The parameters of `uri`.

use super::body::{Body, BodyFormat};
use crate::diag::Diag;
use crate::modules::defaults::yes;
use crate::modules::unsupported::Unsupported;
use crate::secret::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The parameters of `uri`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The address, as the host sees it.
    pub(super) url: String,
    /// The method.
    #[serde(default = "get")]
    pub(super) method: String,
    /// The body; a mapping or a list is written as `body_format` says.
    #[serde(default)]
    pub(super) body: Option<Body>,
    /// `raw`, `json` or `form-urlencoded`.
    #[serde(default)]
    pub(super) body_format: BodyFormat,
    /// Header lines.
    #[serde(default)]
    pub(super) headers: Map<String, Value>,
    /// The statuses that are no failure: one, a list, or text with commas.
    #[serde(default)]
    pub(super) status_code: Statuses,
    /// Return the body as `content`; JSON is returned as `json` in any case.
    #[serde(default)]
    pub(super) return_content: bool,
    /// The user (basic authentication).
    #[serde(default)]
    pub(super) url_username: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub(super) url_password: Option<Secret>,
    /// Accepted for Ansible's sake: user and password are sent at once in any case.
    #[serde(default)]
    pub(super) force_basic_auth: bool,
    /// `safe` (GET and HEAD), `all` or `none`.
    #[serde(default)]
    pub(super) follow_redirects: Redirects,
    /// Verify the server's certificate.
    #[serde(default = "yes")]
    pub(super) validate_certs: bool,
    /// A file on the host with the certificates of the authorities that are trusted; without it,
    /// those that the host's system trusts.
    #[serde(default)]
    pub(super) ca_path: Option<String>,
    /// A file on the host with the certificate that tells the server who asks.
    #[serde(default)]
    pub(super) client_cert: Option<String>,
    /// A file on the host with its key; without it, the key stands in `client_cert` too.
    #[serde(default)]
    pub(super) client_key: Option<String>,
    /// How many seconds it may take.
    #[serde(default = "thirty")]
    pub(super) timeout: u64,
    /// Don't do it when this path, or something that matches this glob, is there.
    #[serde(default)]
    pub(super) creates: Option<String>,
    /// Do it only when this path, or something that matches this glob, is there.
    #[serde(default)]
    pub(super) removes: Option<String>,
    /// What calls itself the client.
    #[serde(default)]
    pub(super) http_agent: Option<String>,
    /// Ask every cache on the way to ask anew.
    #[serde(default)]
    pub(super) force: bool,
    /// Accepted for Ansible's sake: no compressed answer is asked for.
    #[serde(default = "yes")]
    pub(super) decompress: bool,
    /// Not supported: return the content and `copy` it, which shows what changes.
    #[serde(default)]
    pub(super) dest: Unsupported,
    /// Not supported: read the file with the lookup `file`.
    #[serde(default)]
    pub(super) src: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub(super) remote_src: Unsupported,
    /// Not supported: a connection is TCP.
    #[serde(default)]
    pub(super) unix_socket: Unsupported,
    /// Not supported: the connection is made by the host's sshd.
    #[serde(default)]
    pub(super) use_proxy: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub(super) use_netrc: Unsupported,
    /// Not supported.
    #[serde(default)]
    pub(super) use_gssapi: Unsupported,
    /// Not supported: only safe ciphers are offered.
    #[serde(default)]
    pub(super) ciphers: Unsupported,
    /// Not supported: no secret goes on to another server anyway.
    #[serde(default)]
    pub(super) unredirected_headers: Unsupported,
    /// Not supported, as `dest`.
    #[serde(default)]
    pub(super) mode: Unsupported,
}

fn get() -> String {
    "GET".to_owned()
}

fn thirty() -> u64 {
    30
}

/// Which redirections are followed.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Redirects {
    /// Those of GET and HEAD.
    #[default]
    #[serde(alias = "urllib2")]
    Safe,
    /// All.
    #[serde(alias = "yes", alias = "true")]
    All,
    /// None.
    #[serde(alias = "no", alias = "false")]
    None,
}

/// Statuses: `200`, `[200, 202]` or `200,202`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Statuses {
    /// One.
    One(u16),
    /// Some.
    Some(Vec<u16>),
    /// As text.
    Text(String),
}

impl Default for Statuses {
    fn default() -> Self {
        Self::One(200)
    }
}

impl Statuses {
    /// Their numbers.
    pub(super) fn read(&self) -> Result<Vec<u16>, Diag> {
        match self {
            Self::One(one) => Ok(vec![*one]),
            Self::Some(all) => Ok(all.clone()),
            Self::Text(text) => text
                .split(',')
                .map(|part| {
                    let part = part.trim();
                    part.parse().map_err(|_| {
                        Diag::error(format!("`status_code`: `{part}` is no status"))
                            .help("write a number, or a list of them: [200, 202]")
                    })
                })
                .collect(),
        }
    }
}
