//! What is found on the hosts of a built cluster: tools that work without options, and nothing that
//! Debian's packages would have started beside it.

use super::Patroni;

pub fn tools(at: &Patroni) {
    at.built();
    for node in at.topology.nodes {
        for user in ["root", "postgres"] {
            let listed = at
                .lab
                .ask(node, &format!("cd / && sudo -u {user} patronictl list"));
            assert!(
                at.topology.nodes.iter().all(|node| listed.contains(node)),
                "{listed}"
            );
        }
        at.lab.ask(node, "cd / && sudo patronictl show-config");
    }
}

pub fn etcdctl(at: &Patroni) {
    at.built();
    for node in at.topology.nodes {
        let health = at
            .lab
            .ask(node, "sudo etcdctl endpoint health --cluster 2>&1");
        assert_eq!(health.matches("is healthy").count(), 3, "{health}");
    }
}

/// Debian's cluster is not there, and nothing runs beside Patroni's PostgreSQL.
pub fn no_second_server(at: &Patroni) {
    at.built();
    for node in at.topology.nodes {
        assert_eq!(at.lab.ask(node, "pg_lsclusters -h"), "", "on {node}");
        let running = at.lab.ask(
            node,
            "ps -eo ppid=,args= | grep -c '[p]ostgres -D'; \
             systemctl list-units --all --plain --no-legend --state=active 'postgresql@*' | wc -l",
        );
        assert_eq!(running, "1\n0", "on {node}");
    }
}

pub fn no_standalone_etcd(at: &Patroni) {
    at.built();
    for node in at.topology.nodes {
        let found = at.lab.ask(
            node,
            "sudo ls /var/lib/etcd; \
             sudo grep -h ^ETCD_INITIAL_CLUSTER_STATE= /etc/etcd/*.env; \
             sudo journalctl -b -u etcd --no-pager | grep -cE 'name\": ?\"default\"|advertise.*http://localhost' || true",
        );
        assert_eq!(
            found, "main\nETCD_INITIAL_CLUSTER_STATE=existing\n0",
            "on {node}"
        );
    }
}
