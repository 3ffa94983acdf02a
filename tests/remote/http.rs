//! HTTP and HTTPS against a server of the test's own, from here and through a real sshd.

use crate::sshd::Sshd;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trueup::remote::connect;
use trueup::remote::http::{HttpError, Via, send};
use trueup::secret::{CertificateSpec, Issued, Secret, certificate};
use trueup::step::{Client, Follow, Request, Response, Tls};

const LIMIT: Duration = Duration::from_secs(5);

/// Tells what it heard; leads on where it is asked to; holds its tongue at `/silence`.
async fn serve(
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let path = head.uri.path();
    if path == "/silence" {
        std::future::pending::<()>().await;
    }
    let mut answer = hyper::Response::builder().header("X-Seen", "yes");
    if path == "/round" {
        answer = answer.status(302).header("Location", "round");
    }
    if let Some(place) = path.strip_prefix("/to/") {
        let place = place.replace('_', "/");
        answer = answer.status(302).header("Location", place);
    }
    let header = |name: &str| {
        let value = head.headers.get(name).map(|value| value.to_str());
        value.and_then(Result::ok).unwrap_or("-").to_owned()
    };
    let text = format!(
        "{} {} host={} auth={} type={} body={}",
        head.method,
        head.uri,
        header("host"),
        header("authorization"),
        header("content-type"),
        String::from_utf8_lossy(&body)
    );
    Ok(answer
        .body(Full::new(Bytes::from(text)))
        .expect("an answer"))
}

/// Starts the server; answers with its port.
async fn server(tls: Option<rustls::ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let serving = hyper::server::conn::http1::Builder::new();
                // A client that went away is no matter of the server's.
                let _ = match tls {
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => {
                            serving
                                .serve_connection(TokioIo::new(stream), service_fn(serve))
                                .await
                        }
                        Err(_) => Ok(()),
                    },
                    None => {
                        serving
                            .serve_connection(TokioIo::new(stream), service_fn(serve))
                            .await
                    }
                };
            });
        }
    });
    port
}

fn issued(folder: &Path, name: &str, sans: &[&str]) -> Issued {
    let sans: BTreeSet<String> = sans.iter().map(|san| (*san).to_owned()).collect();
    let spec = CertificateSpec {
        name: name.to_owned(),
        client: true,
        server: true,
        sans,
        days: 10,
    };
    certificate(folder, &spec, true).expect("a certificate")
}

