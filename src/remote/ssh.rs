//! A connection over ssh. With its neighbours `auth` and `checker` it is all that speaks to russh.

use super::checker::{Checker, Shared, configuration};
use super::endpoint::{Endpoint, Way};
use super::known_hosts::KnownHost;
use super::over::{self, Over};
use super::overheard::{First, Overheard, shown};
use super::patience::{Refused, patiently};
use super::pool::lock;
use super::wire::{Connecting, Event, Pipe, Refusal, Wire};
use super::{RemoteError, Tunnel, auth, way};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use russh::client::{self, Handle, Msg};
use russh::{ChannelMsg, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf, Disconnect, Sig};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long logging in may take: hosts that ask a directory server are slow.
const LOGIN_LIMIT: Duration = Duration::from_secs(30);
/// How many times the time of one connection a server may go on refusing them.
const PATIENCE: u32 = 6;
/// How many pieces of what a session says may wait to be taken, and for how long.
const HEARD: usize = 64;
const UNHEARD: Duration = Duration::from_secs(10);
/// How long a host may take to open a session on a connection that stands.
const SESSION_LIMIT: Duration = Duration::from_secs(30);

/// A connection over ssh.
pub(super) struct Ssh {
    session: Handle<Checker>,
    /// `user@host:port`, for messages.
    target: String,
    ended: Shared,
    endpoint: Endpoint,
    /// The connection that this one goes over.
    _over: Option<Over>,
}

/// A session in which nobody is logged in.
struct Greeted {
    handle: Handle<Checker>,
    ended: Shared,
}

impl Ssh {
    /// Connects, checks the host's key and logs in; over other hosts where the way leads there.
    pub fn connect(endpoint: &Endpoint) -> BoxFuture<'_, Result<Self, RemoteError>> {
        Box::pin(async move {
            let over = match &endpoint.way {
                Way::Over(jump) => Some(over::shared(jump, Self::wire).await?),
                Way::Straight | Way::Command(_) => None,
            };
            // Of a command it can't be told from outside whether it will ever work.
            let limit = match &endpoint.way {
                Way::Command(_) => endpoint.limit,
                Way::Straight | Way::Over(_) => endpoint.limit * PATIENCE,
            };
            let target = format!("{}:{}", endpoint.host, endpoint.port);
            let mut session = patiently(&target, limit, || {
                Self::greeted(endpoint, &target, over.as_ref())
            })
            .await?;
            timeout(LOGIN_LIMIT, auth::log_in(&mut session.handle, endpoint))
                .await
                .unwrap_or_else(|_| {
                    let words = format!("logging in took longer than {} s", LOGIN_LIMIT.as_secs());
                    Err(RemoteError::Auth(format!("{target}: {words}")))
                })?;
            Ok(Self {
                session: session.handle,
                target: format!("{}@{target}", endpoint.user),
                ended: session.ended,
                endpoint: endpoint.clone(),
                _over: over,
            })
        })
    }

    fn wire(endpoint: &Endpoint) -> Connecting<'_> {
        Box::pin(async move {
            let ssh = Self::connect(endpoint).await?;
            Ok(Box::new(ssh) as Box<dyn Wire>)
        })
    }

    /// A session with the host's sshd whose key is the right one; nobody is logged in.
    async fn greeted(
        endpoint: &Endpoint,
        target: &str,
        over: Option<&Over>,
    ) -> Result<Greeted, Refused> {
        let known = KnownHost::read(endpoint);
        let config = Arc::new(configuration(&known));
        let (refusal, ended, first) = (Shared::default(), Shared::default(), First::default());
        let checker = Checker::new(known, refusal.clone(), ended.clone());
        let failed = |why: String| RemoteError::Connect {
            target: target.to_owned(),
            why,
        };
        let connecting = async {
            let stream = match over.and_then(|over| over.get()) {
                Some(Ok(jump)) => {
                    jump.tunnel(&endpoint.host, endpoint.port, endpoint.limit)
                        .await?
                }
                _ => way::stream(endpoint).await.map_err(failed)?,
            };
            let stream = Overheard::new(stream, first.clone());
            let connected = client::connect_stream(config, stream, checker).await;
            connected.map_err(|error| match lock(&refusal).take() {
                Some(words) => Refused::Final(RemoteError::HostKey(words)),
                None => refused(&error, &first, lock(&ended).take(), failed),
            })
        };
        let limit = endpoint.limit;
        let handle = timeout(limit, connecting).await.unwrap_or_else(|_| {
            first.enough();
            let words = format!(
                "no answer within {} s: is the host up, and the address and port right?",
                limit.as_secs()
            );
            Err(failed(words).into())
        })?;
        Ok(Greeted { handle, ended })
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
        let (events, mut heard) = mpsc::channel(HEARD);
        tokio::spawn(channel.hear(events));
        Ok(Pipe {
            input,
            output: stream::poll_fn(move |context| heard.poll_recv(context)).boxed(),
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

    fn another(&self) -> Connecting<'_> {
        Self::wire(&self.endpoint)
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

/// What a failure before the login means: a peer that closes may be too busy, one that says
/// something else than ssh is none, and with one that speaks it otherwise than we do, or ends it
/// with words, it is final.
fn refused(
    error: &russh::Error,
    first: &First,
    ended: Option<String>,
    failed: impl Fn(String) -> RemoteError,
) -> Refused {
    let closed = match error {
        russh::Error::Disconnect | russh::Error::HUP => true,
        russh::Error::IO(error) => matches!(
            error.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        ),
        _ => false,
    };
    // What we say of an end that came without words is no word of the server.
    if let Some(words) = ended.filter(|words| closed && *words != error.to_string()) {
        return Refused::Final(failed(format!("its sshd ends the connection: {words}")));
    }
    let said = first.words();
    // The words of OpenSSH's sshd: of MaxStartups, and of PerSourcePenalties.
    let busy =
        |said: &str| said.contains("MaxStartups") || said.contains("Not allowed at this time");
    match said {
        said if closed && (first.is_ssh() || said.as_deref().is_none_or(busy)) => {
            Refused::Closed(said)
        }
        Some(said) if !first.is_ssh() => Refused::Final(failed(format!(
            "that is no sshd, it says `{said}`: is the port right?"
        ))),
        _ => Refused::Final(failed(match error {
            russh::Error::NoCommonAlgo { kind, theirs, .. } => format!(
                "it offers nothing that is safe as its {kind:?}, but only {}",
                shown(&theirs.join(", "))
            ),
            error => format!("it does not speak ssh with us: {error}"),
        })),
    }
}

/// A session's channel, closed when it is dropped.
struct Open {
    hearing: ChannelReadHalf,
    speaking: Option<ChannelWriteHalf<Msg>>,
    ended: Shared,
}

impl Open {
    /// Hands over what comes. Words that nobody takes would hold up all other channels of the
    /// connection, and of those that go over it: such a channel is closed.
    async fn hear(mut self, events: mpsc::Sender<Event>) {
        loop {
            let event = tokio::select! {
                event = self.event() => event,
                () = events.closed() => None,
            };
            let Some(event) = event else { return };
            if !matches!(timeout(UNHEARD, events.send(event)).await, Ok(Ok(()))) {
                return;
            }
        }
    }

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
