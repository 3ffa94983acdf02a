//! A file that is fetched from the web, or that a `file:` address names on the host itself.

use crate::facts::http::{Asked, Peer};
use crate::facts::{Bytes, Content, Look, ProbeError};
use crate::secret::Secret;
use crate::step::{Follow, Response, shown};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// A larger file is not fetched: it goes through this machine's memory.
pub const MOST: usize = 1 << 30;

/// How long a server may take to hand out a key.
const PATIENCE: Duration = Duration::from_secs(30);

/// How it is fetched.
pub struct Download<'a> {
    /// Who asks.
    pub peer: Peer,
    /// Header lines.
    pub headers: &'a Map<String, Value>,
    /// What calls itself the client.
    pub agent: Option<&'a str>,
    /// How long all of it may take.
    pub limit: Duration,
    /// How many bytes are taken.
    pub most: usize,
}

impl Download<'_> {
    /// The answer; where the file did not change `since`, the server may say that alone (304).
    pub async fn get(
        self,
        look: &Look,
        url: &str,
        since: Option<i64>,
    ) -> Result<Response, ProbeError> {
        if let Some(path) = url.strip_prefix("file://") {
            return self.own(look, path, url).await;
        }
        let way = self.peer.way(look, url).await?;
        let mut request = way.request("GET", url, self.limit);
        request.follow = Follow::Safe;
        request.most = self.most;
        for (name, value) in self.headers {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            request
                .headers
                .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request = request.header(name, Secret::new(value));
        }
        let mut names = self.headers.keys();
        if !names.any(|name| name.eq_ignore_ascii_case("user-agent")) {
            let agent = self.agent.unwrap_or("trueup");
            request = request.header("User-Agent", Secret::among(agent));
        }
        request = match since.and_then(|since| Timestamp::from_second(since).ok()) {
            Some(since) => {
                let at = since.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                request.header("If-Modified-Since", Secret::among(at.as_str()))
            }
            None => request.header("Cache-Control", Secret::among("no-cache")),
        };
        let answer = look.fact(Asked(request)).await?;
        answer.map_err(|why| ProbeError::Failed(format!("{}: {why}", shown(url))))
    }

    async fn own(&self, look: &Look, path: &str, url: &str) -> Result<Response, ProbeError> {
        let content = Content {
            path: path.to_owned(),
            limit: self.most as u64,
        };
        let body = match look.fact(content).await? {
            Bytes::Are(bytes) => Some(bytes),
            _ => None,
        };
        Ok(Response {
            status: if body.is_some() { 200 } else { 404 },
            url: url.to_owned(),
            headers: Vec::new(),
            body: body.unwrap_or_default(),
        })
    }
}

/// What a server hands out whole, a key mostly: with nothing but its address.
pub async fn fetched(look: &Look, address: &str, verified: bool) -> Result<Vec<u8>, ProbeError> {
    let download = Download {
        peer: Peer {
            unverified: !verified,
            ..Peer::default()
        },
        headers: &Map::new(),
        agent: None,
        limit: PATIENCE,
        most: MOST,
    };
    let response = download.get(look, address, None).await?;
    if response.status == 200 {
        return Ok(response.body);
    }
    Err(ProbeError::Failed(format!(
        "{}: the server said {}",
        shown(address),
        response.status
    )))
}
