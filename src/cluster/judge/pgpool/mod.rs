//! A cluster whose primary pgpool chooses.

mod leader;
mod pool;
mod synchronous;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod pool_cases;

use super::case::Case;
use super::{Finding, primary, standby};
use crate::cluster::spec::PgpoolSpec;

pub(super) fn judge(case: &Case, spec: &PgpoolSpec, findings: &mut Vec<Finding>) {
    let primaries = case.primaries();
    match (primaries.as_slice(), case.only_primary()) {
        ([], _) => leader::none(case, findings),
        (_, Some(primary)) => {
            primary::read_only(primary, findings);
            leader::moved(case, primary, findings);
            standby::judge(case, primary, findings);
            synchronous::judge(case, spec.policy, primary, findings);
        }
        (several, None) => {
            let mut backends = case.status.pools().iter().flat_map(|pool| {
                let answer = pool.seen.answer();
                answer.into_iter().flat_map(|pgpool| &pgpool.backends)
            });
            let used = backends.find(|backend| backend.role == "primary" && backend.attached());
            let used = used.map(|backend| backend.hostname.as_str());
            primary::split(case, several, ("clients of pgpool", used), findings);
        }
    }
    pool::judge(case, findings);
}

fn restore_replica(case: &Case, node: &str) -> String {
    case.command("restore-replica", Some(node))
}

fn restore_primary(case: &Case, node: &str) -> String {
    case.command("restore-primary", Some(node))
}
