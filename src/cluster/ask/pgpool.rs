//! What pgpool is asked: `SHOW pool_nodes`.

use super::session::error_text;
use crate::cluster::status::{Backend, Pgpool};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

/// Asks the pgpool of this session.
pub(in crate::cluster) async fn question(client: &Client) -> Result<Pgpool, String> {
    let messages = client
        .simple_query("SHOW pool_nodes")
        .await
        .map_err(|error| error_text(&error))?;
    let mut backends = Vec::new();
    for message in &messages {
        if let SimpleQueryMessage::Row(row) = message {
            backends.push(backend(row)?);
        }
    }
    if backends.is_empty() {
        Err("this is no pgpool".to_owned())
    } else {
        Ok(Pgpool { backends })
    }
}

fn backend(row: &SimpleQueryRow) -> Result<Backend, String> {
    let text = |name: &str| {
        row.try_get(name)
            .ok()
            .flatten()
            .map(str::to_owned)
            .ok_or_else(|| format!("SHOW pool_nodes has no {name}"))
    };
    let unread = |name: &str, text: &str| format!("SHOW pool_nodes says {name} {text}");
    let (id, port) = (text("node_id")?, text("port")?);
    Ok(Backend {
        id: id.parse().map_err(|_| unread("node_id", &id))?,
        hostname: text("hostname")?,
        port: port.parse().map_err(|_| unread("port", &port))?,
        status: text("status")?,
        role: text("role")?,
    })
}
