//! An HTTP request as data, and its answer.

use super::Output;
use crate::secret::Secret;
use std::fmt;
use std::time::Duration;

/// How many bytes of an answer's body are taken where nobody says it.
pub const MOST: usize = 16 * 1024 * 1024;

/// One HTTP request. The host's own sshd makes the connection, the controller speaks over it: the
/// target needs no client for that.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The method: `GET`.
    pub method: String,
    /// The address, as the target sees it.
    pub url: String,
    /// Header lines. Any of their values may be a secret.
    pub headers: Vec<(String, Secret)>,
    /// The body; it may hold secrets.
    pub body: Vec<u8>,
    /// Whom to trust and who we are, where the address is `https`.
    pub tls: Tls,
    /// How long all of it may take, with every redirection.
    pub limit: Duration,
    /// Which redirections are followed.
    pub follow: Follow,
    /// Answers that are no failure of a step; empty takes them all. A question takes them all anyway.
    pub accepts: Vec<u16>,
    /// A step's answer that is not accepted and says this means "not yet": it is asked again, once
    /// a second, as long as the limit allows.
    pub again: Option<&'static str>,
    /// How many bytes of the answer's body are taken; a longer one is an error.
    pub most: usize,
}

/// Which redirections are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Follow {
    /// None.
    #[default]
    Never,
    /// Those of requests that only read (GET, HEAD).
    Safe,
    /// All.
    Always,
}

/// Whom to trust, and who we are. All of it PEM.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// The certificates of the authorities that are trusted, and no others.
    pub ca: String,
    /// Our own certificate and its key, where the server wants to know who asks.
    pub client: Option<Client>,
    /// Take any certificate of the server. Only where the user said so in as many words.
    pub unverified: bool,
}

/// A client's own certificate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Client {
    /// The certificate, and those between it and its authority.
    pub certificate: String,
    /// Its key.
    pub key: Secret,
}

impl Request {
    /// A request without body, headers and redirections, that takes every answer.
    pub fn new(method: &str, url: impl Into<String>, tls: Tls, limit: Duration) -> Self {
        Self {
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            tls,
            limit,
            follow: Follow::Never,
            accepts: Vec::new(),
            again: None,
            most: MOST,
        }
    }

    /// The same with a header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: Secret) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// The same with a JSON document as its body.
    #[must_use]
    pub fn json(mut self, document: &serde_json::Value) -> Self {
        self.body = document.to_string().into_bytes();
        self.header("Content-Type", Secret::among("application/json"))
    }

    /// The same as a step that fails on another answer than these.
    #[must_use]
    pub fn accepts(mut self, accepts: &[u16]) -> Self {
        self.accepts = accepts.to_vec();
        self
    }

    /// The method and the address without what may be secret in it: `GET https://pg-a:8008/config`.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, shown(&self.url))
    }

    /// Whether an answer with this status is none of a step's failures.
    pub fn takes(&self, status: u16) -> bool {
        self.accepts.is_empty() || self.accepts.contains(&status)
    }
}

/// What stands behind the host's name in an address: its port and path.
pub fn behind(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let name = match host.rfind([':', ']']) {
        Some(at) if host[at..].starts_with(':') => at,
        _ => host.len(),
    };
    &rest[name..host.len() + path.len()]
}

