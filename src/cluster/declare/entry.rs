//! Where clients connect, as the inventory declares it: what the client hosts are told of it too.

use super::{Hosts, password, patroni};
use crate::cluster::spec::{EntrySpec, Login, Topology};
use crate::diag::Diag;
use crate::secret::Secret;
use std::path::Path;

pub(super) fn declared(
    hosts: &Hosts,
    topology: &Topology,
    passwords: &Path,
) -> Result<EntrySpec, Vec<Diag>> {
    let (writes, reads) = match topology {
        Topology::Pgpool(pgpool) => (pgpool.pools.clone(), pgpool.pools.clone()),
        Topology::Patroni(_) => {
            let proxies = hosts.members("proxy_group", "proxy")?;
            let port = |name: &str, default: u16| {
                hosts.each(&proxies, |host, words| {
                    patroni::server(host, words, name, default)
                })
            };
            (
                port("proxy_write_port", 5432)?,
                port("proxy_read_port", 5433)?,
            )
        }
    };
    let said = hosts.common.text("app_password").map_err(|diag| vec![diag]);
    Ok(EntrySpec {
        writes,
        reads,
        login: Login {
            user: hosts.word("app_user", "app")?,
            password: said?
                .map(Secret::new)
                .or_else(|| password("app", passwords)),
            database: hosts.word("app_database", "app")?,
        },
    })
}
