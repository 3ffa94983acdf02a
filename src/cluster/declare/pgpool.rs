//! pgpool as the inventory declares it.

use super::{HostWords, Hosts, login};
use crate::cluster::spec::{PgpoolSpec, Policy, ServerSpec};
use crate::diag::Diag;
use std::path::Path;

pub(super) fn declared(
    hosts: &Hosts,
    pools: &[String],
    passwords: &Path,
) -> Result<PgpoolSpec, Vec<Diag>> {
    let policy = match hosts.word("failover_policy", "degrade")?.as_str() {
        "strict" => Policy::Strict,
        _ => Policy::Degrade,
    };
    Ok(PgpoolSpec {
        pools: hosts.each(pools, pool)?,
        login: login("pgpool", passwords),
        policy,
    })
}

fn pool(name: &str, words: &HostWords) -> Result<ServerSpec, Diag> {
    Ok(ServerSpec {
        name: name.to_owned(),
        address: words.address(name)?,
        port: words.port("pool_port", 9999)?,
    })
}
