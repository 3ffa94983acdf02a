//! HTTP/1.1 from a host's own sshd: the host opens the connection, the controller speaks over it.

use super::{Remote, RemoteError, TlsError, Tunnel, local, tls};
use crate::step::{Follow, Request, Response, Tls, shown};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How many redirections are followed.
const HOPS: usize = 10;

/// Where a connection starts.
#[derive(Clone, Copy)]
pub enum Via<'a> {
    /// At this host's sshd.
    Host(&'a dyn Remote),
    /// Here.
    Here,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection: to the server, or to the host that should have opened it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The address is none.
    #[error("`{url}` is no address for HTTP: {why}")]
    Url {
        /// What is no address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Certificates that can't be used.
    #[error("{server}: {source}")]
    Certificates {
        /// `host:port`
        server: String,
        /// What is wrong with them.
        source: TlsError,
    },
    /// The two could not agree on TLS: most often one doesn't trust the other's certificate.
    #[error("no TLS with {server}: {why}")]
    Tls {
        /// `host:port`
        server: String,
        /// What rustls says.
        why: String,
    },
    /// A connection that ends without a whole answer.
    #[error("{server} answers no HTTP: {why}")]
    Broken {
        /// `host:port`
        server: String,
        /// What happened.
        why: String,
    },
    /// Not within its limit.
    #[error("{what}: no answer within {} s", limit.as_secs_f64())]
    TimedOut {
        /// The request.
        what: String,
        /// How long it was waited.
        limit: Duration,
    },
}

impl HttpError {
    /// Whether it is the host's own connection that is gone, not the server behind it.
    pub fn lost(&self) -> Option<&RemoteError> {
        match self {
            Self::Remote(RemoteError::Connect { .. }) => None,
            Self::Remote(error) => Some(error),
            _ => None,
        }
    }
}

/// Makes a request, within its limit.
pub async fn send(via: Via<'_>, request: &Request) -> Result<Response, HttpError> {
    match timeout(request.limit, follow(via, request)).await {
        Ok(answer) => answer,
        Err(_) => Err(HttpError::TimedOut {
            what: request.shown(),
            limit: request.limit,
        }),
    }
}

async fn follow(via: Via<'_>, request: &Request) -> Result<Response, HttpError> {
    let mut request = request.clone();
    for _ in 0..HOPS {
        let response = once(via, &request).await?;
        let wanted = match request.follow {
            Follow::Never => false,
            Follow::Safe => matches!(request.method.as_str(), "GET" | "HEAD"),
            Follow::Always => true,
        };
        let Some(place) = response
            .header("location")
            .filter(|_| wanted && matches!(response.status, 301 | 302 | 303 | 307 | 308))
        else {
            return Ok(response);
        };
        let here = place_of(&request.url)?;
        let next = resolved(&here, place);
        let there = place_of(&next)?;
        if here.origin() != there.origin() {
            // What opens one door is not shown at another.
            request.headers.retain(|(name, _)| {
                !["authorization", "cookie"].contains(&name.to_ascii_lowercase().as_str())
            });
        }
        if response.status < 307 && request.method != "HEAD" {
            "GET".clone_into(&mut request.method);
            request.body.clear();
            request
                .headers
                .retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
        }
        request.url = next;
    }
    Err(HttpError::Url {
        url: shown(&request.url),
        why: format!("it leads on and on: {HOPS} redirections"),
    })
}

/// An address in its parts.
struct Place {
    uri: Uri,
    host: String,
    port: u16,
    encrypted: bool,
}

impl Place {
    fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn origin(&self) -> (&str, u16, bool) {
        (&self.host, self.port, self.encrypted)
    }
}

fn place_of(url: &str) -> Result<Place, HttpError> {
    let wrong = |why: &str| HttpError::Url {
        url: shown(url),
        why: why.to_owned(),
    };
    let text = url.split('#').next().unwrap_or_default();
    let uri: Uri = text
        .parse()
        .map_err(|error: hyper::http::uri::InvalidUri| {
            wrong(&format!(
                "{error}; what is no plain letter or digit is written as %XX (filter urlencode)"
            ))
        })?;
    let encrypted = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong("it begins with neither http:// nor https://")),
    };
    let host = uri.host().unwrap_or_default();
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    if host.is_empty() {
        return Err(wrong("it names no host"));
    }
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    Ok(Place {
        uri,
        host,
        port,
        encrypted,
    })
}

