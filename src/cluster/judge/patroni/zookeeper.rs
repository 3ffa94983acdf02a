//! Whether ZooKeeper keeps what Patroni needs.

use super::{Scene, finding};
use crate::cluster::judge::{Finding, Level};
use crate::cluster::status::{Asked, Seen, Zookeeper};

pub(super) fn judge(scene: &Scene, servers: &[Asked<Zookeeper>], findings: &mut Vec<Finding>) {
    for server in servers {
        findings.extend(one(scene, server));
    }
    findings.extend(scene.no_quorum("ZooKeeper"));
}

fn one(scene: &Scene, server: &Asked<Zookeeper>) -> Option<Finding> {
    let name = &server.name;
    let (says, mend) = match &server.seen {
        Seen::Up { answer } => match answer.mode.as_deref() {
            Some("standalone") => (
                format!("ZooKeeper on {name} stands alone, outside the others' ensemble"),
                vec![scene.case.apply()],
            ),
            Some(_) => return None,
            None => (
                format!("ZooKeeper on {name} runs, but serves nobody: it has no quorum"),
                vec![],
            ),
        },
        Seen::Unreachable { why } => {
            // A database node that can't be reached is told already.
            if scene
                .case
                .status
                .node(name)
                .is_some_and(|node| node.seen.unreachable())
            {
                return None;
            }
            (
                format!("the ZooKeeper host {name} can't be reached ({why})"),
                vec![],
            )
        }
        Seen::Down { why } => (
            format!("ZooKeeper does not run on {name} ({why})"),
            vec![scene.case.apply()],
        ),
        Seen::Refused { why } => (
            format!("ZooKeeper on {name} gives no answer ({why})"),
            vec![],
        ),
    };
    Some(finding(Level::Warning, says, mend))
}
