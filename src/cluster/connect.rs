//! A session with a PostgreSQL server or pgpool: straight to its port, or through the ssh
//! connection of its host. No answer is data: [`Seen`].

use super::reach::Reach;
use super::spec::Login;
use super::status::Seen;
use crate::remote::{RemoteError, Tunnel};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a direct connection may take, before the way through ssh is tried.
const DIRECT: Duration = Duration::from_secs(2);
/// How long the ssh connection of a host may take.
const SSH: Duration = Duration::from_secs(6);
/// How long a server may take to let us in, and to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A server, and how it is reached.
pub(super) struct Server<'a> {
    /// The name in the inventory.
    pub name: &'a str,
    /// Where it listens in the cluster's network.
    pub address: &'a str,
    /// Where its own host reaches it.
    pub at_home: &'a str,
    /// Its port.
    pub port: u16,
}

/// A server that can't be asked, in the words of a [`Seen`].
enum Silent {
    Down(String),
    Refused(String),
    Unreachable(String),
}

impl Silent {
    fn seen<T>(self) -> Seen<T> {
        match self {
            Self::Down(why) => Seen::Down { why },
            Self::Refused(why) => Seen::Refused { why },
            Self::Unreachable(why) => Seen::Unreachable { why },
        }
    }
}

/// Asks `server` by `question`, first directly when a CA is known, else through its host.
pub(super) async fn ask<T>(
    server: &Server<'_>,
    login: &Login,
    ca: Option<&[u8]>,
    reach: &dyn Reach,
    question: impl AsyncFn(&Client) -> Result<T, String>,
) -> Seen<T> {
    let tls = match ca.map(connector).transpose() {
        Ok(tls) => tls,
        Err(why) => return Seen::Refused { why },
    };
    if let Some(tls) = &tls {
        let attempt = timeout(DIRECT, directly(server, login, tls)).await;
        if let Ok(Ok(client)) = attempt
            && let Ok(Ok(answer)) = timeout(ANSWER, question(&client)).await
        {
            return Seen::Up {
                answer: Box::new(answer),
            };
        }
    }
    match through_host(server, login, tls, reach, question).await {
        Ok(answer) => Seen::Up {
            answer: Box::new(answer),
        },
        Err(silent) => silent.seen(),
    }
}

fn config(login: &Login) -> Config {
    let mut config = Config::new();
    config
        .user(&login.user)
        .dbname(&login.database)
        .application_name("trueup status")
        .options("-c statement_timeout=5s");
    if let Some(password) = &login.password {
        config.password(password.reveal());
    }
    config
}

/// TLS that trusts the cluster's own CA alone.
fn connector(ca: &[u8]) -> Result<MakeRustlsConnect, String> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca) {
        let certificate = certificate.map_err(|error| format!("can't read the CA: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("can't use the CA: {error}"))?;
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("can't use TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

async fn directly(
    server: &Server<'_>,
    login: &Login,
    tls: &MakeRustlsConnect,
) -> Result<Client, tokio_postgres::Error> {
    let mut config = config(login);
    config
        .host(server.address)
        .port(server.port)
        .ssl_mode(SslMode::Require);
    let (client, connection) = config.connect(tls.clone()).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn through_host<T>(
    server: &Server<'_>,
    login: &Login,
    tls: Option<MakeRustlsConnect>,
    reach: &dyn Reach,
    question: impl AsyncFn(&Client) -> Result<T, String>,
) -> Result<T, Silent> {
    let unreachable = |error: RemoteError| Silent::Unreachable(error.to_string());
    let remote = timeout(SSH, reach.connect(server.name))
        .await
        .map_err(|_| Silent::Unreachable(format!("ssh: no answer within {} s", SSH.as_secs())))?
        .map_err(unreachable)?;
    let answer = async {
        let tunnel = match remote.tunnel(server.at_home, server.port, ANSWER).await {
            Ok(tunnel) => tunnel,
            Err(RemoteError::Connect { why, .. }) => return Err(Silent::Down(why)),
            Err(error) => return Err(unreachable(error)),
        };
        let client = timeout(ANSWER, login_over(tunnel, server, login, tls))
            .await
            .map_err(|_| Silent::Refused(format!("no login within {} s", ANSWER.as_secs())))??;
        match timeout(ANSWER, question(&client)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(why)) => Err(Silent::Refused(why)),
            Err(_) => Err(Silent::Refused(format!(
                "no answer within {} s",
                ANSWER.as_secs()
            ))),
        }
    }
    .await;
    remote.close().await;
    answer
}

async fn login_over(
    tunnel: Box<dyn Tunnel>,
    server: &Server<'_>,
    login: &Login,
    tls: Option<MakeRustlsConnect>,
) -> Result<Client, Silent> {
    let mut config = config(login);
    // The tunnel's end is already known by its host key; binding to it adds nothing.
    config
        .ssl_mode(SslMode::Prefer)
        .channel_binding(ChannelBinding::Disable);
    let client = match tls {
        Some(mut tls) => {
            let tls = MakeTlsConnect::<Box<dyn Tunnel>>::make_tls_connect(&mut tls, server.at_home)
                .map_err(|error| Silent::Refused(error.to_string()))?;
            let (client, connection) = config.connect_raw(tunnel, tls).await.map_err(silent)?;
            tokio::spawn(connection);
            client
        }
        None => {
            let (client, connection) = config.connect_raw(tunnel, NoTls).await.map_err(silent)?;
            tokio::spawn(connection);
            client
        }
    };
    Ok(client)
}

#[allow(clippy::needless_pass_by_value)] // It is what map_err gives.
fn silent(error: tokio_postgres::Error) -> Silent {
    if error.as_db_error().is_none() && (error.is_closed() || is_io(&error)) {
        return Silent::Down("the connection was closed at once".to_owned());
    }
    Silent::Refused(said(&error))
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// What the server said, or what is wrong below it.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
