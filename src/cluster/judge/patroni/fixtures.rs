//! Answers as a cluster under Patroni gives them, to build states from.

use crate::cluster::judge::fixtures::{gone, primary, standby, stopped, up};
use crate::cluster::judge::judge;
use crate::cluster::render::render;
use crate::cluster::spec::{
    AgentSpec, ClusterSpec, EntrySpec, Login, NodeSpec, PatroniSpec, Role, ServerSpec, StoreKind,
    StoreSpec, Topology,
};
use crate::cluster::status::{
    Asked, ClusterStatus, Etcd, ListedMember, Member, Node, Patroni, PatroniStatus, Postgres,
    Proxy, Seen, Served, Store, TopologyStatus, VERSION, Zookeeper,
};
use serde_json::{Map, json};

const NODES: [(&str, Role); 3] = [
    ("pg-a", Role::Primary),
    ("pg-b", Role::Replica),
    ("pg-c", Role::Replica),
];

/// A cluster and its declaration, which a case changes before it is judged.
pub(super) struct Weather {
    pub spec: ClusterSpec,
    pub status: ClusterStatus,
}

fn server(name: &str, port: u16) -> ServerSpec {
    ServerSpec {
        name: name.into(),
        address: name.into(),
        port,
    }
}

/// All is as declared: pg-a leads, pg-b is synchronous.
pub(super) fn fair() -> Weather {
    let patroni = PatroniSpec {
        scope: "main".into(),
        agents: NODES
            .map(|(name, _)| AgentSpec {
                server: server(name, 8008),
                tags: Map::new(),
            })
            .into(),
        store: StoreSpec {
            kind: StoreKind::Etcd,
            members: NODES.map(|(name, _)| server(name, 2379)).into(),
        },
        proxies: vec![server("proxy", 7000)],
        dynamic: json!({"synchronous_mode": true, "synchronous_mode_strict": false, "failsafe_mode": true, "ttl": 30})
            .as_object()
            .cloned()
            .unwrap(),
        watchdog: "automatic".into(),
        stats: None,
    };
    let spec = ClusterSpec {
        nodes: NODES
            .map(|(name, role)| NodeSpec {
                name: name.into(),
                role,
                address: name.into(),
                port: 5432,
            })
            .into(),
        login: Login {
            user: "monitor".into(),
            password: None,
            database: "postgres".into(),
        },
        tls: None,
        topology: Topology::Patroni(patroni),
        entry: EntrySpec {
            writes: vec![server("proxy", 5432)],
            reads: vec![server("proxy", 5433)],
            login: Login {
                user: "app".into(),
                password: None,
                database: "app".into(),
            },
        },
        arguments: "-i inventories/lab-patroni-etcd".into(),
    };
    let nodes = NODES.map(|(name, declared)| Node {
        name: name.into(),
        declared,
        listens: Some(true),
        seen: standby(1, "pg-a"),
    });
    let status = ClusterStatus {
        version: VERSION,
        nodes: nodes.into(),
        topology: TopologyStatus::Patroni(PatroniStatus {
            agents: NODES.map(|(name, _)| asked(name, up(agent()))).into(),
            store: Store::Etcd(NODES.map(|(name, _)| asked(name, up(etcd(name)))).into()),
            proxies: vec![asked("proxy", up(Proxy::default()))],
        }),
    };
    let mut weather = Weather { spec, status };
    weather.leads("pg-a", &[("pg-b", "sync"), ("pg-c", "async")]);
    weather
}

fn asked<T>(name: &str, seen: Seen<T>) -> Asked<T> {
    Asked {
        name: name.into(),
        seen,
    }
}

fn agent() -> Patroni {
    Patroni {
        version: "4.0.7".into(),
        scope: "main".into(),
        postgres: "running".into(),
        store_seen: Some(1_763_734_000),
        config: Some(json!({
            "synchronous_mode": true, "failsafe_mode": true, "ttl": 30, "maximum_lag_on_failover": 1_048_576,
        })),
        ..Patroni::default()
    }
}

fn etcd(name: &str) -> Etcd {
    Etcd {
        version: "3.5.16".into(),
        id: format!("1d-{name}"),
        leader: Some("1d-pg-a".into()),
        db_bytes: 49_152,
        db_used_bytes: 20_480,
        alarms: vec![],
        members: NODES.map(|(name, _)| listed(name)).into(),
    }
}

/// A member as etcd lists it.
pub(super) fn listed(name: &str) -> ListedMember {
    ListedMember {
        id: format!("1d-{name}"),
        name: name.into(),
        peer_urls: vec![format!("https://{name}:2380")],
        learner: false,
    }
}

