//! Puts a file of the web in place on the host.
//!
//! ```yaml
//! - get_url:
//!     url: https://example.org/tool-1.2.tar.gz
//!     dest: /opt/tool-1.2.tar.gz
//!     checksum: sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
//! ```
//!
//! The host's own sshd makes the connection and the controller speaks over it, so the address is what the host
//! sees, and the host needs no curl. A plan fetches the file too, where it can't know otherwise whether it differs.

mod checksum;

use super::attributes::file_params;
use super::download::{Download, MOST};
use super::placed::{self, Placed, Placing};
use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::http::Peer;
use crate::facts::{Details, FileAt, Kind, Look, ProbeError, checksum, expand};
use crate::modules::defaults::yes;
use crate::modules::unsupported::Unsupported;
use crate::secret::Secret;
use crate::step::{Response, shown};
use checksum::{Checksum, is_address, listed, name_in};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// `get_url`
pub struct GetUrl;

/// A longer list of checksums is none.
const LIST: usize = 1 << 20;

file_params! {
    /// The parameters of `get_url`.
    pub struct Params {
        /// The address, as the host sees it: `http:`, `https:`, or `file:` for one of the host's own files.
        pub url: String,
        /// Where the file goes; in a folder its name is the server's.
        pub dest: String,
        /// `ALGORITHM:DIGEST`, or `ALGORITHM:URL` of a list in which the file's name stands. A file that is
        /// there and has it is not fetched again.
        #[serde(default)]
        pub checksum: Option<String>,
        /// Fetch it even if it is there; otherwise only when the server says that it changed since.
        #[serde(default)]
        pub force: bool,
        /// Header lines.
        #[serde(default)]
        pub headers: Map<String, Value>,
        /// How many seconds a server may be silent; all of it may take sixty times as long.
        #[serde(default = "ten")]
        pub timeout: u64,
        /// Keep what was there under another name.
        #[serde(default)]
        pub backup: bool,
        /// The user (basic authentication).
        #[serde(default)]
        pub url_username: Option<String>,
        /// The user's password.
        #[serde(default)]
        pub url_password: Option<Secret>,
        /// Accepted for Ansible's sake: user and password are sent at once in any case.
        #[serde(default)]
        pub force_basic_auth: bool,
        /// Verify the server's certificate.
        #[serde(default = "yes")]
        pub validate_certs: bool,
        /// A file on the host with the certificate that tells the server who asks.
        #[serde(default)]
        pub client_cert: Option<String>,
        /// A file on the host with its key; without it, the key stands in `client_cert` too.
        #[serde(default)]
        pub client_key: Option<String>,
        /// What calls itself the client.
        #[serde(default)]
        pub http_agent: Option<String>,
        /// Accepted for Ansible's sake: no proxy is used in any case.
        #[serde(default = "yes")]
        pub use_proxy: bool,
        /// Accepted for Ansible's sake: no compressed answer is asked for.
        #[serde(default = "yes")]
        pub decompress: bool,
        /// Accepted for Ansible's sake: the file is made beside `dest`, where only its owner comes in.
        #[serde(default)]
        pub tmp_dest: Option<String>,
        /// Not supported.
        #[serde(default)]
        pub use_netrc: Unsupported,
        /// Not supported.
        #[serde(default)]
        pub use_gssapi: Unsupported,
        /// Not supported: only safe ciphers are offered.
        #[serde(default)]
        pub ciphers: Unsupported,
        /// Not supported: no secret goes on to another server anyway.
        #[serde(default)]
        pub unredirected_headers: Unsupported,
    }
}

fn ten() -> u64 {
    10
}

/// The task, with its checksum read.
#[derive(Debug)]
pub struct Ready {
    params: Params,
    checksum: Option<Checksum>,
}

/// What was found.
#[derive(Debug)]
pub enum State {
    /// What is there is taken for right.
    There(Placed),
    /// It was fetched.
    Download {
        /// What stands where it goes.
        placed: Placed,
        /// What it holds.
        content: Arc<[u8]>,
        /// What the server said.
        status: u16,
    },
    /// The server has it not.
    Refused(u16, String),
}

/// The name that a server gives the file.
fn name_given(response: &Response) -> Option<&str> {
    let given = response.header("content-disposition")?;
    let name = given
        .split(';')
        .find_map(|part| part.trim().strip_prefix("filename="))?;
    let name = name.trim_matches('"').rsplit(['/', '\\']).next()?;
    (!name.is_empty() && name != "." && name != "..").then_some(name)
}

impl Params {
    async fn fetch(
        &self,
        look: &Look,
        url: &str,
        since: Option<i64>,
        most: usize,
    ) -> Result<Response, ProbeError> {
        let peer = Peer {
            ca_path: None,
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            user: self.url_username.clone(),
            password: self.url_password.clone(),
            unverified: !self.validate_certs,
        };
        let fetched = Download {
            peer,
            headers: &self.headers,
            agent: self.http_agent.as_deref(),
            limit: Duration::from_secs(self.timeout.saturating_mul(60)),
            most,
        };
        fetched.get(look, url, since).await
    }

