//! The table of a cluster under Patroni.

use super::{node, table, word};
use crate::cluster::amount::bytes;
use crate::cluster::status::{
    Asked, ClusterStatus, Etcd, Patroni, PatroniStatus, Proxy, Seen, Store, Zookeeper,
};
use serde_json::Value;

/// The table, and a line for each of what stands around the nodes.
pub(super) fn render(status: &ClusterStatus, around: &PatroniStatus) -> String {
    let mut rows = vec![node::header(&["PATRONI", "TAGS", "RESTART"])];
    for (node, agent) in status.nodes.iter().zip(&around.agents) {
        let mut row = node::row(status, node);
        row.extend(cells(around, agent));
        rows.push(row);
    }
    let mut text = table(&rows);
    text.push('\n');
    match &around.store {
        Store::Etcd(members) => text.push_str(&etcd(members)),
        Store::Zookeeper(servers) => text.push_str(&zookeeper(servers)),
    }
    for proxy in &around.proxies {
        text.push_str(&format!("HAProxy on {}: {}\n", proxy.name, directs(proxy)));
    }
    text
}

/// What Patroni says of a node: its place in the store, its tags, whether it waits for a restart.
fn cells(around: &PatroniStatus, agent: &Asked<Patroni>) -> [String; 3] {
    let members = around.view().map(|view| view.members.as_slice());
    let mut members = members.unwrap_or_default().iter();
    let member = members.find(|member| member.name == agent.name);
    let place = match (member, &agent.seen) {
        (Some(member), Seen::Up { .. }) => {
            format!("{}, {}", member.role.replace('_', " "), member.state)
        }
        (None, Seen::Up { answer }) => answer.postgres.clone(),
        (_, silent) => word(silent).to_owned(),
    };
    let (tags, restart) = agent.seen.answer().map_or_else(
        || ("-".to_owned(), "-"),
        |says| {
            let restart = if says.pending_restart.is_empty() {
                "-"
            } else {
                "pending"
            };
            (tags(says), restart)
        },
    );
    [place, tags, restart.to_owned()]
}

fn tags(says: &Patroni) -> String {
    let told: Vec<String> = says
        .tags
        .iter()
        .filter(|(_, value)| !value.is_null() && **value != false)
        .map(|(name, value)| match value {
            Value::Bool(true) => name.clone(),
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    if told.is_empty() {
        "-".to_owned()
    } else {
        told.join(" ")
    }
}

fn etcd(members: &[Asked<Etcd>]) -> String {
    let answers = || {
        members
            .iter()
            .filter_map(|member| Some((member, member.seen.answer()?)))
    };
    let leader = answers()
        .find(|(_, says)| says.leader.as_deref() == Some(says.id.as_str()))
        .map(|(member, _)| member.name.as_str());
    let size = answers().map(|(_, says)| says.db_bytes).max();
    let size = size.map_or_else(String::new, |size| format!(", {}", bytes(size)));
    counted("etcd", members, leader, &size)
}

fn zookeeper(servers: &[Asked<Zookeeper>]) -> String {
    let leader = servers
        .iter()
        .find(|server| {
            let mode = server.seen.answer().and_then(|says| says.mode.as_deref());
            mode == Some("leader")
        })
        .map(|server| server.name.as_str());
    counted("ZooKeeper", servers, leader, "")
}

/// `etcd: 2 of 3 answer (pg-b is stopped), pg-a leads`
fn counted<T>(what: &str, asked: &[Asked<T>], leader: Option<&str>, further: &str) -> String {
    let silent: Vec<String> = asked
        .iter()
        .filter(|one| one.seen.answer().is_none())
        .map(|one| format!("{} {}", one.name, word(&one.seen)))
        .collect();
    let told = if silent.is_empty() {
        String::new()
    } else {
        format!(" ({})", silent.join(", "))
    };
    let leader = leader.map_or_else(
        || "no leader".to_owned(),
        |leader| format!("{leader} leads"),
    );
    format!(
        "{what}: {} of {} answer{told}, {leader}{further}\n",
        asked.len() - silent.len(),
        asked.len()
    )
}

fn directs(proxy: &Asked<Proxy>) -> String {
    let Some(says) = proxy.seen.answer() else {
        return word(&proxy.seen).to_owned();
    };
    let to = |names: Vec<&str>| {
        if names.is_empty() {
            "nowhere".to_owned()
        } else {
            format!("to {}", names.join(", "))
        }
    };
    format!(
        "writes {}; reads {}",
        to(Proxy::up(&says.writes)),
        to(Proxy::up(&says.reads))
    )
}
