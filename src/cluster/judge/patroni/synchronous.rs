//! Whom commits wait for, where Patroni chooses it.

use super::{Scene, finding};
use crate::cluster::judge::case::Primary;
use crate::cluster::judge::{Finding, Level, list};
use crate::cluster::spec::Role;

pub(super) fn judge(scene: &Scene, primary: Primary, findings: &mut Vec<Finding>) {
    // Nothing is to be expected of a node that stands alone, nor of a mode that is off: that it
    // is off is told with the dynamic configuration.
    if !scene.commits().mode.is_on() || scene.case.status.nodes.len() < 2 {
        return;
    }
    let synchronous = primary.synchronous();
    if primary.says.synchronous_standby_names.trim().is_empty() {
        findings.push(nobody(primary));
    } else if synchronous.is_empty() {
        findings.push(waiting(primary, scene.commits().strict));
    } else {
        findings.extend(another(scene, primary, &synchronous));
    }
}

fn nobody(primary: Primary) -> Finding {
    finding(
        Level::Warning,
        format!(
            "no replica is synchronous: commits on {} wait for nobody, and if it is lost now, nobody is promoted by itself; the next replica that streams becomes synchronous by itself",
            primary.name
        ),
        vec![],
    )
}

fn waiting(primary: Primary, strict: bool) -> Finding {
    let names = primary.says.synchronous_standby_names.trim();
    let whom = if names == "*" {
        "a replica has it, and none streams".to_owned()
    } else {
        format!("{names} has it, and it does not stream")
    };
    let then = if strict {
        "synchronous mode is strict: writes go on when a replica streams again"
    } else {
        "synchronous mode is not strict: Patroni lets writes go on without it within seconds"
    };
    finding(
        Level::Fault,
        format!(
            "writes wait: every commit on {} waits{} until {whom}; {then}",
            primary.name,
            primary.waiting()
        ),
        vec![],
    )
}

fn another(scene: &Scene, primary: Primary, synchronous: &[&str]) -> Option<Finding> {
    let nodes = scene.case.spec.nodes.iter();
    let preferred: Vec<&str> = nodes
        .filter(|node| node.role == Role::Synchronous && node.name != primary.name)
        .map(|node| node.name.as_str())
        .collect();
    if preferred.is_empty() || preferred.iter().any(|name| synchronous.contains(name)) {
        return None;
    }
    Some(finding(
        Level::Note,
        format!(
            "commits on {} wait for {}, and {} is declared synchronous: Patroni keeps whom it has chosen while it streams",
            primary.name,
            list(synchronous),
            list(&preferred)
        ),
        vec![],
    ))
}