    /// The digest that the file must have.
    async fn digest(&self, look: &Look, wanted: &Checksum) -> Result<String, ProbeError> {
        if !is_address(&wanted.of) {
            return Ok(wanted.of.clone());
        }
        let failed = |what: String| Err(ProbeError::Failed(what));
        let list = self.fetch(look, &wanted.of, None, LIST).await?;
        if list.status != 200 {
            return failed(format!("{}: {}", shown(&wanted.of), list.words()));
        }
        let (text, name) = (list.text(), name_in(&self.url));
        match listed(&text, name) {
            Some(digest) => Ok(digest.to_ascii_lowercase()),
            None => failed(format!(
                "Unable to find a checksum for file '{name}' in '{}'",
                shown(&wanted.of)
            )),
        }
    }

    fn placing(&self) -> Placing<'_> {
        Placing {
            wanted: self.wanted(),
            backup: self.backup,
            validate: None,
        }
    }
}

impl Module for GetUrl {
    const NAME: &'static str = "get_url";
    const ABOUT: Option<&'static str> = Some("dest");
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("username", "url_username"),
        ("user", "url_username"),
        ("password", "url_password"),
        ("thirsty", "force"),
    ];
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        if !params.url.starts_with("file:///") {
            super::http::check(&params.url, params.timeout)?;
        }
        let text = params.checksum.as_deref().filter(|text| !text.is_empty());
        let checksum = text.map(Checksum::read).transpose()?;
        Ok(Ready { params, checksum })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let params = &ready.params;
        params.no_context(look).await?;
        let dest = expand(look, &params.dest).await?;
        let there = look
            .fact(FileAt {
                path: dest.clone(),
                follow: true,
                hash: false,
            })
            .await?;
        let is_folder = there
            .as_ref()
            .is_some_and(|there| there.kind == Kind::Directory);
        let digest = match &ready.checksum {
            Some(wanted) => Some((wanted.algorithm, params.digest(look, wanted).await?)),
            None => None,
        };
        let mut since = None;
        if let Some(there) = there.filter(|_| !is_folder && !params.force) {
            since = Some(there.mtime);
            if let Some((algorithm, digest)) = &digest {
                let details = Details {
                    path: dest.clone(),
                    follow: true,
                    checksum: Some(algorithm.word()),
                    mime: false,
                    flags: false,
                };
                if look.fact(details).await?.checksum.as_ref() == Some(digest) {
                    return Placed::look(look, &dest, false, &[])
                        .await
                        .map(State::There);
                }
                since = None;
            }
        }
        let response = params.fetch(look, &params.url, since, MOST).await?;
        match response.status {
            304 => {
                return Placed::look(look, &dest, false, &[])
                    .await
                    .map(State::There);
            }
            200 => {}
            status => return Ok(State::Refused(status, response.words())),
        }
        let content: Arc<[u8]> = response.body.as_slice().into();
        if let Some((algorithm, digest)) = digest {
            let is = checksum(algorithm.word(), &content).unwrap_or_default();
            if is != digest {
                return Err(ProbeError::Failed(format!(
                    "The checksum of {} did not match {digest}; it was {is}.",
                    shown(&params.url)
                )));
            }
        }
        let path = if is_folder {
            let name = name_given(&response).unwrap_or_else(|| name_in(&response.url));
            format!("{}/{name}", dest.trim_end_matches('/'))
        } else {
            dest
        };
        Ok(State::Download {
            placed: Placed::look(look, &path, false, &content).await?,
            content,
            status: response.status,
        })
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        match state {
            State::Refused(..) => Ok(Plan::nothing()),
            State::There(placed) => {
                let Some(file) = &placed.file else {
                    return Ok(Plan::nothing());
                };
                let wanted = ready.params.wanted();
                let lines = wanted.lines(&placed.path, file);
                let steps = if lines.is_empty() {
                    Vec::new()
                } else {
                    vec![placed::act(
                        format!("set attributes of {}", placed.path),
                        &lines,
                    )]
                };
                let changes = wanted.changes(&placed.path, file);
                Ok(Plan::Converge { changes, steps })
            }
            // It is not fetched a second time to see that it is there.
            State::Download {
                placed, content, ..
            } => {
                let (changes, steps) = placed.plan(content, &ready.params.placing())?;
                Ok(Plan::Act { changes, steps })
            }
        }
    }

    fn result(
        Course {
            ready,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let params = &ready.params;
        let url = shown(&params.url);
        match before {
            State::Refused(status, words) => TaskResult {
                failed: Some("Request failed".to_owned()),
                ..TaskResult::default()
            }
            .with("status_code", *status)
            .with("response", words.as_str())
            .with("dest", params.dest.as_str())
            .with("url", url),
            State::There(placed) => {
                let mut result = TaskResult::of(plan, ran);
                if let Some(file) = &placed.file {
                    super::attributes::tell(&mut result, file);
                }
                result
                    .with("dest", placed.path.as_str())
                    .with("url", url)
                    .with("msg", "file already exists")
            }
            State::Download {
                placed,
                content,
                status,
            } => {
                let mut result = TaskResult::of(plan, ran);
                let file = placed.file.as_ref().filter(|_| !plan.is_change());
                placed::tell(&mut result, &placed.path, content, file, &params.wanted());
                result
                    .with("url", url)
                    .with("checksum_src", placed::sha1(content))
                    .with(
                        "checksum_dest",
                        placed
                            .file
                            .as_ref()
                            .and(file)
                            .map(|_| placed::sha1(content)),
                    )
                    .with("status_code", *status)
                    .with("msg", format!("OK ({} bytes)", content.len()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
