//! What a server says over HTTP, and with which certificates it is asked.

use super::{Ask, Bytes, Content, Foreseen, Look, ProbeError, Question};
use crate::secret::Secret;
use crate::step::{Client, Output, Request, Response, Tls};
use base64::Engine as _;
use futures::future::try_join3;
use std::time::Duration;

/// Where the systems keep the authorities that they trust: Debian's kin, Red Hat's, Alpine and BSD.
const BUNDLES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];
/// More than the bundle of any system.
const LIMIT: u64 = 4 * 1024 * 1024;

/// A request that only reads, asked anew each time.
pub struct Asked(pub Request);

impl Question for Asked {
    /// `Err`: why no answer came.
    type Answer = Result<Response, String>;

    fn ask(&self) -> Ask {
        Ask::Request(Box::new(self.0.clone()))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        if !output.ok() {
            return Ok(Err(output.err()));
        }
        let shown = self.0.shown();
        match Response::of(output) {
            Some(response) => Ok(Ok(response)),
            None => Err(ProbeError::Failed(format!("{shown}: no HTTP answer"))),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.answered(&self.0, now)
    }
}

/// Who asks, and whom it trusts: files are the target's.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// The file of the authorities that are trusted; `None` trusts whom the target trusts.
    pub ca_path: Option<String>,
    /// The file of our own certificate.
    pub client_cert: Option<String>,
    /// The file of its key; `None` looks for it behind the certificate.
    pub client_key: Option<String>,
    /// For basic authentication.
    pub user: Option<String>,
    /// For basic authentication.
    pub password: Option<Secret>,
    /// Take any certificate of the server.
    pub unverified: bool,
}

/// A [`Peer`] with its files read.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Whom to trust, who we are.
    pub tls: Tls,
    /// The header line for basic authentication.
    pub authorization: Option<Secret>,
}

impl Way {
    /// A request along this way.
    pub fn request(&self, method: &str, url: impl Into<String>, limit: Duration) -> Request {
        let request = Request::new(method, url, self.tls.clone(), limit);
        match &self.authorization {
            Some(value) => request.header("Authorization", value.clone()),
            None => request,
        }
    }
}

impl Peer {
    /// Reads the files, those that an address like `url` needs.
    pub async fn way(&self, look: &Look, url: &str) -> Result<Way, ProbeError> {
        let authorization = self.user.as_deref().map(|user| {
            let password = self.password.as_ref().map_or("", Secret::reveal);
            basic(user, password)
        });
        let tls = if url.starts_with("https:") {
            self.tls(look).await?
        } else {
            Tls::default()
        };
        Ok(Way { tls, authorization })
    }

    async fn tls(&self, look: &Look) -> Result<Tls, ProbeError> {
        let ca = async {
            match &self.ca_path {
                _ if self.unverified => Ok(String::new()),
                Some(path) => named(look, "ca_path", path).await,
                None => system(look).await,
            }
        };
        let own = |name: &'static str, path: Option<&str>| {
            let path = path.map(str::to_owned);
            async move {
                match path {
                    Some(path) => named(look, name, &path).await.map(Some),
                    None => Ok(None),
                }
            }
        };
        let (ca, certificate, key) = try_join3(
            ca,
            own("client_cert", self.client_cert.as_deref()),
            own("client_key", self.client_key.as_deref()),
        )
        .await?;
        let client = certificate.map(|certificate| Client {
            key: Secret::new(key.unwrap_or_else(|| certificate.clone())),
            certificate,
        });
        Ok(Tls {
            ca,
            client,
            unverified: self.unverified,
        })
    }
}

/// The header line of basic authentication.
pub fn basic(user: &str, password: &str) -> Secret {
    let pair = zeroize::Zeroizing::new(format!("{user}:{password}"));
    let coded = base64::engine::general_purpose::STANDARD.encode(pair.as_bytes());
    Secret::new(format!("Basic {coded}"))
}

async fn read(look: &Look, path: &str) -> Result<Option<String>, ProbeError> {
    let content = Content {
        path: path.to_owned(),
        limit: LIMIT,
    };
    let why = match look.fact(content).await? {
        Bytes::Absent => return Ok(None),
        Bytes::NoFile => format!("{path} is no file"),
        Bytes::TooLarge(size) => format!("{path} has {size} bytes: that is no certificate"),
        Bytes::Are(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Ok(Some(text)),
            Err(_) => format!("{path} is no PEM"),
        },
    };
    Err(ProbeError::Failed(why))
}

async fn named(look: &Look, parameter: &str, path: &str) -> Result<String, ProbeError> {
    match read(look, path).await {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(ProbeError::Failed(format!(
            "{parameter}: there is no {path} on this host, or the task's user may not see it"
        ))),
        Err(ProbeError::Failed(why)) => Err(ProbeError::Failed(format!("{parameter}: {why}"))),
        Err(other) => Err(other),
    }
}

async fn system(look: &Look) -> Result<String, ProbeError> {
    for path in BUNDLES {
        if let Some(text) = read(look, path).await? {
            return Ok(text);
        }
    }
    Err(ProbeError::Failed(format!(
        "this host trusts no authority ({} is not there): install ca-certificates, or give ca_path",
        BUNDLES[0]
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Desk;
    use futures::future::BoxFuture;
    use std::sync::Arc;

    /// A host with these files.
    struct Files(&'static [(&'static str, &'static str)]);

    impl Desk for Files {
        fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>> {
            let Ask::Shell { script, .. } = ask else {
                panic!("{ask:?}")
            };
            let path = |path: &str| script.text.contains(&format!("p={path}\n"));
            let found = self.0.iter().find(|(known, _)| path(known));
            let said = found.map_or("absent\n".to_owned(), |(_, text)| format!("bytes\n{text}"));
            let output = Output {
                stdout: said.into(),
                ..Output::default()
            };
            Box::pin(std::future::ready(Ok(output)))
        }
    }

    fn way(peer: &Peer, files: &'static [(&'static str, &'static str)]) -> Result<Way, String> {
        let look = Look::new(Arc::new(Files(files)));
        futures::executor::block_on(peer.way(&look, "https://a")).map_err(|error| error.to_string())
    }

    #[test]
    fn whom_the_target_trusts_is_trusted_where_nobody_is_named() {
        let found = way(&Peer::default(), &[(BUNDLES[1], "RED")]).unwrap();
        assert_eq!((found.tls.ca.as_str(), found.tls.client), ("RED", None));
        let why = way(&Peer::default(), &[]).unwrap_err();
        assert!(
            why.ends_with("install ca-certificates, or give ca_path"),
            "{why}"
        );
    }

    #[test]
    fn a_key_may_stand_behind_its_certificate() {
        let peer = Peer {
            ca_path: Some("/ca".into()),
            client_cert: Some("/own".into()),
            ..Peer::default()
        };
        let found = way(&peer, &[("/ca", "CA"), ("/own", "BOTH")]).unwrap();
        let client = found.tls.client.unwrap();
        assert_eq!(
            (client.certificate.as_str(), client.key.reveal()),
            ("BOTH", "BOTH")
        );
        let why = way(&peer, &[("/ca", "CA")]).unwrap_err();
        assert_eq!(
            why,
            "client_cert: there is no /own on this host, or the task's user may not see it"
        );
    }
}
