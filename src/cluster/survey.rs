//! Asks all servers of a cluster at once.

use super::ask::{Server, Ways, ask, etcd, haproxy, patroni, pgpool, postgres, zookeeper};
use super::reach::Reach;
use super::spec::{ClusterSpec, PatroniSpec, PgpoolSpec, ServerSpec, StoreKind, Topology};
use super::status::{
    Asked, ClusterStatus, Node, PatroniStatus, Seen, Store, TopologyStatus, VERSION,
};
use futures::future::join_all;

/// What every server of the cluster answers now. A server that does not answer is data.
pub async fn survey(spec: &ClusterSpec, reach: &dyn Reach) -> ClusterStatus {
    let ways = Ways::new(reach, spec.tls.as_ref());
    let topology = async {
        match &spec.topology {
            Topology::Pgpool(pgpool) => pools(&ways, pgpool).await,
            Topology::Patroni(patroni) => around(&ways, patroni).await,
        }
    };
    let (nodes, topology) = futures::join!(nodes(&ways, spec), topology);
    ways.close().await;
    ClusterStatus {
        version: VERSION,
        nodes,
        topology,
    }
}

async fn nodes(ways: &Ways<'_>, spec: &ClusterSpec) -> Vec<Node> {
    let nodes = spec.nodes.iter().map(|declared| async move {
        let server = Server::node(declared);
        let seen = ask(ways, &server, &spec.login, postgres::question).await;
        // It may answer whoever comes by the loopback, and nobody else.
        let listens = match seen {
            Seen::Up { .. } => ways.listens(&server).await,
            _ => None,
        };
        Node {
            name: declared.name.clone(),
            declared: declared.role,
            listens,
            seen,
        }
    });
    join_all(nodes).await
}

async fn pools(ways: &Ways<'_>, spec: &PgpoolSpec) -> TopologyStatus {
    let pools = each(&spec.pools, async |server| {
        ask(ways, &server, &spec.login, pgpool::question).await
    });
    TopologyStatus::Pgpool { pools: pools.await }
}

async fn around(ways: &Ways<'_>, spec: &PatroniSpec) -> TopologyStatus {
    let agents = each(
        spec.agents.iter().map(|agent| &agent.server),
        async |server| patroni::ask(ways, &server).await,
    );
    let members = &spec.store.members;
    let store = async {
        match spec.store.kind {
            StoreKind::Etcd => {
                Store::Etcd(each(members, async |server| etcd::ask(ways, &server).await).await)
            }
            StoreKind::Zookeeper => Store::Zookeeper(
                each(members, async |server| zookeeper::ask(ways, &server).await).await,
            ),
        }
    };
    let proxies = each(&spec.proxies, async |server| {
        haproxy::ask(ways, &server, spec.stats.as_ref()).await
    });
    let (agents, store, proxies) = futures::join!(agents, store, proxies);
    TopologyStatus::Patroni(PatroniStatus {
        agents,
        store,
        proxies,
    })
}

/// Asks each of `servers`, all at once.
async fn each<'a, T>(
    servers: impl IntoIterator<Item = &'a ServerSpec>,
    ask: impl AsyncFn(Server<'a>) -> Seen<T>,
) -> Vec<Asked<T>> {
    let ask = &ask;
    let asked = servers.into_iter().map(|declared| async move {
        let server = Server {
            name: &declared.name,
            address: &declared.address,
            // These listen in the cluster's network alone.
            at_home: &declared.address,
            port: declared.port,
        };
        Asked {
            name: declared.name.clone(),
            seen: ask(server).await,
        }
    });
    join_all(asked).await
}
