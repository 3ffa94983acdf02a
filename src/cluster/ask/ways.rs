//! The ways to the servers of a cluster: straight to a port, or through the ssh connection of the
//! host, which all questions to that host share. No answer is data: [`Seen`].

use crate::cluster::reach::Reach;
use crate::cluster::spec::NodeSpec;
use crate::cluster::status::Seen;
use crate::remote::http::{HttpError, Via, send, stream};
use crate::remote::{Remote, RemoteError};
use crate::step::{Request, Response, Tls};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, join_all};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

/// How long a direct connection may take, before only the way through ssh is left.
pub(super) const DIRECT: Duration = Duration::from_secs(2);
/// How long a direct connection is given before ssh is tried beside it.
const HEAD_START: Duration = Duration::from_millis(700);
/// How long the ssh connection of a host may take.
const SSH: Duration = Duration::from_secs(5);
/// How long a server may take to let us in, and to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// How long an answer to a word may be.
const MOST: u64 = 64 * 1024;

type Opened = Result<Arc<dyn Remote>, String>;

/// The ways to the servers of a cluster.
pub(in crate::cluster) struct Ways<'a> {
    reach: &'a dyn Reach,
    tls: Option<&'a Tls>,
    /// One connection a host, which goes on opening whoever of those that wait for it gives up.
    hosts: Mutex<HashMap<String, Shared<BoxFuture<'a, Opened>>>>,
}

/// A server, and how it is reached.
pub(in crate::cluster) struct Server<'a> {
    /// The name of its host in the inventory.
    pub name: &'a str,
    /// Where it listens in the cluster's network.
    pub address: &'a str,
    /// Where its own host reaches it.
    pub at_home: &'a str,
    /// Its port.
    pub port: u16,
}

/// A server that can't be asked, in the words of a [`Seen`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silent {
    /// Its host can be reached, and nothing listens there.
    Down(String),
    /// Something listens and does not answer what was asked.
    Refused(String),
    /// Its host can't be reached.
    Unreachable(String),
}

impl<'a> Server<'a> {
    /// The PostgreSQL of a node.
    pub(in crate::cluster) fn node(node: &'a NodeSpec) -> Self {
        Self {
            name: &node.name,
            address: &node.address,
            // Its pg_hba.conf lets in whoever came through its own sshd.
            at_home: "127.0.0.1",
            port: node.port,
        }
    }
}

impl Silent {
    /// Why it can't be asked.
    pub fn words(&self) -> &str {
        match self {
            Self::Down(why) | Self::Refused(why) | Self::Unreachable(why) => why,
        }
    }

    pub(super) fn seen<T>(self) -> Seen<T> {
        match self {
            Self::Down(why) => Seen::Down { why },
            Self::Refused(why) => Seen::Refused { why },
            Self::Unreachable(why) => Seen::Unreachable { why },
        }
    }

    /// The tunnel to the server could not be had.
    pub(super) fn tunnel(error: RemoteError) -> Self {
        match error {
            RemoteError::Connect { why, .. } => Self::Down(why),
            error => Self::Unreachable(error.to_string()),
        }
    }

    fn http(error: HttpError) -> Self {
        match error {
            HttpError::Remote(error) => Self::tunnel(error),
            HttpError::TimedOut { limit, .. } => {
                Self::Refused(format!("no answer within {} s", limit.as_secs()))
            }
            error => Self::Refused(error.to_string()),
        }
    }
}

/// What an answer came to.
pub(super) fn seen<T>(answer: Result<T, Silent>) -> Seen<T> {
    match answer {
        Ok(answer) => Seen::Up {
            answer: Box::new(answer),
        },
        Err(silent) => silent.seen(),
    }
}

impl<'a> Ways<'a> {
    /// Ways that have not been gone yet.
    pub(in crate::cluster) fn new(reach: &'a dyn Reach, tls: Option<&'a Tls>) -> Self {
        Self {
            reach,
            tls,
            hosts: Mutex::default(),
        }
    }

