//! The one file that speaks to russh's client: a connection over ssh.

use super::config::Endpoint;
use super::jump::Way;
use super::known_hosts::KnownHost;
use super::pool::lock;
use super::wire::{Event, Pipe, Refusal, Wire};
use super::{RemoteError, Tunnel, auth, way};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use russh::client::{self, Config, DisconnectReason, Handle, Handler, Msg};
use russh::keys::{Algorithm, PublicKeyOrCertificate};
use russh::{
    ChannelMsg, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf, Disconnect, Preferred, Sig,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

/// How often a silent host is asked whether it lives.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(15);
/// How many such questions may stand unanswered before the host counts as lost.
const KEEPALIVES: usize = 2;
/// How long logging in may take: hosts that ask a directory server are slow.
const LOGIN_LIMIT: Duration = Duration::from_secs(30);
/// How long a host may take to open a session on a connection that stands.
const SESSION_LIMIT: Duration = Duration::from_secs(30);

/// A word that russh's task and ours both know.
type Shared = Arc<Mutex<Option<String>>>;

/// Checks the host's key, and hears why the connection ended.
pub(super) struct Checker {
    known: KnownHost,
    refusal: Shared,
    ended: Shared,
}

impl Handler for Checker {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let verdict = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.known.check(key),
            PublicKeyOrCertificate::Certificate(_) => {
                Err("the host shows a certificate, which was not asked for".to_owned())
            }
        };
        let accepted = verdict.is_ok();
        *lock(&self.refusal) = verdict.err();
        Ok(accepted)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let words = match &reason {
            DisconnectReason::ReceivedDisconnect(info) => info.message.clone(),
            DisconnectReason::Error(error) => error.to_string(),
        };
        *lock(&self.ended) = Some(words);
        match reason {
            DisconnectReason::ReceivedDisconnect(_) => Ok(()),
            DisconnectReason::Error(error) => Err(error),
        }
    }
}

/// A connection over ssh.
pub(super) struct Ssh {
    session: Handle<Checker>,
    /// `user@host:port`, for messages.
    target: String,
    ended: Shared,
    /// The connection that this one goes over.
    _over: Option<Box<Self>>,
}

impl Ssh {
    /// Connects, checks the host's key and logs in; over other hosts where the way leads there.
    pub fn connect(endpoint: &Endpoint) -> BoxFuture<'_, Result<Self, RemoteError>> {
        Box::pin(async move {
            let over = match &endpoint.way {
                Way::Over(jump) => Some(Box::new(Self::connect(jump).await?)),
                Way::Straight | Way::Command(_) => None,
            };
            Self::connect_over(endpoint, over).await
        })
    }

    async fn connect_over(
        endpoint: &Endpoint,
        over: Option<Box<Self>>,
    ) -> Result<Self, RemoteError> {
        let target = format!("{}:{}", endpoint.host, endpoint.port);
        let known = KnownHost::read(endpoint);
        let config = Arc::new(configuration(&known));
        let (refusal, ended) = (Shared::default(), Shared::default());
        let checker = Checker {
            known,
            refusal: refusal.clone(),
            ended: ended.clone(),
        };
        let failed = |why: String| RemoteError::Connect {
            target: target.clone(),
            why,
        };
        let connecting = async {
            let stream = match &over {
                Some(jump) => {
                    jump.tunnel(&endpoint.host, endpoint.port, endpoint.limit)
                        .await?
                }
                None => way::stream(endpoint).await.map_err(failed)?,
            };
            client::connect_stream(config, stream, checker)
                .await
                .map_err(|error| match lock(&refusal).take() {
                    Some(words) => RemoteError::HostKey(words),
                    None => failed(format!("it does not speak ssh with us: {error}")),
                })
        };
        let limit = endpoint.limit;
        let mut session = timeout(limit, connecting).await.unwrap_or_else(|_| {
            let words = format!(
                "no answer within {} s: is the host up, and the address and port right?",
                limit.as_secs()
            );
            Err(failed(words))
        })?;
        timeout(LOGIN_LIMIT, auth::log_in(&mut session, endpoint))
            .await
            .unwrap_or_else(|_| {
                let words = format!("logging in took longer than {} s", LOGIN_LIMIT.as_secs());
                Err(RemoteError::Auth(format!("{target}: {words}")))
            })?;
        Ok(Self {
            session,
            target: format!("{}@{target}", endpoint.user),
            ended,
            _over: over,
        })
    }

    async fn start(&self, command: &str) -> Result<Pipe, Refusal> {
        let opening = async {
            let channel = self.session.channel_open_session().await?;
            channel.exec(false, command).await?;
            Ok::<_, russh::Error>(channel)
        };
        let channel = match timeout(SESSION_LIMIT, opening).await {
            Ok(Ok(channel)) => channel,
            Ok(Err(error @ russh::Error::ChannelOpenFailure(_))) => {
                return Err(Refusal::Busy(error.to_string()));
            }
            Ok(Err(error)) => return Err(Refusal::Gone(self.lost_with(&error.to_string()))),
            Err(_) => return Err(Refusal::Gone(self.lost_with("it opens no session"))),
        };
        let (hearing, speaking) = channel.split();
        let input = Box::new(speaking.make_writer());
        let channel = Open {
            hearing,
            speaking: Some(speaking),
            ended: self.ended.clone(),
        };
        let output = stream::unfold(channel, |mut channel| async move {
            let event = channel.event().await?;
            Some((event, channel))
        });
        Ok(Pipe {
            input,
            output: output.boxed(),
        })
    }

    fn lost_with(&self, why: &str) -> RemoteError {
        self.lost()
            .unwrap_or_else(|| RemoteError::Lost(format!("{}: {why}", self.target)))
    }
}

