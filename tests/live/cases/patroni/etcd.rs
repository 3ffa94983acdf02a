//! Three nodes that each carry PostgreSQL, Patroni and etcd; a proxy; a client.

use super::{Topology, build, closed, declared, faults, found, home, refused, writable};
use crate::cluster::Exposure;
use crate::lab::Lab;
use crate::truth::PATRONI_ETCD;
use crate::{Case, Suite, storm};

const TOPOLOGY: Topology = Topology {
    playbook: "patroni-etcd.yml",
    truth: PATRONI_ETCD,
    nodes: &["pg-a", "pg-b", "pg-c"],
    hosts: &[
        ("pg-a", 11),
        ("pg-b", 12),
        ("pg-c", 13),
        ("proxy", 14),
        ("client", 15),
    ],
    exposure: Exposure {
        network: "10.77.20.",
        listeners: &[
            ("pg-a", 5432),
            ("pg-a", 8008),
            ("pg-a", 2379),
            ("pg-a", 2380),
            ("pg-b", 5432),
            ("pg-b", 8008),
            ("pg-b", 2379),
            ("pg-b", 2380),
            ("pg-c", 5432),
            ("pg-c", 8008),
            ("pg-c", 2379),
            ("pg-c", 2380),
            ("proxy", 5432),
            ("proxy", 5433),
            ("proxy", 7000),
        ],
        searched: &["pg-a", "proxy"],
        folders: "/etc /var/lib /var/log /usr/local /opt",
    },
    tls: &[
        ("pg-a", 8008),
        ("pg-a", 2379),
        ("pg-a", 2380),
        ("proxy", 7000),
    ],
    members_only: &[],
    without_certificate: &[8008, 7000],
};

pub const SUITE: Suite = Suite {
    name: "patroni-etcd",
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
            name: "PostgreSQL is reached by TLS only, and replicas verify whom they follow",
            run: |lab| closed::postgres_tls(&TOPOLOGY.on(lab)),
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
            name: "etcdctl works without options",
            run: |lab| found::etcdctl(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "no server of Debian's runs beside Patroni's",
            run: |lab| found::no_second_server(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "etcd never was a member of its own, and knows that its cluster exists",
            run: |lab| found::no_standalone_etcd(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a change of Patroni's configuration is shown, and made without a restart",
            run: |lab| declared::configuration(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a setting that needs a restart: replicas first, the old leader last, and not past a gate",
            run: |lab| declared::restart(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "another authority is taken under load",
            run: |lab| declared::authority(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "the watch for two writable primaries sees one that is made behind Patroni's back",
            run: |lab| writable::sees_two(&TOPOLOGY.on(lab)),
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
            name: "the lead goes to a node that is named, and back to the declared one, under load",
            run: |lab| home::switched(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "the synchronous standby with etcd's leader off: writes go on",
            run: |lab| faults::synchronous_down(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "etcd without a quorum: the leader goes on",
            run: |lab| faults::quorum_lost(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "the proxy off and on",
            run: |lab| faults::proxy_down(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "etcd's data lost on one node: the next run replaces the member",
            run: |lab| refused::etcd_lost(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a node that holds another cluster's database is refused, and brought home when asked",
            run: |lab| refused::foreign(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "all powered off and on come back without a person",
            run: |lab| faults::all_down(&TOPOLOGY.on(lab)),
        },
        Case {
            name: "a storm of three faults loses nothing, and all is as declared after it",
            run: |lab| storm::passes(lab, "1"),
        },
        Case {
            name: "a cluster that etcd remembers and no node holds is refused, and healed when asked",
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
            pg-a: {ansible_host: 10.77.20.11, pg_role: primary}
            pg-b: {ansible_host: 10.77.20.12, pg_role: replica}
            pg-c: {ansible_host: 10.77.20.13, pg_role: replica}
        etcd: {hosts: {pg-a: {}, pg-b: {}, pg-c: {}}}
        proxy: {hosts: {proxy: {ansible_host: 10.77.20.14}}}
        clients:
          hosts:
            client: {ansible_host: 10.77.20.15, lab_login: bare, ansible_user: root, ansible_become: false}
";
    Lab::new(
        "live-patroni-etcd",
        image,
        hosts,
        "timings: fast\nwatchdog: automatic\napp_networks: [10.77.20.1/32]\n",
    )
}
