//! What must be so under pgpool, where roles are the inventory's to declare.

use super::refusal::{Primary, Refusal};
use super::{Asked, Cluster};
use crate::decide::{Found, Recovery};

/// Before anything else: who leads, as far as the nodes could be asked.
pub(super) fn reached(asked: &Asked, cluster: &Cluster) -> Result<(), Refusal> {
    let primaries = cluster.names(|_, found| found.leads());
    if primaries.len() > 1 {
        return Err(Refusal::TwoPrimaries(primaries));
    }
    let silent = cluster.silent();
    match moved(asked, cluster) {
        Some(to) if silent.contains(&asked.primary) => Err(Refusal::Moved {
            to,
            primary: Primary::Silent,
        }),
        _ if !silent.is_empty() => Err(Refusal::Silent(silent)),
        _ => Ok(()),
    }
}

/// Who leads in the place of the declared primary.
fn moved(asked: &Asked, cluster: &Cluster) -> Option<String> {
    let other = |name: &str, found: &Found| name != asked.primary && found.leads();
    cluster.names(other).pop()
}

/// Whether the declared primary is the one that leads, or may.
pub(super) fn led(asked: &Asked, cluster: &Cluster) -> Result<(), Refusal> {
    let Some(own) = asked.says.get(&asked.primary) else {
        return Err(Refusal::Silent(cluster.silent()));
    };
    if let Some(to) = moved(asked, cluster) {
        let primary = match (own.holds, own.standby) {
            (false, _) => Primary::Empty,
            (true, true) => Primary::Standby,
            (true, false) => Primary::Stopped,
        };
        return Err(Refusal::Moved { to, primary });
    }
    let others = cluster.names(|name, found| name != asked.primary && found.holds);
    if !others.is_empty() && !own.holds {
        return Err(Refusal::OnlyOthersHold(others));
    }
    if own.standby && own.recovery != Recovery::No {
        return Err(Refusal::NobodyLeads);
    }
    let stopped = |name: &str, found: &Found| {
        let primary = found.holds && !found.standby && !found.leads();
        name != asked.primary && primary && !found.running
    };
    let stopped = cluster.names(stopped);
    if stopped.is_empty() {
        Ok(())
    } else {
        Err(Refusal::OthersStopped(stopped))
    }
}