impl Wire for Ssh {
    fn open<'a>(&'a self, command: &'a str) -> BoxFuture<'a, Result<Pipe, Refusal>> {
        Box::pin(self.start(command))
    }

    fn tunnel<'a>(
        &'a self,
        host: &'a str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'a, Result<Box<dyn Tunnel>, RemoteError>> {
        Box::pin(async move {
            let failed = |why: String| {
                self.lost().unwrap_or_else(|| RemoteError::Connect {
                    target: format!("{host}:{port} from {}", self.target),
                    why,
                })
            };
            let opening = self
                .session
                .channel_open_direct_tcpip(host, port.into(), "127.0.0.1", 0);
            match timeout(limit, opening).await {
                Ok(Ok(channel)) => Ok(Box::new(channel.into_stream()) as Box<dyn Tunnel>),
                Ok(Err(russh::Error::ChannelOpenFailure(why))) => Err(failed(match why {
                    ChannelOpenFailure::ConnectFailed => "nothing answers there".to_owned(),
                    ChannelOpenFailure::AdministrativelyProhibited => {
                        "its sshd forbids it: say AllowTcpForwarding yes in its sshd_config"
                            .to_owned()
                    }
                    other => format!("{other:?}"),
                })),
                Ok(Err(error)) => Err(failed(error.to_string())),
                Err(_) => Err(failed(format!("no answer within {} s", limit.as_secs()))),
            }
        })
    }

    fn lost(&self) -> Option<RemoteError> {
        let ended = lock(&self.ended).clone();
        let closed = || self.session.is_closed().then(|| "it was closed".to_owned());
        let why = ended.or_else(closed)?;
        Some(RemoteError::Lost(format!("{}: {why}", self.target)))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let ending = self
                .session
                .disconnect(Disconnect::ByApplication, "done", "en");
            // Closing is a courtesy: a host that doesn't take it is gone anyway.
            let _ = timeout(Duration::from_secs(1), ending).await;
        })
    }
}

/// A session's channel, closed when it is dropped.
struct Open {
    hearing: ChannelReadHalf,
    speaking: Option<ChannelWriteHalf<Msg>>,
    ended: Shared,
}

impl Open {
    async fn event(&mut self) -> Option<Event> {
        loop {
            let Some(message) = self.hearing.wait().await else {
                // Without a word of closing it was the connection that ended.
                lock(&self.ended).get_or_insert_with(|| "it was cut".to_owned());
                return None;
            };
            match message {
                ChannelMsg::Data { data } => return Some(Event::Out(data.to_vec())),
                ChannelMsg::ExtendedData { data, ext: 1 } => {
                    return Some(Event::Err(data.to_vec()));
                }
                ChannelMsg::ExitStatus { exit_status } => {
                    return Some(Event::Exit(i32::try_from(exit_status).unwrap_or(255)));
                }
                ChannelMsg::ExitSignal { signal_name, .. } => {
                    return Some(Event::Exit(128 + number(&signal_name)));
                }
                ChannelMsg::Close => return None,
                _ => {}
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let (Some(speaking), Ok(runtime)) =
            (self.speaking.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(async move {
                let _ = speaking.close().await;
            });
        }
    }
}

fn number(signal: &Sig) -> i32 {
    match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::USR1 => 10,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        Sig::Custom(_) => 127,
    }
}

fn configuration(known: &KnownHost) -> Config {
    let mut algorithms = Preferred::DEFAULT.key.into_owned();
    let wanted = known.algorithms();
    // As OpenSSH does: a host with several keys is asked for one that is known.
    algorithms.sort_by_key(|algorithm| {
        let rsa = |kind: &Algorithm| matches!(kind, Algorithm::Rsa { .. });
        !wanted
            .iter()
            .any(|wanted| algorithm == wanted || (rsa(algorithm) && rsa(wanted)))
    });
    Config {
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: KEEPALIVES,
        nodelay: true,
        preferred: Preferred {
            key: algorithms.into(),
            ..Preferred::DEFAULT
        },
        ..Config::default()
    }
}