    /// By which certificates servers are known, if the cluster has its own.
    pub(super) fn tls(&self) -> Option<&'a Tls> {
        self.tls
    }

    /// The ssh connection of a host, opened when it is first needed.
    pub(super) async fn host(&self, name: &str) -> Result<Arc<dyn Remote>, Silent> {
        let opening = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            let open = || opened(self.reach, name.to_owned()).boxed().shared();
            hosts.entry(name.to_owned()).or_insert_with(open).clone()
        };
        opening.await.map_err(Silent::Unreachable)
    }

    /// What `direct` comes to within its limit; meanwhile, when it takes long, the ssh connection
    /// is opened, which is the next way.
    pub(super) async fn first<T, E>(
        &self,
        name: &str,
        direct: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        let direct = async { timeout(DIRECT, direct).await.ok()?.ok() };
        let beside = async {
            sleep(HEAD_START).await;
            let _ = self.host(name).await;
            std::future::pending().await
        };
        tokio::select! {
            answer = direct => answer,
            never = beside => never,
        }
    }

    /// Makes an HTTPS request to a server.
    pub(super) async fn http(
        &self,
        server: &Server<'_>,
        method: &str,
        path: &str,
        dress: impl Fn(Request) -> Request,
    ) -> Result<Response, Silent> {
        let tls = self.certificates(server).await?;
        let request = |host: &str, limit: Duration| {
            let host = if host.contains(':') {
                format!("[{host}]")
            } else {
                host.to_owned()
            };
            let url = format!("https://{host}:{}{path}", server.port);
            dress(Request::new(method, url, tls.clone(), limit))
        };
        let direct = request(server.address, DIRECT);
        // Boxed, since several of them are waited for at once.
        let sent = Box::pin(send(Via::Here, &direct));
        if let Some(response) = self.first(server.name, sent).await {
            return Ok(response);
        }
        let remote = self.host(server.name).await?;
        let request = request(server.at_home, ANSWER);
        let sent = Box::pin(send(Via::Host(&*remote), &request));
        sent.await.map_err(Silent::http)
    }

    /// What a server says, over TLS, to a word; it hangs up behind its answer.
    pub(super) async fn answer_to(
        &self,
        server: &Server<'_>,
        word: &str,
    ) -> Result<String, Silent> {
        let tls = self.certificates(server).await?;
        let direct = answer(Via::Here, server.address, server.port, tls, word);
        if let Some(answer) = self.first(server.name, direct).await {
            return Ok(answer);
        }
        let remote = self.host(server.name).await?;
        let answer = answer(Via::Host(&*remote), server.at_home, server.port, tls, word);
        match timeout(ANSWER, answer).await {
            Ok(answer) => answer.map_err(Silent::http),
            Err(_) => Err(Silent::Refused(format!(
                "no answer within {} s",
                ANSWER.as_secs()
            ))),
        }
    }

    /// Whether a server that answered at home listens on its address in the cluster's network too.
    pub(in crate::cluster) async fn listens(&self, server: &Server<'_>) -> Option<bool> {
        let direct = stream(Via::Here, server.address, server.port, None, DIRECT);
        if self.first(server.name, direct).await.is_some() {
            return Some(true);
        }
        let remote = self.host(server.name).await.ok()?;
        match remote.tunnel(server.address, server.port, ANSWER).await {
            Ok(_) => Some(true),
            Err(RemoteError::Connect { .. }) => Some(false),
            Err(_) => None,
        }
    }

    /// By which certificates `server` is known; without them it is known at least whether it runs.
    async fn certificates(&self, server: &Server<'_>) -> Result<&'a Tls, Silent> {
        if let Some(tls) = self.tls {
            return Ok(tls);
        }
        let remote = self.host(server.name).await?;
        let tunnel = remote.tunnel(server.at_home, server.port, ANSWER).await;
        tunnel.map_err(Silent::tunnel)?;
        Err(Silent::Refused(
            "the CA of its certificate is not kept here: `trueup apply` on this machine keeps it"
                .to_owned(),
        ))
    }

    /// Closes all connections.
    pub(in crate::cluster) async fn close(self) {
        let hosts = self
            .hosts
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let open = hosts
            .values()
            .filter_map(|opening| opening.peek()?.as_ref().ok());
        join_all(open.map(|remote| remote.close())).await;
    }
}

async fn opened(reach: &dyn Reach, name: String) -> Opened {
    match timeout(SSH, reach.connect(&name)).await {
        Ok(Ok(remote)) => Ok(Arc::from(remote)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("ssh: no answer within {} s", SSH.as_secs())),
    }
}

async fn answer(
    via: Via<'_>,
    host: &str,
    port: u16,
    tls: &Tls,
    word: &str,
) -> Result<String, HttpError> {
    let mut stream = stream(via, host, port, Some(tls), ANSWER).await?;
    let broken = |error: std::io::Error| HttpError::Broken {
        server: format!("{host}:{port}"),
        why: error.to_string(),
    };
    stream.write_all(word.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut answer = Vec::new();
    // A peer that ends without TLS's farewell has still said all that it had to say.
    match stream.take(MOST).read_to_end(&mut answer).await {
        Err(error) if answer.is_empty() => Err(broken(error)),
        _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
    }
}
