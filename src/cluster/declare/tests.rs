//! What inventories declare.

use super::*;
use crate::cluster::spec::{Policy, ServerSpec};

fn read(text: &str) -> Result<ClusterSpec, Vec<Diag>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts.yml");
    std::fs::write(&path, text).unwrap();
    std::fs::create_dir(folder.path().join("passwords")).unwrap();
    std::fs::write(folder.path().join("passwords/monitor"), "s3cret\n").unwrap();
    let (inventory, _) = Inventory::load(&[path]).unwrap();
    declared(
        &inventory,
        &Arc::default(),
        folder.path(),
        "-i hosts.yml".into(),
    )
}

#[test]
fn the_names_of_the_role_are_read_with_its_defaults() {
    let spec = read(
        "\
all:
  vars: {net: 10.77.9, failover_policy: strict, pg_port: 5433}
  children:
    databases:
      hosts:
        a: {pg_role: primary, ansible_host: 'a.example', cluster_address: '{{ net }}.11'}
        b: {pg_role: synchronous, ansible_host: 10.77.9.12}
        c: {pg_role: asynchronous}
    pool: {hosts: {p: {ansible_host: 10.77.9.14}}}
",
    )
    .unwrap();
    let nodes: Vec<String> = spec
        .nodes
        .iter()
        .map(|node| format!("{} {} {}:{}", node.name, node.role, node.address, node.port))
        .collect();
    insta::assert_snapshot!(nodes.join("\n"), @"
        a primary 10.77.9.11:5433
        b synchronous standby 10.77.9.12:5433
        c asynchronous standby c:5433
        ");
    let Topology::Pgpool(pgpool) = &spec.topology else {
        panic!("{:?}", spec.topology)
    };
    assert_eq!(pgpool.pools[0].address, "10.77.9.14");
    assert_eq!(
        (pgpool.pools[0].port, pgpool.policy),
        (9999, Policy::Strict)
    );
    assert_eq!(spec.login.password, Some(Secret::new("s3cret")));
    let entries = |servers: &[ServerSpec]| -> Vec<String> {
        let each = servers.iter();
        each.map(|server| format!("{}:{}", server.address, server.port))
            .collect()
    };
    let entry = &spec.entry;
    assert_eq!(entries(&entry.writes), ["10.77.9.14:9999"]);
    assert_eq!(entries(&entry.reads), entries(&entry.writes));
    assert_eq!(
        (entry.login.user.as_str(), entry.login.database.as_str()),
        ("app", "app")
    );
}

#[test]
fn patroni_is_read_with_its_store_and_its_tags() {
    let spec = read(
        "\
all:
  vars: {timings: fast, synchronous_mode_strict: true, watchdog: automatic}
  children:
    databases:
      hosts:
        a: {pg_role: primary, ansible_host: 10.77.9.11, etcd_address: 10.78.9.11}
        b: {pg_role: replica, patroni_tags: {nofailover: true}, patroni_port: 8009}
        c: {pg_role: asynchronous}
    etcd: {hosts: {a: , b: , e: {cluster_address: 10.77.9.15}}}
    proxy: {hosts: {p: {ansible_host: 10.77.9.14}}}
",
    )
    .unwrap();
    assert_eq!(spec.hosts().into_iter().collect::<String>(), "abcep");
    let Topology::Patroni(patroni) = &spec.topology else {
        panic!("{:?}", spec.topology)
    };
    let agents = patroni.agents.iter().map(|agent| {
        let tags = serde_json::to_string(&agent.tags).unwrap();
        format!("{}:{} {tags}", agent.server.address, agent.server.port)
    });
    let members = patroni.store.members.iter();
    let servers = members.chain(&patroni.proxies);
    let servers =
        servers.map(|server| format!("{} {}:{}", server.name, server.address, server.port));
    let lines: Vec<String> = agents.chain(servers).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
        10.77.9.11:8008 {}
        b:8009 {"nofailover":true}
        c:8008 {"nosync":true}
        a 10.78.9.11:2379
        b b:2379
        e 10.77.9.15:2379
        p 10.77.9.14:7000
        "#);
    assert_eq!(patroni.store.kind, StoreKind::Etcd);
    assert_eq!(
        (patroni.scope.as_str(), patroni.watchdog.as_str()),
        ("main", "automatic")
    );
    let dynamic = serde_json::to_string(&patroni.dynamic).unwrap();
    insta::assert_snapshot!(dynamic, @r#"{"synchronous_mode":true,"synchronous_mode_strict":true,"synchronous_node_count":1,"failsafe_mode":true,"maximum_lag_on_failover":1048576,"ttl":20,"loop_wait":2,"retry_timeout":9}"#);
}

#[test]
fn what_is_missing_is_told() {
    let told = |text: &str| {
        let diags = read(text).map(|_| ()).unwrap_err();
        diags
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(told("databases: {hosts: {a: , b: {pg_role: leader}}}\n"), @"
        the database host a does not say its pg_role; say pg_role: primary, synchronous or asynchronous, or replica where Patroni chooses
        the database host b says pg_role: leader; say pg_role: primary, synchronous or asynchronous, or replica where Patroni chooses
        ");
    insta::assert_snapshot!(told("databases: {hosts: {a: {pg_role: sync}}}\n"), @"no host of the inventory's databases say pg_role: primary; say pg_role: primary for one host, synchronous or asynchronous for the others");
    insta::assert_snapshot!(told("databases: {hosts: {a: {pg_role: replica}}}\n"), @"the database host a says pg_role: replica; under pgpool nobody chooses which replica is synchronous: say synchronous or asynchronous");
    insta::assert_snapshot!(told("{databases: {hosts: {a: {pg_role: primary}}}, etcd: {hosts: {a: }}, zookeeper: {hosts: {a: }}}\n"), @"the inventory has hosts in more than one of the groups of pgpool, etcd and ZooKeeper; each of them alone decides who is the primary: keep one of these groups");
    insta::assert_snapshot!(told("{databases: {hosts: {a: {pg_role: primary, patroni_tags: nosync}}}, etcd: {hosts: {a: }}}\n"), @r#"`patroni_tags` of a is "nosync"; write a mapping, such as {nofailover: true}"#);
    insta::assert_snapshot!(told("all: {hosts: {a: }}\n"), @"the inventory has no hosts in a group `databases`; put the database hosts in it, one with pg_role: primary, or say the group's name in `pg_group`");
}
