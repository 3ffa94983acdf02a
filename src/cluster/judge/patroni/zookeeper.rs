//! Whether ZooKeeper keeps what Patroni needs.

use super::{Scene, finding};
use crate::cluster::judge::{Finding, Level};
use crate::cluster::status::{Asked, Zookeeper};

pub(super) fn judge(scene: &Scene, servers: &[Asked<Zookeeper>], findings: &mut Vec<Finding>) {
    for server in servers {
        findings.extend(match server.seen.answer() {
            Some(says) => idle(scene, &server.name, says),
            None => scene.silent("ZooKeeper", server),
        });
    }
    findings.extend(scene.no_quorum("ZooKeeper"));
}

/// What is wrong with a server that answers.
fn idle(scene: &Scene, name: &str, says: &Zookeeper) -> Option<Finding> {
    let (says, mend) = match says.mode.as_deref() {
        Some("standalone") => (
            format!("ZooKeeper on {name} stands alone, outside the others' ensemble"),
            vec![scene.case.apply()],
        ),
        Some(_) => return None,
        None => (
            format!("ZooKeeper on {name} runs, but serves nobody: it has no quorum"),
            vec![],
        ),
    };
    Some(finding(Level::Warning, says, mend))
}
