//! Nodes that come home, and a lead that goes where it was declared.

use super::Patroni;
use crate::cluster::{apply, ledger, plan, poweroff, poweron};

/// A planned change, and back by the restore of the declared primary, under load.
pub fn switched(at: &Patroni) {
    at.built();
    let playbook = "switchover.yml";
    let declared = at.topology.nodes[0];
    apply(at.lab, "restore-primary.yml", &[]).with_code(0);
    assert_eq!(at.leader(), Some(declared));
    let load = ledger::begin(at.lab);
    let next = at.synchronous(declared);
    let to = format!("to={next}");
    plan(at.lab, playbook, &["-e", &to])
        .with_code(5)
        .saying(&format!(
            "{next} becomes the leader in the place of {declared}"
        ));
    apply(at.lab, playbook, &["-e", &to]).with_code(0);
    assert_eq!(at.leader(), Some(next.as_str()));
    apply(at.lab, playbook, &["-e", &to])
        .with_code(0)
        .saying("Nothing changed");
    apply(at.lab, playbook, &["-e", "to=elsewhere"])
        .with_code(2)
        .saying("elsewhere is no node of this inventory");
    apply(at.lab, "restore-primary.yml", &[]).with_code(0);
    load.end_with_every_row(at.lab);
    assert_eq!(at.wait_until_whole(), declared);
}

/// The leader was lost under load; one command brings it home, the next lets it lead again.
pub fn restored(at: &Patroni) {
    at.built();
    let declared = at.topology.nodes[0];
    apply(at.lab, "restore-primary.yml", &[]).with_code(0);
    let load = ledger::begin(at.lab);
    poweroff(at.lab, &[declared]);
    at.wait_for_leader(90, |leader| leader != declared);
    let node = format!("node={declared}");
    plan(at.lab, "restore-replica.yml", &["-e", &node])
        .with_code(2)
        .saying(&format!(
            "{declared} cannot be reached. Nothing was touched."
        ));
    poweron(at.lab, &[declared]);
    apply(at.lab, "restore-replica.yml", &["-e", &node]).with_code(0);
    apply(at.lab, "restore-primary.yml", &["-e", &node]).with_code(0);
    load.end_with_every_row(at.lab);
    assert_eq!(at.wait_until_whole(), declared);
    apply(at.lab, "restore-primary.yml", &["-e", &node])
        .with_code(0)
        .saying("Nothing changed");
    at.lab
        .trueup(&["status", "--detailed-exitcode"])
        .with_code(0);
}