/// A server's TLS; `mutual` wants to know who asks.
fn speaking(own: &Issued, mutual: bool) -> rustls::ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = if mutual {
        let mut roots = rustls::RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(own.ca.as_bytes()).expect("a CA");
        roots.add(ca).expect("a root");
        let verifier =
            rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .expect("a verifier");
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let chain = vec![CertificateDer::from_pem_slice(own.cert.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(own.key.reveal().as_bytes()).expect("a key");
    builder.with_single_cert(chain, key).expect("a server")
}

fn trusting(own: &Issued) -> Tls {
    Tls {
        ca: own.ca.clone(),
        ..Tls::default()
    }
}

fn get(url: &str, tls: Tls) -> Request {
    Request::new("GET", url, tls, LIMIT)
}

async fn answered(request: &Request) -> Response {
    send(Via::Here, request)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn refused(request: &Request) -> String {
    match send(Via::Here, request).await {
        Ok(response) => panic!("it answered: {response:?}"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_request_says_what_it_was_told_to_say() {
    let port = server(None).await;
    let mut request = get(&format!("http://127.0.0.1:{port}/a?b=c#d"), Tls::default())
        .header("Authorization", Secret::new("Basic eDp5"))
        .json(&serde_json::json!({ "a": 1 }));
    "PATCH".clone_into(&mut request.method);
    let response = answered(&request).await;
    assert_eq!(response.header("x-seen"), Some("yes"));
    assert_eq!(
        (response.status, response.text()),
        (
            200,
            format!(
                "PATCH /a?b=c host=127.0.0.1:{port} auth=Basic eDp5 type=application/json body={{\"a\":1}}"
            )
        )
    );
}

#[tokio::test]
async fn an_answer_is_bounded_in_time_and_size() {
    let port = server(None).await;
    let mut request = get(&format!("http://127.0.0.1:{port}/silence"), Tls::default());
    request.limit = Duration::from_millis(300);
    let begun = Instant::now();
    let words = refused(&request).await;
    assert!(words.ends_with("no answer within 0.3 s"), "{words}");
    assert!(begun.elapsed() < LIMIT);
    let mut request = get(&format!("http://127.0.0.1:{port}/"), Tls::default());
    request.most = 10;
    let words = refused(&request).await;
    assert!(
        words.ends_with("its answer has more than 10 bytes"),
        "{words}"
    );
}

#[tokio::test]
async fn what_opens_one_door_is_not_shown_at_another() {
    let (near, far) = (server(None).await, server(None).await);
    let to = |place: &str| {
        let url = format!("http://127.0.0.1:{near}/to/{place}");
        let mut request = get(&url, Tls::default()).header("Authorization", Secret::new("x"));
        request.follow = Follow::Safe;
        request
    };
    let same = answered(&to("_here")).await;
    assert!(
        same.text().contains("GET /here ") && same.text().contains("auth=x"),
        "{same:?}"
    );
    let other = answered(&to(&format!("http:__127.0.0.1:{far}_there"))).await;
    assert!(other.text().contains("auth=-"), "{other:?}");
    assert_eq!(other.url, format!("http://127.0.0.1:{far}/there"));
    let mut post = to("_here");
    "POST".clone_into(&mut post.method);
    assert_eq!(answered(&post).await.status, 302);
    post.follow = Follow::Always;
    assert!(answered(&post).await.text().starts_with("GET /here "));
    let words = refused(&to("_round")).await;
    assert!(
        words.ends_with("it leads on and on: 10 redirections"),
        "{words}"
    );
}

#[tokio::test]
async fn only_a_server_whom_the_ca_knows_by_this_name_is_talked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = issued(&folder.path().join("own"), "server", &["127.0.0.1"]);
    let other = issued(&folder.path().join("other"), "server", &["127.0.0.1"]);
    let url = format!(
        "https://127.0.0.1:{}/",
        server(Some(speaking(&own, false))).await
    );
    assert_eq!(answered(&get(&url, trusting(&own))).await.status, 200);
    let words = refused(&get(&url, trusting(&other))).await;
    assert!(words.starts_with("no TLS with 127.0.0.1:"), "{words}");
    let words = refused(&get(&url, Tls::default())).await;
    assert!(words.contains("the CA holds no certificate"), "{words}");
    let unverified = Tls {
        unverified: true,
        ..Tls::default()
    };
    assert_eq!(answered(&get(&url, unverified)).await.status, 200);

    let elsewhere = issued(&folder.path().join("own"), "elsewhere", &["10.0.0.1"]);
    let url = format!(
        "https://127.0.0.1:{}/",
        server(Some(speaking(&elsewhere, false))).await
    );
    let words = refused(&get(&url, trusting(&own))).await;
    assert!(words.contains("not valid for name"), "{words}");
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_asks_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = issued(folder.path(), "server", &["127.0.0.1"]);
    let client = issued(folder.path(), "client", &["client"]);
    let url = format!(
        "https://127.0.0.1:{}/",
        server(Some(speaking(&own, true))).await
    );
    let known = Tls {
        client: Some(Client {
            certificate: client.cert,
            key: client.key,
        }),
        ..trusting(&own)
    };
    assert_eq!(answered(&get(&url, known.clone())).await.status, 200);
    let words = refused(&get(&url, trusting(&own))).await;
    assert!(words.contains("CertificateRequired"), "{words}");
    let broken = Tls {
        client: known.client.map(|client| Client {
            key: Secret::new("no key"),
            ..client
        }),
        ..trusting(&own)
    };
    let words = refused(&get(&url, broken)).await;
    assert!(words.contains("can't read the client key"), "{words}");
}

#[tokio::test]
async fn a_host_s_own_sshd_opens_the_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = issued(folder.path(), "server", &["127.0.0.1"]);
    let port = server(Some(speaking(&own, false))).await;
    let sshd = Sshd::start();
    let remote = connect(&sshd.target()).await.expect("a connection");
    let request = get(&format!("https://127.0.0.1:{port}/"), trusting(&own));
    let response = send(Via::Host(&*remote), &request)
        .await
        .expect("an answer");
    assert_eq!(response.status, 200);

    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let request = get(&format!("http://127.0.0.1:{port}/"), Tls::default());
    let error = send(Via::Host(&*remote), &request)
        .await
        .expect_err("nobody");
    assert!(error.lost().is_none() && error.to_string().contains("nothing answers there"));

    remote.close().await;
    let error: HttpError = send(Via::Host(&*remote), &request)
        .await
        .expect_err("closed");
    assert!(error.lost().is_some(), "{error}");
}
