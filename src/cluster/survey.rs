//! Asks all nodes and pgpools at once.

use super::connect::{Server, ask};
use super::reach::Reach;
use super::spec::ClusterSpec;
use super::status::{ClusterStatus, Node, Pool, VERSION};
use super::{node, pool};
use futures::future::join_all;

/// What every server of the cluster answers now. A server that does not answer is data.
pub async fn survey(spec: &ClusterSpec, reach: &dyn Reach) -> ClusterStatus {
    let ca = spec.ca.as_deref();
    let nodes = join_all(spec.nodes.iter().map(|declared| async move {
        let server = Server {
            name: &declared.name,
            address: &declared.address,
            // Its pg_hba.conf lets in whoever came through its own sshd.
            at_home: "127.0.0.1",
            port: declared.port,
        };
        let seen = ask(&server, &spec.login, ca, reach, node::question).await;
        Node {
            name: declared.name.clone(),
            declared: declared.role,
            seen,
        }
    }));
    let pools = join_all(spec.pools.iter().map(|declared| async move {
        let server = Server {
            name: &declared.name,
            address: &declared.address,
            // It listens in the cluster's network alone.
            at_home: &declared.address,
            port: declared.port,
        };
        let seen = ask(&server, &spec.pool_login, ca, reach, pool::question).await;
        Pool {
            name: declared.name.clone(),
            seen,
        }
    }));
    let (nodes, pools) = futures::join!(nodes, pools);
    ClusterStatus {
        version: VERSION,
        nodes,
        pools,
    }
}
