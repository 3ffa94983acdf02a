//! `pcp_node` and the survey against a real pgpool before real servers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod postgres;

use postgres::Server;
use postgres::here::{Here, login};
use postgres::pgpool::{CLIENT, PASSWORD, Pgpool};
use postgres::task::live;
use trueup::cluster::spec::{ClusterSpec, EntrySpec, PgpoolSpec, Policy, ServerSpec, Topology};
use trueup::cluster::status::{Backend, Seen};
use trueup::cluster::survey;

/// What pgpool says of its backends.
async fn backends(pool: &Pgpool) -> Vec<Backend> {
    let login = login("pgpool", CLIENT);
    let spec = ClusterSpec {
        nodes: vec![],
        login: login.clone(),
        tls: None,
        entry: EntrySpec {
            writes: vec![],
            reads: vec![],
            login: login.clone(),
        },
        topology: Topology::Pgpool(PgpoolSpec {
            pools: vec![ServerSpec {
                name: "pgpool".into(),
                address: "127.0.0.1".into(),
                port: pool.port,
            }],
            login,
            policy: Policy::Degrade,
        }),
        arguments: String::new(),
    };
    let status = survey(&spec, &Here).await;
    match &status.pools()[0].seen {
        Seen::Up { answer } => answer.backends.clone(),
        other => panic!("{other:?}\n{}", pool.logged()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_detached_and_attached_once() {
    let primary = Server::primary();
    primary.sql(&format!("CREATE ROLE pgpool LOGIN PASSWORD '{CLIENT}'"));
    primary.sql("GRANT pg_monitor TO pgpool");
    let standby = Server::standby(&primary, "b", "b", "");
    let pool = Pgpool::before(&[&primary, &standby]);
    let seen = backends(&pool).await;
    assert_eq!(
        (seen[0].role.as_str(), seen[1].role.as_str()),
        ("primary", "standby")
    );
    assert!(seen.iter().all(Backend::attached));

    let node = |state: &str, password: &str| {
        format!(
            "node: 1\nstate: {state}\nhost: 127.0.0.1\nport: {}\nusername: pcp\npassword: '{password}'\n",
            pool.pcp_port
        )
    };
    let changed = async |state: &str| {
        let result = live("pcp_node", &node(state, PASSWORD)).await.unwrap();
        assert_eq!(result.failed, None, "{}", pool.logged());
        result.changed
    };
    assert!(!changed("attached").await);
    assert!(changed("detached").await);
    assert!(!changed("detached").await);
    assert!(!backends(&pool).await[1].attached());
    assert!(changed("attached").await);
    assert!(!changed("attached").await);
    assert!(backends(&pool).await[1].attached());

    let refused = live("pcp_node", &node("attached", "wrong"))
        .await
        .unwrap_err();
    assert!(refused.contains("authentication failed"), "{refused}");
}
