//! The hosts of the cluster, on which a drill acts as root.

use crate::cluster::{HostWords, Reach};
use crate::diag::Diag;
use crate::remote::{Become, Remote, RemoteError};
use crate::step::{Output, Script};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a host may take to let us in.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a script may take that says nothing of that.
const LIMIT: Duration = Duration::from_secs(60);
/// How much longer the answer may be on its way.
const GRACE: Duration = Duration::from_secs(10);

/// The hosts, each with one ssh connection that is opened when it is needed, and again when it was
/// lost: hosts are powered off and cut here.
pub struct Ground {
    reach: Arc<dyn Reach>,
    hosts: HashMap<String, Host>,
}

struct Host {
    who: Become,
    open: Mutex<Option<Arc<dyn Remote>>>,
}

/// As whom a drill acts on a host of which the inventory says `words`: always root, since what it
/// breaks is root's.
pub fn root(words: &HostWords) -> Result<Become, Diag> {
    Ok(Become {
        user: Some("root".to_owned()),
        password: words.become_password()?,
    })
}

impl Ground {
    /// The hosts of these names, and as whom one acts there.
    pub fn new(reach: Arc<dyn Reach>, hosts: impl IntoIterator<Item = (String, Become)>) -> Self {
        let host = |(name, who)| {
            let open = Mutex::default();
            (name, Host { who, open })
        };
        Self {
            reach,
            hosts: hosts.into_iter().map(host).collect(),
        }
    }

    /// How the hosts are connected to.
    pub fn reach(&self) -> &Arc<dyn Reach> {
        &self.reach
    }

    /// Runs a script as root. It must be one that may run twice: where a connection turns out to be
    /// dead, it is opened anew and the script is sent again.
    pub async fn run(&self, name: &str, script: &Script) -> Result<Output, RemoteError> {
        let host = self.hosts.get(name).ok_or_else(|| RemoteError::Connect {
            target: name.to_owned(),
            why: "it is no host of the cluster".to_owned(),
        })?;
        let before = host.open.lock().await.clone();
        if let Some(remote) = before {
            match attempt(name, &*remote, &host.who, script).await {
                Err(RemoteError::Lost(_) | RemoteError::Connect { .. }) => {}
                ended => return ended,
            }
        }
        let remote: Arc<dyn Remote> = match timeout(CONNECT, self.reach.connect(name)).await {
            Ok(connected) => Arc::from(connected?),
            Err(_) => return Err(silent(name, CONNECT)),
        };
        *host.open.lock().await = Some(Arc::clone(&remote));
        attempt(name, &*remote, &host.who, script).await
    }

    /// Runs shell text as root; what it prints, or in words why it did not end well.
    pub async fn sh(&self, name: &str, text: impl Into<String>) -> Result<String, String> {
        let output = self.run(name, &Script::new(text)).await;
        let output = output.map_err(|error| format!("{name}: {error}"))?;
        if output.ok() {
            return Ok(output.out().trim_end().to_owned());
        }
        let said = output.err();
        let said = said.trim();
        let why = if said.is_empty() {
            format!("a script ended with status {}", output.status)
        } else {
            said.to_owned()
        };
        Err(format!("{name}: {why}"))
    }

    /// Closes all connections.
    pub async fn close(&self) {
        for host in self.hosts.values() {
            if let Some(remote) = host.open.lock().await.take() {
                // A host that is gone does not answer the farewell.
                let _ = timeout(GRACE, remote.close()).await;
            }
        }
    }
}

async fn attempt(
    name: &str,
    remote: &dyn Remote,
    who: &Become,
    script: &Script,
) -> Result<Output, RemoteError> {
    let limit = script.limit.unwrap_or(LIMIT);
    let limited = Script {
        limit: Some(limit),
        ..script.clone()
    };
    let ended = timeout(limit + GRACE, remote.run(who, &limited, None)).await;
    ended.unwrap_or_else(|_| Err(silent(name, limit + GRACE)))
}

fn silent(name: &str, limit: Duration) -> RemoteError {
    RemoteError::Lost(format!("{name}: no answer within {} s", limit.as_secs()))
}