/// The address without user, password and query.
pub fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({}, {:?})", self.shown(), self.tls)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = self.client.is_some();
        let (ca, unverified) = (self.ca.len(), self.unverified);
        write!(
            f,
            "Tls {{ ca: {ca} bytes, client: {client}, unverified: {unverified} }}"
        )
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(***)")
    }
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status: 200.
    pub status: u16,
    /// The address that answered at last, behind all redirections.
    pub url: String,
    /// Header lines, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header line of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// As a step's or a question's output: status and address on the first line, the header lines,
    /// an empty line, the body.
    pub fn output(&self) -> Output {
        let mut stdout = format!("{} {}\n", self.status, self.url).into_bytes();
        for (name, value) in &self.headers {
            stdout.extend(format!("{name}: {value}\n").bytes());
        }
        stdout.push(b'\n');
        stdout.extend(&self.body);
        Output {
            stdout,
            ..Output::default()
        }
    }

    /// Reads what [`Response::output`] wrote; `None` where it is no such thing.
    pub fn of(output: &Output) -> Option<Self> {
        let end = output.stdout.windows(2).position(|two| two == b"\n\n")?;
        let head = std::str::from_utf8(&output.stdout[..end]).ok()?;
        let mut lines = head.lines();
        let (status, url) = lines.next()?.split_once(' ')?;
        Some(Self {
            status: status.parse().ok()?,
            url: url.to_owned(),
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: output.stdout[end + 2..].to_vec(),
        })
    }

    /// What the status means: `Not Found`; empty where it is none of the usual ones.
    pub fn reason(&self) -> &'static str {
        hyper::StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default()
    }

    /// The words in a JSON answer that is there for them.
    fn json_message(&self) -> Option<String> {
        let document: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        let words = document.get("message").or_else(|| document.get("error"))?;
        Some(words.as_str()?.to_owned())
    }

    /// What the server says about a status that was not hoped for, in one line: `409 Conflict: ...`.
    pub fn words(&self) -> String {
        let reason = self.reason();
        let text = self.json_message().unwrap_or_else(|| self.text());
        // An error page says nothing that its status does not say.
        let said = if text.trim_start().starts_with('<') {
            ""
        } else {
            text.trim()
        };
        let said: String = said
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(500)
            .collect();
        match (reason, said.as_str()) {
            ("", "") => self.status.to_string(),
            (reason, "") => format!("{} {reason}", self.status),
            (reason, said) => format!("{} {reason}: {said}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let tls = Tls {
            client: Some(Client {
                certificate: "cert".into(),
                key: Secret::new("s3cret-key"),
            }),
            ..Tls::default()
        };
        let url = "https://ann:s3cret@pg-a:8008/config?token=s3cret#s3cret";
        let request = Request::new("GET", url, tls, Duration::from_secs(1))
            .header("Authorization", Secret::new("Basic s3cret"))
            .json(&serde_json::json!({ "password": "s3cret" }));
        let shown = format!("{request:?} {:?}", request.tls.client);
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(request.shown(), "GET https://pg-a:8008/config");
    }

    #[test]
    fn an_answer_survives_its_way_as_an_output() {
        let response = Response {
            status: 302,
            url: "http://a/b".into(),
            headers: vec![
                ("location".into(), "x: y".into()),
                ("empty".into(), String::new()),
            ],
            body: b"\n\n\xff: \n".to_vec(),
        };
        assert_eq!(Response::of(&response.output()), Some(response));
        let bare = Response {
            status: 204,
            ..Response::default()
        };
        assert_eq!(Response::of(&bare.output()), Some(bare));
    }

    #[test]
    fn words_tell_the_status_and_the_first_line_of_a_text() {
        let words = |status, body: &str| {
            Response {
                status,
                body: body.into(),
                ..Response::default()
            }
            .words()
        };
        assert_eq!(
            words(412, "leader name does not match\n"),
            "412 Precondition Failed: leader name does not match"
        );
        assert_eq!(
            words(503, r#"{"error":"etcdserver: no leader","code":14}"#),
            "503 Service Unavailable: etcdserver: no leader"
        );
        assert_eq!(words(502, "<html>error</html>"), "502 Bad Gateway");
        assert_eq!(words(299, ""), "299");
    }

    #[test]
    fn port_and_path_stand_behind_the_name() {
        assert_eq!(behind("http://a:80/x"), ":80/x");
        assert_eq!(behind("http://[::1]:80/x"), ":80/x");
        assert_eq!(behind("http://[::1]/x:1"), "/x:1");
        assert_eq!(behind("http://a"), "");
    }
}
