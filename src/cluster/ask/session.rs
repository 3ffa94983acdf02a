//! A session with a PostgreSQL server or pgpool: straight to its port, or through the ssh
//! connection of its host. No answer is data: [`Seen`].

use super::ways::{ANSWER, Server, Silent, Ways, seen};
use crate::cluster::spec::{Login, NodeSpec};
use crate::cluster::status::Seen;
use crate::remote::{Remote, Tunnel, tls_config};
use crate::step::Tls;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Asks `server` by `question`, first directly when a CA is known, else through its host.
pub(in crate::cluster) async fn ask<T>(
    ways: &Ways<'_>,
    server: &Server<'_>,
    login: &Login,
    question: impl AsyncFn(&Client) -> Result<T, String>,
) -> Seen<T> {
    let tls = match ways.tls().map(tls_config).transpose() {
        Ok(config) => config.map(MakeRustlsConnect::new),
        Err(error) => return Silent::Refused(error.to_string()).seen(),
    };
    if let Some(tls) = &tls {
        let attempt = async {
            let client = directly(server, login, tls).await.map_err(|_| ())?;
            question(&client).await.map_err(|_| ())
        };
        if let Some(answer) = ways.first(server.name, attempt).await {
            return seen(Ok(answer));
        }
    }
    seen(through_host(ways, server, login, tls, question).await)
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
    ways: &Ways<'_>,
    server: &Server<'_>,
    login: &Login,
    tls: Option<MakeRustlsConnect>,
    question: impl AsyncFn(&Client) -> Result<T, String>,
) -> Result<T, Silent> {
    let remote = ways.host(server.name).await?;
    let client = opened(&*remote, server, login, tls).await?;
    match timeout(ANSWER, question(&client)).await {
        Ok(answer) => answer.map_err(Silent::Refused),
        Err(_) => Err(Silent::Refused(format!(
            "no answer within {} s",
            ANSWER.as_secs()
        ))),
    }
}

/// Opens a session with the PostgreSQL of a node through the ssh connection of its host. It lives
/// as long as the client does.
pub async fn session(
    remote: &dyn Remote,
    node: &NodeSpec,
    login: &Login,
    tls: Option<&Tls>,
) -> Result<Client, Silent> {
    let tls = tls
        .map(tls_config)
        .transpose()
        .map_err(|error| Silent::Refused(error.to_string()))?;
    let tls = tls.map(MakeRustlsConnect::new);
    opened(remote, &Server::node(node), login, tls).await
}

async fn opened(
    remote: &dyn Remote,
    server: &Server<'_>,
    login: &Login,
    tls: Option<MakeRustlsConnect>,
) -> Result<Client, Silent> {
    let tunnel = remote.tunnel(server.at_home, server.port, ANSWER).await;
    let tunnel = tunnel.map_err(Silent::tunnel)?;
    let login = login_over(Stream(tunnel), config(login), server.at_home, tls);
    timeout(ANSWER, login)
        .await
        .map_err(|_| Silent::Refused(format!("no login within {} s", ANSWER.as_secs())))?
}

/// A tunnel under a name of its own: with the trait object in their type, the driver's futures
/// can't be shown to move between threads.
struct Stream(Box<dyn Tunnel>);

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

async fn login_over(
    tunnel: Stream,
    mut config: Config,
    at_home: &str,
    tls: Option<MakeRustlsConnect>,
) -> Result<Client, Silent> {
    // The tunnel's end is already known by its host key; binding to it adds nothing.
    config
        .ssl_mode(SslMode::Prefer)
        .channel_binding(ChannelBinding::Disable);
    let client = match tls {
        Some(mut tls) => {
            let tls = MakeTlsConnect::<Stream>::make_tls_connect(&mut tls, at_home)
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
    Silent::Refused(error_text(&error))
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<io::Error>)
}

/// What the server said, or what is wrong below it.
pub fn error_text(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
