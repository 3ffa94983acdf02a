//! What must be so under Patroni, which decides itself who leads.

use super::Cluster;
use super::refusal::Refusal;

/// A node that is silent does not keep the others from being mended, but while nobody is known to hold
/// the data.
pub(super) fn reached(cluster: &Cluster) -> Result<(), Refusal> {
    let silent = cluster.silent();
    if !silent.is_empty() && cluster.holders().is_empty() {
        return Err(Refusal::Silent(silent));
    }
    Ok(())
}

/// Whether nobody else would start what Patroni starts.
pub(super) fn free(cluster: &Cluster) -> Result<(), Refusal> {
    let debian = cluster.names(|_, found| found.debian);
    if debian.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Debian(debian))
    }
}
