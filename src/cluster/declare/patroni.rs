//! Patroni, its store and the proxies as the inventory declares them.

use super::{HostWords, Hosts, password};
use crate::cluster::spec::{AgentSpec, PatroniSpec, Role, ServerSpec, StoreKind, StoreSpec};
use crate::diag::Diag;
use serde_json::{Map, Value};
use std::path::Path;

pub(super) fn declared(
    hosts: &Hosts,
    databases: &[String],
    kind: StoreKind,
    store: &[String],
    passwords: &Path,
) -> Result<PatroniSpec, Vec<Diag>> {
    let proxies = hosts.members("proxy_group", "proxy")?;
    Ok(PatroniSpec {
        scope: hosts.word("cluster_name", "main")?,
        agents: hosts.each(databases, agent)?,
        store: StoreSpec {
            kind,
            members: hosts.each(store, |name, words| member(kind, name, words))?,
        },
        proxies: hosts.each(&proxies, |name, words| {
            server(name, words, "proxy_stats_port", 7000)
        })?,
        dynamic: dynamic(&hosts.common).map_err(|diag| vec![diag])?,
        watchdog: hosts.word("watchdog", "required")?,
        stats: password("stats", passwords),
    })
}

/// The server of this host on the port that a variable says.
pub(super) fn server(
    name: &str,
    words: &HostWords,
    port: &str,
    default: u16,
) -> Result<ServerSpec, Diag> {
    Ok(ServerSpec {
        name: name.to_owned(),
        address: words.address(name)?,
        port: words.port(port, default)?,
    })
}

fn member(kind: StoreKind, name: &str, words: &HostWords) -> Result<ServerSpec, Diag> {
    let (address, port, default) = match kind {
        StoreKind::Etcd => ("etcd_address", "etcd_client_port", 2379),
        StoreKind::Zookeeper => ("zookeeper_address", "zookeeper_client_port", 2281),
    };
    let member = server(name, words, port, default)?;
    let address = words.text(address)?.unwrap_or(member.address);
    Ok(ServerSpec { address, ..member })
}

fn agent(name: &str, words: &HostWords) -> Result<AgentSpec, Diag> {
    let mut tags = Map::new();
    if words.text("pg_role")?.as_deref().and_then(Role::named) == Some(Role::Asynchronous) {
        tags.insert("nosync".to_owned(), true.into());
    }
    match words.value("patroni_tags")? {
        Some(Value::Object(said)) => tags.extend(said),
        None => {}
        Some(other) => {
            let diag = Diag::error(format!("`patroni_tags` of {name} is {other}"));
            return Err(diag.help("write a mapping, such as {nofailover: true}"));
        }
    }
    Ok(AgentSpec {
        server: server(name, words, "patroni_port", 8008)?,
        tags,
    })
}

/// What the variables mean in Patroni's own keys.
fn dynamic(words: &HostWords) -> Result<Map<String, Value>, Diag> {
    let (ttl, loop_wait, retry_timeout) = match words.or("timings", "default")?.as_str() {
        "fast" => (20, 2, 9),
        _ => (30, 10, 10),
    };
    let defaults: [(&str, Value); 8] = [
        ("synchronous_mode", true.into()),
        ("synchronous_mode_strict", false.into()),
        ("synchronous_node_count", 1.into()),
        ("failsafe_mode", true.into()),
        ("maximum_lag_on_failover", 1_048_576.into()),
        ("ttl", ttl.into()),
        ("loop_wait", loop_wait.into()),
        ("retry_timeout", retry_timeout.into()),
    ];
    let mut dynamic = Map::new();
    for (name, default) in defaults {
        dynamic.insert(name.to_owned(), words.value(name)?.unwrap_or(default));
    }
    Ok(dynamic)
}