/// The address that `place` means when it was read at `here`.
fn resolved(here: &Place, place: &str) -> String {
    if place.contains("://") {
        return place.to_owned();
    }
    let scheme = if here.encrypted { "https" } else { "http" };
    if place.starts_with("//") {
        return format!("{scheme}:{place}");
    }
    let authority = here.uri.authority().map_or("", |known| known.as_str());
    let path = here.uri.path();
    let path = match (place.chars().next(), path.rfind('/')) {
        (Some('/'), _) | (_, None) => place.to_owned(),
        (Some('?'), _) => format!("{path}{place}"),
        (_, Some(end)) => format!("{}{place}", &path[..=end]),
    };
    format!("{scheme}://{authority}{path}")
}

async fn once(via: Via<'_>, request: &Request) -> Result<Response, HttpError> {
    let place = place_of(&request.url)?;
    let tls = place.encrypted.then_some(&request.tls);
    let stream = stream(via, &place.host, place.port, tls, request.limit).await?;
    exchange(stream, request, &place).await
}

/// A connection to a port, encrypted where `tls` says how. `limit` is for the connection alone.
pub async fn stream(
    via: Via<'_>,
    host: &str,
    port: u16,
    tls: Option<&Tls>,
    limit: Duration,
) -> Result<Box<dyn Tunnel>, HttpError> {
    let stream = match via {
        Via::Host(remote) => remote.tunnel(host, port, limit).await?,
        Via::Here => local::tunnel(host, port, limit).await?,
    };
    let Some(tls) = tls else {
        return Ok(stream);
    };
    let server = || format!("{host}:{port}");
    let config = tls::config(tls).map_err(|source| HttpError::Certificates {
        server: server(),
        source,
    })?;
    let failed = |why: String| HttpError::Tls {
        server: server(),
        why,
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string()))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| failed(error.to_string()))?;
    Ok(Box::new(stream))
}

async fn exchange(
    stream: Box<dyn Tunnel>,
    request: &Request,
    place: &Place,
) -> Result<Response, HttpError> {
    let broken = |error: &dyn Error| HttpError::Broken {
        server: place.server(),
        why: chain(error),
    };
    let message = message(request, place)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    let answer = async {
        let answer = sender
            .send_request(message)
            .await
            .map_err(|error| broken(&error))?;
        read(answer, request, place).await
    };
    // Whoever drives the connection ends with the answer: nothing is left behind.
    let driven = async {
        match connection.await {
            Ok(()) => std::future::pending().await,
            Err(error) => error,
        }
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        error = driven => match futures::poll!(&mut answer) {
            std::task::Poll::Ready(answer) => answer,
            std::task::Poll::Pending => Err(broken(&error)),
        },
    }
}

fn message(request: &Request, place: &Place) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
    let wrong = |why: String| HttpError::Url {
        url: shown(&request.url),
        why,
    };
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| wrong(format!("`{}` is no method", request.method)))?;
    let path = place.uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = place.uri.authority().map_or("", |known| known.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut builder = hyper::Request::builder().method(method).uri(path);
    let has = |wanted: &str| {
        request
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    if !has("host") {
        builder = builder.header(header::HOST, host);
    }
    if !has("user-agent") {
        builder = builder.header(
            header::USER_AGENT,
            concat!("trueup/", env!("CARGO_PKG_VERSION")),
        );
    }
    builder = builder.header(header::CONNECTION, "close");
    for (name, value) in &request.headers {
        let mut value = header::HeaderValue::from_str(value.reveal())
            .map_err(|_| wrong(format!("the header {name} holds what no header may hold")))?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    builder
        .body(Full::new(Bytes::from(request.body.clone())))
        .map_err(|error| wrong(error.to_string()))
}

async fn read(
    answer: hyper::Response<Incoming>,
    request: &Request,
    place: &Place,
) -> Result<Response, HttpError> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, request.most)
        .collect()
        .await
        .map_err(|error| HttpError::Broken {
            server: place.server(),
            why: match error.downcast_ref::<http_body_util::LengthLimitError>() {
                Some(_) => format!("its answer has more than {} bytes", request.most),
                None => chain(&*error),
            },
        })?;
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    Ok(Response {
        status: head.status.as_u16(),
        url: request.url.clone(),
        headers: headers.collect(),
        body: body.to_bytes().to_vec(),
    })
}

/// An error with all that lies below it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        below = error.source();
    }
    text
}
