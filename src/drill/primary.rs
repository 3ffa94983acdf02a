//! The primary alone, asked past the proxy: what is there is read where it was written.

use crate::cluster::spec::{ClusterSpec, Login};
use crate::cluster::{self, Reach, Silent};
use crate::diag::Diag;
use crate::remote::Remote;
use futures::future::join_all;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

/// How long the ssh connection to a node may take.
const SSH: Duration = Duration::from_secs(8);
/// How long reading everything may take.
const READING: Duration = Duration::from_secs(600);

/// A session with a node's PostgreSQL, and the connection that it goes through.
pub struct Session {
    /// The node.
    pub node: String,
    client: Client,
    _host: Box<dyn Remote>,
}

/// Opens a session with each node; a node that can't be asked says why.
pub async fn sessions(
    spec: &ClusterSpec,
    reach: &dyn Reach,
    login: &Login,
) -> Vec<(String, Result<Session, Silent>)> {
    let each = spec.nodes.iter().map(|node| async move {
        let open = async {
            let unreachable = |why: String| Silent::Unreachable(why);
            let host = timeout(SSH, reach.connect(&node.name))
                .await
                .map_err(|_| unreachable(format!("ssh: no answer within {} s", SSH.as_secs())))?
                .map_err(|error| unreachable(error.to_string()))?;
            let client = cluster::session(&*host, node, login, spec.tls.as_ref()).await?;
            Ok(Session {
                node: node.name.clone(),
                client,
                _host: host,
            })
        };
        (node.name.clone(), open.await)
    });
    join_all(each).await
}

/// Opens a session with the one primary of the cluster.
pub async fn primary(
    spec: &ClusterSpec,
    reach: &dyn Reach,
    login: &Login,
) -> Result<Session, Diag> {
    let mut found = Vec::new();
    let mut silent = Vec::new();
    for (node, session) in sessions(spec, reach, login).await {
        match session {
            Ok(session) => match session.follows().await {
                Ok(false) => found.push(session),
                Ok(true) => {}
                Err(why) => silent.push(format!("{node}: {why}")),
            },
            Err(why) => silent.push(format!("{node}: {}", why.words())),
        }
    }
    let status = format!("look at `trueup status {}`", spec.arguments);
    match found.len() {
        1 => found.pop().ok_or_else(|| Diag::error("no primary")),
        0 => {
            let mut says = "no node is primary".to_owned();
            if !silent.is_empty() {
                says.push_str(&format!(" ({})", silent.join("; ")));
            }
            Err(Diag::error(says).help(status))
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|session| session.node.as_str()).collect();
            let says = format!("several nodes are primary: {}", names.join(" and "));
            Err(Diag::error(says).help(status))
        }
    }
}

impl Session {
    /// Whether it is a standby.
    pub async fn follows(&self) -> Result<bool, String> {
        let rows = self.rows("select pg_is_in_recovery()").await?;
        Ok(rows.first().and_then(|row| row.get(0)) == Some("t"))
    }

    /// The rows of a statement.
    pub async fn rows(&self, statement: &str) -> Result<Vec<SimpleQueryRow>, String> {
        // All of a table takes longer than a status.
        let words = format!(
            "set statement_timeout = '{}s'; {statement}",
            READING.as_secs()
        );
        let messages = timeout(READING, self.client.simple_query(&words))
            .await
            .map_err(|_| format!("no answer within {} s", READING.as_secs()))?
            .map_err(|error| cluster::error_text(&error))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }
}
