//! Makes an HTTP request from the host.
//!
//! ```yaml
//! - uri:
//!     url: https://127.0.0.1:8008/health
//!     ca_path: /etc/pg-cluster/tls/ca.crt
//!     status_code: [200, 503]
//!   register: health
//!   check_mode: false
//! ```
//!
//! The host's own sshd makes the connection: nothing is needed there. What a request does can't be
//! known beforehand, so a plan shows it as `> run`, unless it is a GET or a HEAD, and what it would
//! get is unknown; `check_mode: false` is its author's word that it only asks, and then a plan makes
//! it too. A user and a password are sent at once, not only when the server asks for them.

mod body;
mod params;

#[cfg(test)]
mod tests;

use super::executed::Needed;
use super::{Change, Controller, Course, Module, Plan, Sign, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::http::{Peer, Way};
use crate::facts::{Look, ProbeError};
use crate::secret::Secret;
use crate::step::{Action, Follow, Request, Response, Step, shown};
use params::{Params, Redirects};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// `uri`
pub struct Uri;

/// Whether it is needed, and the request if it is.
pub struct State {
    needed: Needed,
    way: Option<Way>,
}

/// A header's value; most say nothing that a log may not hold.
fn secret_if_named_so(name: &str, value: String) -> Secret {
    let name = name.to_ascii_lowercase();
    let secret = ["auth", "cookie", "key", "password", "secret", "token"];
    if secret.iter().any(|word| name.contains(word)) {
        Secret::new(value)
    } else {
        Secret::among(value)
    }
}

impl Params {
    fn peer(&self) -> Peer {
        Peer {
            ca_path: self.ca_path.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            user: self.url_username.clone(),
            password: self.url_password.clone(),
            unverified: !self.validate_certs,
        }
    }

    fn request(&self, way: &Way) -> Result<Request, String> {
        let limit = Duration::from_secs(self.timeout);
        let mut request = way.request(&self.method.to_ascii_uppercase(), &self.url, limit);
        request.follow = match self.follow_redirects {
            Redirects::Safe => Follow::Safe,
            Redirects::All => Follow::Always,
            Redirects::None => Follow::Never,
        };
        for (name, value) in &self.headers {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            // One of the user's own stands in place of ours.
            request
                .headers
                .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request = request.header(name, secret_if_named_so(name, value));
        }
        if let Some(body) = &self.body {
            request.body = body.bytes(self.body_format)?;
        }
        let has = |name: &str, request: &Request| {
            let mut names = request.headers.iter().map(|(name, _)| name);
            names.any(|known| known.eq_ignore_ascii_case(name))
        };
        if let Some(kind) = self.body_format.content_type()
            && !has("content-type", &request)
        {
            request = request.header("Content-Type", Secret::among(kind));
        }
        if let Some(agent) = &self.http_agent
            && !has("user-agent", &request)
        {
            request = request.header("User-Agent", Secret::among(agent.as_str()));
        }
        if self.force && !has("cache-control", &request) {
            request = request.header("Cache-Control", Secret::among("no-cache"));
        }
        Ok(request)
    }

    /// The result of a request that was made.
    fn made(&self, step: &StepOutput) -> TaskResult {
        let wanted = self.status_code.read().unwrap_or_default();
        let elapsed = step.elapsed.as_secs();
        let Some(response) = Response::of(&step.output).filter(|_| step.output.ok()) else {
            let why = step.output.err();
            let failed = format!("Status code was -1 and not {wanted:?}: Request failed: {why}");
            return TaskResult {
                failed: Some(failed),
                ..TaskResult::default()
            }
            .with("status", -1)
            .with("url", shown(&self.url))
            .with("redirected", false)
            .with("elapsed", elapsed);
        };
        let mut values = Map::new();
        for (name, value) in &response.headers {
            let name = name.replace('-', "_");
            match values.get_mut(&name) {
                Some(Value::String(known)) => *known = format!("{known}, {value}"),
                _ => drop(values.insert(name, value.as_str().into())),
            }
        }
        let good = wanted.contains(&response.status);
        let size = response.header("content-length").unwrap_or("unknown");
        let (said, reason) = (format!("OK ({size} bytes)"), response.reason());
        let message = match response.status {
            400.. => format!("HTTP Error {}: {reason}", response.status),
            _ => said,
        };
        let kind = response.header("content-type").unwrap_or_default();
        if kind.split(';').next().is_some_and(is_json)
            && let Ok(document) = serde_json::from_slice::<Value>(&response.body)
        {
            values.insert("json".to_owned(), document);
        }
        if self.return_content || !good {
            values.insert("content".to_owned(), response.text().into());
        }
        let redirected = response.url != self.url;
        for (name, value) in [
            ("status", json!(response.status)),
            ("url", json!(response.url)),
            ("redirected", json!(redirected)),
            ("elapsed", json!(elapsed)),
            ("msg", json!(message)),
        ] {
            values.insert(name.to_owned(), value);
        }
        let failed = (!good).then(|| {
            format!(
                "Status code was {} and not {wanted:?}: {message}",
                response.status
            )
        });
        if let Some(failed) = &failed {
            values.insert("msg".to_owned(), failed.as_str().into());
        }
        TaskResult {
            failed,
            values,
            ..TaskResult::default()
        }
    }
}

fn is_json(kind: &str) -> bool {
    let kind = kind.trim().to_ascii_lowercase();
    matches!(
        kind.as_str(),
        "application/json" | "text/json" | "application/javascript"
    ) || kind.ends_with("+json")
}

impl Module for Uri {
    const NAME: &'static str = "uri";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("user", "url_username"),
        ("password", "url_password"),
        ("validate_cert", "validate_certs"),
    ];
    const MAY_ASK: bool = true;
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        super::http::check(&params.url, params.timeout)?;
        params.status_code.read()?;
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let (creates, removes) = (params.creates.as_deref(), params.removes.as_deref());
        let needed = Needed::look(look, None, creates, removes).await?;
        let way = match needed.spared {
            Some(_) => None,
            None => Some(params.peer().way(look, &params.url).await?),
        };
        Ok(State { needed, way })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let Some(way) = &state.way else {
            return Ok(Plan::nothing());
        };
        let request = params.request(way)?;
        let what = request.shown();
        Ok(Plan::Act {
            changes: vec![Change::new(Sign::Run, what.clone())],
            steps: vec![Step::new(what, Action::Request(Box::new(request)))],
        })
    }

    fn result(
        Course {
            ready: params,
            before,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        if let Some(since) = &before.needed.spared {
            return TaskResult::default().with("msg", format!("skipped, {since}"));
        }
        match ran.last() {
            Some(step) => params.made(step),
            // A dry run: that something would be done is all that is known, and not even that where
            // it only asks.
            None => TaskResult {
                changed: !["GET", "HEAD"].contains(&&*params.method.to_ascii_uppercase()),
                ..TaskResult::of(plan, ran)
            },
        }
    }
}
