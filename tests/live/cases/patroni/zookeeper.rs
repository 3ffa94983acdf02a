//! Two nodes that each carry PostgreSQL, Patroni and a ZooKeeper; a proxy with the third; a client.

use super::{Topology, build, closed, faults, found, home, refused};
use crate::cluster::Exposure;
use crate::lab::Lab;
use crate::truth::PATRONI_ZOOKEEPER;
use crate::{Case, Suite, storm};

const TOPOLOGY: Topology = Topology {
    playbook: "patroni-zookeeper.yml",
    truth: PATRONI_ZOOKEEPER,
    nodes: &["pg-a", "pg-b"],
    hosts: &[("pg-a", 11), ("pg-b", 12), ("proxy", 14), ("client", 15)],
    exposure: Exposure {
        network: "10.77.21.",
        listeners: &[
            ("pg-a", 5432),
            ("pg-a", 8008),
            ("pg-a", 2281),
            ("pg-a", 3888),
            ("pg-b", 5432),
            ("pg-b", 8008),
            ("pg-b", 2281),
            ("pg-b", 3888),
            ("proxy", 5432),
            ("proxy", 5433),
            ("proxy", 7000),
            ("proxy", 2281),
            ("proxy", 3888),
        ],
        searched: &["pg-a", "proxy"],
        folders: "/etc /var/lib /var/log /usr/local /opt",
    },
    tls: &[("pg-a", 8008), ("pg-a", 2281), ("proxy", 7000)],
    members_only: &[("pg-a", 3888)],
    without_certificate: &[8008, 7000],
};

pub const SUITE: Suite = Suite {
    name: "patroni-zookeeper",
    lab,
    cases: &[
        Case {
            name: "bare hosts become a cluster that takes writes",
            run: |lab| build::from_bare_hosts(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a second run changes nothing, and plan says nothing",
            run: |lab| build::stays(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "writes reach the leader, and reads a replica",
            run: |lab| build::proxied(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "nothing listens wider than the cluster's network",
            run: |lab| closed::listeners(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "every port refuses plain text, and strangers where it changes something",
            run: |lab| closed::tls_only(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "no password or key is in a process list, a log or a readable file",
            run: |lab| closed::secrets(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "patronictl works for root and postgres without options",
            run: |lab| found::tools(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "no server of Debian's runs beside Patroni's",
            run: |lab| found::no_second_server(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "ZooKeeper's data lost on one node: the next run brings it back",
            run: |lab| refused::zookeeper_lost(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "ZooKeeper's leader off: writes go on",
            run: |lab| refused::zookeeper_leader_down(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "the proxy off and on",
            run: |lab| faults::proxy_down(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "the leader off under load: another leads, nothing is lost, and it comes back by itself",
            run: |lab| faults::leader_down(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a leader that was lost is restored as a replica, then as the leader, under load",
            run: |lab| home::restored(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a storm of three faults loses nothing, and all is as declared after it",
            run: |lab| storm::passes(lab, "1"),
        },
        Case {
            name: "a cluster that ZooKeeper remembers and no node holds is refused, and healed when asked",
            run: |lab| refused::stale_initialize(&TOPOLOGY.on(lab)),
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 10.77.21.11, pg_role: primary}
            pg-b: {ansible_host: 10.77.21.12, pg_role: replica}
        zookeeper:
          hosts:
            pg-a: {zookeeper_id: 1}
            pg-b: {zookeeper_id: 2}
            proxy: {zookeeper_id: 3}
        proxy: {hosts: {proxy: {ansible_host: 10.77.21.14}}}
        clients:
          hosts:
            client: {ansible_host: 10.77.21.15, lab_login: bare, ansible_user: root, ansible_become: false}
";
    Lab::new(
        "live-patroni-zookeeper",
        image,
        hosts,
        "timings: fast\nwatchdog: automatic\napp_networks: [10.77.21.1/32]\n",
    )
}