impl Weather {
    /// `leader` is the primary of the nodes that answer, and `standbys` stream from it.
    pub fn leads(&mut self, leader: &str, standbys: &[(&str, &str)]) {
        let synchronous: Vec<&str> = standbys
            .iter()
            .filter(|(_, state)| *state == "sync")
            .map(|(name, _)| *name)
            .collect();
        let names = match synchronous.as_slice() {
            [] => String::new(),
            names => format!("\"{}\"", names.join("\",\"")),
        };
        let timeline = if leader == "pg-a" { 1 } else { 2 };
        let mut members = Vec::new();
        for (name, _) in NODES {
            let streams = standbys.iter().any(|(standby, _)| *standby == name);
            let Seen::Up { .. } = self.node(name) else {
                continue;
            };
            let role = match name {
                name if name == leader => "leader",
                name if synchronous.contains(&name) => "sync_standby",
                _ => "replica",
            };
            members.push(Member {
                name: name.into(),
                role: role.into(),
                state: if streams { "streaming" } else { "running" }.into(),
                timeline: Some(timeline),
                lag_bytes: Some(0),
            });
            *self.node(name) = if name == leader {
                primary(timeline, &names, standbys)
            } else {
                standby(timeline, leader)
            };
        }
        self.agents(|agent| agent.members.clone_from(&members));
        let served = |up: &dyn Fn(&str) -> bool| -> Vec<Served> {
            let served = |(name, _): (&str, Role)| Served {
                name: name.into(),
                up: up(name),
                check: if up(name) { "L7OK/200" } else { "L7STS/503" }.into(),
            };
            NODES.map(served).into()
        };
        let proxy = Proxy {
            writes: served(&|name| name == leader),
            reads: served(&|name| standbys.iter().any(|(standby, _)| *standby == name)),
        };
        self.proxy(|says| *says = proxy.clone());
    }

    /// The host can't be reached.
    pub fn off(&mut self, name: &str) {
        *self.node(name) = gone();
        *self.agent(name) = gone();
        if let Some(member) = self.members().iter_mut().find(|member| member.name == name) {
            member.seen = gone();
        }
    }

    /// Neither Patroni nor PostgreSQL runs there.
    pub fn stopped(&mut self, name: &str) {
        *self.node(name) = stopped();
        *self.agent(name) = stopped();
    }

    pub fn around(&mut self) -> &mut PatroniStatus {
        match &mut self.status.topology {
            TopologyStatus::Patroni(around) => around,
            TopologyStatus::Pgpool { .. } => panic!("this is Patroni's weather"),
        }
    }

    pub fn declared(&mut self) -> &mut PatroniSpec {
        match &mut self.spec.topology {
            Topology::Patroni(declared) => declared,
            Topology::Pgpool(_) => panic!("this is Patroni's weather"),
        }
    }

    pub fn node(&mut self, name: &str) -> &mut Seen<Postgres> {
        let mut nodes = self.status.nodes.iter_mut();
        &mut nodes.find(|node| node.name == name).unwrap().seen
    }

    pub fn agent(&mut self, name: &str) -> &mut Seen<Patroni> {
        let mut agents = self.around().agents.iter_mut();
        &mut agents.find(|agent| agent.name == name).unwrap().seen
    }

    /// Changes what the PostgreSQL of a node says.
    pub fn postgres(&mut self, name: &str, change: impl Fn(&mut Postgres)) {
        if let Seen::Up { answer } = self.node(name) {
            change(answer);
        }
    }

    /// Changes what the Patroni of a node says.
    pub fn patroni(&mut self, name: &str, change: impl Fn(&mut Patroni)) {
        if let Seen::Up { answer } = self.agent(name) {
            change(answer);
        }
    }

    /// Changes what every Patroni says.
    pub fn agents(&mut self, change: impl Fn(&mut Patroni)) {
        for (name, _) in NODES {
            self.patroni(name, &change);
        }
    }

    pub fn members(&mut self) -> &mut Vec<Asked<Etcd>> {
        match &mut self.around().store {
            Store::Etcd(members) => members,
            Store::Zookeeper(_) => panic!("etcd's weather"),
        }
    }

    /// Changes what every member of etcd that answers says.
    pub fn etcd(&mut self, change: impl Fn(&mut Etcd)) {
        for member in self.members() {
            if let Seen::Up { answer } = &mut member.seen {
                change(answer);
            }
        }
    }

    /// ZooKeeper instead of etcd: the servers in these modes; none runs where there is none.
    pub fn zookeeper(&mut self, modes: [Option<&str>; 3]) {
        let servers = NODES.into_iter().zip(modes).map(|((name, _), mode)| {
            let seen = mode.map_or_else(stopped, |mode| {
                up(Zookeeper {
                    version: "3.9.3".into(),
                    mode: Some(mode.into()).filter(|mode: &String| !mode.is_empty()),
                })
            });
            asked(name, seen)
        });
        self.around().store = Store::Zookeeper(servers.collect());
        self.declared().store.kind = StoreKind::Zookeeper;
    }

    /// Changes what HAProxy says.
    pub fn proxy(&mut self, change: impl Fn(&mut Proxy)) {
        for proxy in &mut self.around().proxies {
            if let Seen::Up { answer } = &mut proxy.seen {
                change(answer);
            }
        }
    }

    /// Table and words.
    pub fn table_and_words(&self) -> String {
        render(&self.status, &judge(&self.spec, &self.status))
    }

    /// The words without the table.
    pub fn words(&self) -> String {
        let verdict = judge(&self.spec, &self.status);
        let text = self.table_and_words();
        text[text.find(&verdict.summary).unwrap()..].to_owned()
    }
}
