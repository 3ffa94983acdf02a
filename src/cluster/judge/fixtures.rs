//! Answers as a cluster of three nodes and pgpool gives them, to build states from.

use crate::cluster::judge::judge;
use crate::cluster::render::render;
use crate::cluster::spec::{
    ClusterSpec, EntrySpec, Login, NodeSpec, PgpoolSpec, Policy, Role, Topology,
};
use crate::cluster::status::{
    Asked, Backend, ClusterStatus, Node, Pgpool, Postgres, Seen, Slot, Standby, TopologyStatus,
    VERSION,
};
use crate::decide::Lsn;

const NODES: [(&str, Role); 3] = [
    ("pg-a", Role::Primary),
    ("pg-b", Role::Synchronous),
    ("pg-c", Role::Asynchronous),
];

pub(super) fn spec(policy: Policy) -> ClusterSpec {
    let nodes = NODES.map(|(name, role)| NodeSpec {
        name: name.into(),
        role,
        address: name.into(),
        port: 5432,
    });
    let login = Login {
        user: "monitor".into(),
        password: None,
        database: "postgres".into(),
    };
    ClusterSpec {
        nodes: nodes.into(),
        login: login.clone(),
        tls: None,
        entry: EntrySpec {
            writes: vec![],
            reads: vec![],
            login: login.clone(),
        },
        topology: Topology::Pgpool(PgpoolSpec {
            pools: vec![],
            login,
            policy,
        }),
        arguments: "-i inventories/lab-pgpool".into(),
    }
}

pub(super) fn up<T>(answer: T) -> Seen<T> {
    Seen::Up {
        answer: Box::new(answer),
    }
}

pub(super) fn gone<T>() -> Seen<T> {
    Seen::Unreachable {
        why: "no answer within 3 s".into(),
    }
}

pub(super) fn stopped<T>() -> Seen<T> {
    Seen::Down {
        why: "connection refused".into(),
    }
}

pub(super) fn primary(timeline: u32, names: &str, standbys: &[(&str, &str)]) -> Seen<Postgres> {
    up(Postgres {
        system_identifier: "7301".into(),
        server_version: "17.4".into(),
        timeline,
        write_lsn: Some(Lsn(0x300_0148)),
        flush_lsn: Some(Lsn(0x300_0148)),
        synchronous_standby_names: names.into(),
        standbys: standbys
            .iter()
            .map(|(name, sync)| Standby {
                application_name: (*name).into(),
                state: "streaming".into(),
                sync_state: (*sync).into(),
                ..Standby::default()
            })
            .collect(),
        slots: standbys
            .iter()
            .map(|(name, _)| Slot {
                name: name.replace('-', "_"),
                active: true,
                wal_status: Some("reserved".into()),
                retained_bytes: Some(0),
            })
            .collect(),
        ..Postgres::default()
    })
}

pub(super) fn standby(timeline: u32, upstream: &str) -> Seen<Postgres> {
    up(Postgres {
        in_recovery: true,
        system_identifier: "7301".into(),
        server_version: "17.4".into(),
        timeline,
        receive_lsn: Some(Lsn(0x300_0148)),
        replay_lsn: Some(Lsn(0x300_0148)),
        replay_age_seconds: Some(0.0),
        read_only: true,
        upstream: Some(upstream.into()),
        streaming: true,
        ..Postgres::default()
    })
}

/// pgpool's view: its primary's number, and the numbers that are down.
pub(super) fn pool(primary: u32, down: &[u32]) -> Seen<Pgpool> {
    let backend = |(id, (name, _)): (u32, (&str, Role))| Backend {
        id,
        hostname: name.into(),
        port: 5432,
        status: if down.contains(&id) { "down" } else { "up" }.into(),
        role: if id == primary { "primary" } else { "standby" }.into(),
    };
    up(Pgpool {
        backends: (0..).zip(NODES).map(backend).collect(),
    })
}

pub(super) fn cluster(seen: [Seen<Postgres>; 3], pool: Seen<Pgpool>) -> ClusterStatus {
    let nodes = NODES
        .into_iter()
        .zip(seen)
        .map(|((name, declared), seen)| Node {
            name: name.into(),
            declared,
            listens: Some(true),
            seen,
        });
    ClusterStatus {
        version: VERSION,
        nodes: nodes.collect(),
        topology: TopologyStatus::Pgpool {
            pools: vec![Asked {
                name: "pgpool".into(),
                seen: pool,
            }],
        },
    }
}

/// The words without the table.
pub(super) fn words(policy: Policy, status: &ClusterStatus) -> String {
    let verdict = judge(&spec(policy), status);
    let text = render(status, &verdict);
    let start = text.find(&verdict.summary).unwrap();
    text[start..].to_owned()
}

pub(super) const NAMES: &str = r#"FIRST 1 ("pg-b")"#;
pub(super) const BOTH: &[(&str, &str)] = &[("pg-b", "sync"), ("pg-c", "async")];
